//! The connector against the simulated platform: what an engine sees, and what really stands on the Page.

// As tests these may unwrap; the lint only knows by the attribute.
#[cfg(test)]
mod changes;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod lookups;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod webhooks;
