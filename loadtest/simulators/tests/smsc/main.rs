//! The message centre, seen from outside by a raw client.

#[cfg(test)]
mod binds;
#[cfg(test)]
mod client;
#[cfg(test)]
mod counting;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod script;
#[cfg(test)]
mod submits;
