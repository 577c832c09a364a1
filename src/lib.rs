//! Loa (Vietnamese for loudspeaker): the gateway through which a province's communications office sends an
//! approved alert to its people, and knows afterwards, person by person, what became of it.
//!
//! # The map
//!
//! [`domain`] says what the words mean and what may follow from what. [`ledger`] keeps the facts, on SQLite or
//! PostgreSQL. [`coordination`] is what several processes tell each other. [`engine`] moves: it turns approved alerts into messages, paces and sends them over lanes, and makes
//! every answer durable. [`office`] is what the people of the office do; [`web`] and [`cli`] are its two doors.
//! [`config`] and [`lanes`] read the settings, [`app`] puts everything together. Channels (SMPP, Zalo, Facebook) live in
//! `connectors/` behind `contract`; the outside world (simulated carriers and platforms) lives in `loadtest/`.
//!
//! # What always holds
//!
//! 1. A message changes state only as [`domain::message`] allows.
//! 2. A claim is committed before the first byte leaves. What can't be proved sent or unsent is `uncertain`.
//! 3. At every commit, per dispatch: accepted = queued + in flight + sent + delivered + undelivered + unconfirmed
//!    + failed + expired + cancelled + uncertain; and people selected = targets + excluded, each counted once.
//! 4. Nothing is acknowledged (an API call, a receipt) before it is durable.
//! 5. One owner per lane at a time, fenced by an epoch that the ledger checks.
//! 6. Connectors translate; the engine paces, retries, orders, stops, stores. No database connection is held while a
//!    provider is called.
//! 7. Every queue, batch, body, loop and wait has a named bound. Memory does not grow with the audience.
//! 8. No global mutable state; two gateways run in one process.
//! 9. A secret or a full phone number is never in a log line, an error or a URL.

pub mod domain;
pub mod ledger;

pub mod coordination;

pub mod engine;
pub mod office;
pub mod web;

pub mod app;
pub mod config;
pub mod lanes;
pub mod lifecycle;
pub mod telemetry;

pub mod cli;
#[cfg(feature = "demo")]
pub mod demo;
