//! What a process is among others: its name and roles, who it asks, and the grants that lanes share.

use std::{collections::BTreeMap, time::Duration};

use contract::Rate;
use figment::Figment;

use super::{Coordination, Lane, Node, check::Complaints, raw};
use crate::coordination::RedisSettings;

/// Redis is asked while a lane waits: an answer that takes longer is worth less than going on.
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 5..=1_000;

impl Complaints {
    pub(super) fn coordination(&mut self, raw: raw::Coordination) -> Option<Coordination> {
        let url = self.address("coordination.url", raw.url)?;
        if !(raw.share > 0.0 && raw.share <= 1.0) {
            self.add(
                "coordination.share",
                format!("{} is not a share; use more than 0 and at most 1", raw.share),
            );
        }
        if !TIMEOUT_MS.contains(&raw.timeout_ms) {
            let (low, high) = (TIMEOUT_MS.start(), TIMEOUT_MS.end());
            self.add(
                "coordination.timeout_ms",
                format!("{} is out of range; use {low} to {high}", raw.timeout_ms),
            );
        }
        if url == "local" {
            return Some(Coordination::Local);
        }
        self.name("coordination.prefix", &raw.prefix);
        // The address may hold a password: it is not repeated.
        if !url.starts_with("redis://") {
            self.add(
                "coordination.url",
                "it must be \"local\" or \"redis://host:port\"; for TLS put a tunnel in between",
            );
            return None;
        }
        let timeout = Duration::from_millis(raw.timeout_ms);
        Some(Coordination::Redis(RedisSettings { url, prefix: raw.prefix, share: raw.share, timeout }))
    }

    pub(super) fn node(&mut self, raw: raw::Node) -> Option<Node> {
        if !raw.name.is_empty() {
            self.name("node.name", &raw.name);
        }
        if !raw.api && !raw.sender {
            self.add(
                "node.sender",
                "a node that is neither api nor sender does nothing; make one of them true",
            );
        }
        let raw::Node { name, api, sender } = raw;
        Some(Node { name: (!name.is_empty()).then_some(name), api, sender })
    }

    pub(super) fn quotas(&mut self, figment: &Figment) -> BTreeMap<String, Rate> {
        let written: raw::Quotas = self.section(figment, "quotas").unwrap_or_default();
        let mut quotas = BTreeMap::new();
        for (name, rate) in written {
            self.name(&format!("quotas.{name}"), &name);
            match rate.parse::<Rate>() {
                Ok(rate) => {
                    quotas.insert(name, rate);
                }
                Err(error) => self.add(format!("quotas.{name}"), error.to_string()),
            }
        }
        quotas
    }

    /// A lane that shares a grant names it, and never claims more for itself.
    pub(super) fn shared(&mut self, quotas: &BTreeMap<String, Rate>, lanes: &[Lane]) {
        for (index, lane) in lanes.iter().enumerate() {
            let Some(name) = &lane.quota else { continue };
            match quotas.get(name) {
                None => self.add(
                    format!("lane[{index}].quota"),
                    format!("there is no quota '{name}'; write [quotas] {name} = \"500/s\""),
                ),
                Some(quota) if lane.rate.as_per_second() > quota.as_per_second() => self.add(
                    format!("lane[{index}].rate"),
                    format!("{} is more than quotas.{name} = {quota}; lower it", lane.rate),
                ),
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Coordination};

    fn complaint(text: &str) -> String {
        let list: Vec<_> = Config::parse(text).unwrap_err().iter().map(ToString::to_string).collect();
        list.join("; ")
    }

    #[test]
    fn nodes_and_their_coordinator_are_checked() {
        let lane = "[[lane]]\nname = \"v\"\nkind = \"smpp\"\nserves = [\"viettel\"]\nrate = \"10/s\"\nquota = \"q\"\n[lane.smpp]\n\
                    address = \"127.0.0.1:1\"\nsystem_id = \"loa\"\npassword = \"env:PATH\"\nsource = \"LANGSON\"\n";
        for (text, key) in [
            ("[coordination]\nurl = \"rediss://h\"", "coordination.url"),
            ("[coordination]\nshare = 1.5", "coordination.share"),
            ("[coordination]\ntimeout_ms = 0", "coordination.timeout_ms"),
            ("[node]\napi = false\nsender = false", "node.sender"),
            ("[node]\nname = \"Node 1\"", "node.name"),
            ("[quotas]\nq = \"fast\"", "quotas.q"),
            (lane, "lane[0].quota"),
            (&format!("[quotas]\nq = \"5/s\"\n{lane}"), "lane[0].rate"),
        ] {
            let said = complaint(text);
            assert!(said.contains(key), "{text} -> {said}");
        }
        let config =
            Config::parse("[coordination]\nurl = \"redis://127.0.0.1:1\"\n[node]\nsender = false").unwrap();
        assert!(matches!(config.coordination, Coordination::Redis(_)));
        assert!(config.node.api && !config.node.sender);
    }
}
