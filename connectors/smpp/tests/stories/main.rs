//! The connector against the simulated carrier: what an engine sees, and what the carrier saw.

// As tests these may unwrap; the lint only knows by the attribute.
#[cfg(test)]
mod binds;
#[cfg(test)]
mod closing;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod long;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod window;
