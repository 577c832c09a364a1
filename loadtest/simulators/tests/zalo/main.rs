//! The Zalo platform, seen from outside by a hand-made client.

#[cfg(test)]
mod articles;
#[cfg(test)]
mod client;
#[cfg(test)]
mod counting;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod followers;
#[cfg(test)]
mod hook;
#[cfg(test)]
mod phones;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod users;
#[cfg(test)]
mod webhooks;
