//! The connector against the simulated platform: what an engine sees, and what the platform saw.

// As tests these may unwrap; the lint only knows by the attribute.
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod webhook;
