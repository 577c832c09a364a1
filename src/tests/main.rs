//! The one test binary of the gateway: stories through the whole of it, one suite for both ledgers, and the rules of
//! the house. Tests of one file or one crate live beside it.

// As tests these may unwrap; the lint only knows by the attribute.
#[cfg(test)]
mod api;
#[cfg(test)]
mod coordination;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod office;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tidy;
