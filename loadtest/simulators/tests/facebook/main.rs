//! The Graph platform, seen from outside by a hand-made client and a hand-made callback.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod photos;
#[cfg(test)]
mod posts;
#[cfg(test)]
mod script;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod webhooks;
