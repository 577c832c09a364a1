//! What the tests of the gateway share. Everything here is real: a PostgreSQL server of our own on a free port, carriers
//! from `loadtest/simulators`, the gateway as `loa serve` composes it. Nothing is mocked; what is simulated is the world
//! outside, and it counts by itself.
//!
//! A story reads like this: people are imported, an alert is written, approved and sent, and then both sides are asked
//! what happened: the ledger, and the carrier. Waiting is done here and nowhere else, always for a condition and
//! always with a bound; a test that sleeps is refused by `tidy.rs`.

pub(crate) mod postgres;
