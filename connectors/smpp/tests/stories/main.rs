//! The connector against the simulated carrier: what an engine sees, and what the carrier saw.

mod binds;
mod closing;
mod faults;
mod kit;
mod long;
mod peer;
mod receipts;
mod tls;
mod window;
