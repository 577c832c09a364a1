//! The message centre, seen from outside by a raw client.

mod binds;
mod client;
mod counting;
mod faults;
mod receipts;
mod submits;
