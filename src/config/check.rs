//! From what is written to what can be used; gathers every complaint on the way.

use std::{collections::BTreeMap, time::Duration};

use figment::{
    Figment,
    error::Kind,
    value::{Dict, Value},
};
use serde::de::DeserializeOwned;

use super::{Complaint, Config, Ledger, Log, Secrets, Server, raw};
use crate::{
    domain::{Plan, PlanStep},
    engine::Settings,
};

const SECTIONS: [&str; 10] =
    ["server", "ledger", "coordination", "node", "log", "sending", "routing", "quotas", "plans", "lane"];

/// A lease shall outlive several calls to a ledger that is slow to answer.
const LEASE_S_MIN: u64 = 2;

pub(super) fn check(figment: &Figment, secrets: &Secrets) -> Result<Config, Vec<Complaint>> {
    let mut complaints = Complaints::default();
    complaints.unknown_sections(figment);
    let server: Option<raw::Server> = complaints.section(figment, "server");
    let ledger: Option<raw::Ledger> = complaints.section(figment, "ledger");
    let coordination: Option<raw::Coordination> = complaints.section(figment, "coordination");
    let node: Option<raw::Node> = complaints.section(figment, "node");
    let log: Option<raw::Log> = complaints.section(figment, "log");
    let sending: Option<raw::Sending> = complaints.section(figment, "sending");
    let routing: Option<raw::Routing> = complaints.section(figment, "routing");
    let plans = complaints.plans(figment);
    let quotas = complaints.quotas(figment);
    let lanes = complaints.lanes(figment, secrets);
    complaints.shared(&quotas, &lanes);

    let server = server.and_then(|raw| complaints.server(raw));
    let ledger = ledger.and_then(|raw| complaints.ledger(raw));
    let log = log.and_then(|raw| complaints.log(raw));
    let parts_max = sending.as_ref().map_or(1, |raw| usize::try_from(raw.parts_max).unwrap_or(usize::MAX));
    let sending = sending.map(|raw| complaints.sending(&raw));
    let coordination = coordination.and_then(|raw| complaints.coordination(raw));
    let node = node.and_then(|raw| complaints.node(raw));
    match (server, ledger, coordination, node, log, sending, routing, complaints.list.is_empty()) {
        (
            Some(server),
            Some(ledger),
            Some(coordination),
            Some(node),
            Some(log),
            Some(sending),
            Some(routing),
            true,
        ) => Ok(Config {
            server,
            ledger,
            coordination,
            node,
            log,
            sending,
            parts_max,
            routing,
            quotas,
            lanes,
            plans,
        }),
        _ => Err(complaints.list),
    }
}

#[derive(Default)]
pub(super) struct Complaints {
    list: Vec<Complaint>,
}

impl Complaints {
    pub(super) fn add(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.list.push(Complaint { key: key.into(), text: text.into() });
    }

    fn unknown_sections(&mut self, figment: &Figment) {
        match figment.extract::<Dict>() {
            Ok(all) => {
                for key in all.keys().filter(|key| !SECTIONS.contains(&key.as_str())) {
                    self.add(
                        key,
                        format!("there is no such section; the sections are {}", SECTIONS.join(", ")),
                    );
                }
            }
            Err(error) => self.figment("", error),
        }
    }

    pub(super) fn section<T: DeserializeOwned>(&mut self, figment: &Figment, name: &str) -> Option<T> {
        match figment.find_value(name) {
            Ok(value) => self.read(name, value),
            Err(error) => {
                self.figment(name, error);
                None
            }
        }
    }

    /// Reads a section. A key that is unknown is complained of and left out, so that it hides no other complaint.
    pub(super) fn read<T: DeserializeOwned>(&mut self, section: &str, value: Value) -> Option<T> {
        let mut value = value;
        loop {
            let error = match value.deserialize() {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let (Kind::UnknownField(key, known), Value::Dict(_, keys)) = (&error.kind, &mut value) else {
                self.figment(section, error);
                return None;
            };
            // An unknown key further down can't be left out here; it ends the section.
            if keys.remove(key).is_none() {
                self.figment(section, error);
                return None;
            }
            self.add(
                format!("{section}.{key}"),
                format!("there is no such key; the keys are {}", known.join(", ")),
            );
        }
    }

    pub(super) fn figment(&mut self, section: &str, error: figment::Error) {
        for error in error {
            let below = error.path.iter().filter(|key| *key != section);
            let key: Vec<_> = std::iter::once(section).chain(below.map(String::as_str)).collect();
            let key = key.join(".");
            let key = key.trim_matches('.');
            self.add(if key.is_empty() { "settings" } else { key }, error.kind.to_string());
        }
    }

    fn server(&mut self, raw: raw::Server) -> Option<Server> {
        let Ok(listen) = raw.listen.parse() else {
            let text = format!("'{}' is not an address and port; write \"127.0.0.1:8080\"", raw.listen);
            self.add("server.listen", text);
            return None;
        };
        let public_url = (!raw.public_url.is_empty()).then_some(raw.public_url);
        if public_url.as_ref().is_some_and(|url| !url.starts_with("http")) {
            self.add("server.public_url", "it must begin with http:// or https://");
        }
        Some(Server {
            listen,
            public_url,
            body_bytes_max: bounded(raw.body_bytes_max),
            import_bytes_max: bounded(raw.import_bytes_max),
            request_timeout_s: raw.request_timeout_s.max(1),
            requests_per_minute: raw.requests_per_minute.max(1),
        })
    }

    fn ledger(&mut self, raw: raw::Ledger) -> Option<Ledger> {
        let known = ["sqlite:", "postgres:", "postgresql:"];
        let url = self.address("ledger.url", raw.url)?;
        if !known.iter().any(|scheme| url.starts_with(scheme)) {
            self.add("ledger.url", "it must be \"sqlite:PATH\" or \"postgres://user@host/database\"");
            return None;
        }
        Some(Ledger { url, migrate: raw.migrate })
    }

    /// An address may hold a password, and then it may stand elsewhere.
    pub(super) fn address(&mut self, key: &str, written: String) -> Option<String> {
        if !written.starts_with("env:") && !written.starts_with("file:") {
            return Some(written);
        }
        match Secrets::system().read(&written) {
            Ok(url) => Some(url),
            Err(why) => {
                self.add(key, why);
                None
            }
        }
    }

    fn plans(&mut self, figment: &Figment) -> BTreeMap<String, Plan> {
        let written: raw::Plans = self.section(figment, "plans").unwrap_or_default();
        let mut plans = BTreeMap::new();
        for (name, steps) in written {
            if let Some(plan) = self.plan(&name, steps) {
                plans.insert(name, plan);
            }
        }
        plans
    }

    fn plan(&mut self, name: &str, steps: Vec<raw::PlanStep>) -> Option<Plan> {
        let mut plan = Plan { steps: Vec::with_capacity(steps.len()) };
        for step in steps {
            let channels = step.channels.iter().map(|channel| channel.parse()).collect::<Result<_, _>>();
            match channels {
                Ok(channels) => plan.steps.push(PlanStep { channels, wait_s: step.wait_s }),
                Err(unknown) => {
                    self.add(format!("plans.{name}"), unknown.to_string());
                    return None;
                }
            }
        }
        if let Err(refusal) = plan.check() {
            self.add(format!("plans.{name}"), refusal.to_string());
        }
        Some(plan)
    }

    fn log(&mut self, raw: raw::Log) -> Option<Log> {
        if !["text", "json"].contains(&raw.format.as_str()) {
            self.add("log.format", format!("'{}' is neither \"text\" nor \"json\"", raw.format));
            return None;
        }
        if raw.level.parse::<tracing_subscriber::filter::Targets>().is_err() {
            self.add("log.level", format!("'{}' is not a level; use error, warn, info or debug", raw.level));
            return None;
        }
        Some(Log { level: raw.level, json: raw.format == "json" })
    }

    fn sending(&mut self, raw: &raw::Sending) -> Settings {
        let bounds = [
            ("parts_max", raw.parts_max, 1, 10),
            ("lease_s", raw.lease_s, LEASE_S_MIN, 300),
            ("claim_messages_max", raw.claim_messages_max, 1, 10_000),
            ("claim_ms", raw.claim_ms, 10, 5_000),
            ("settle_rows_max", raw.settle_rows_max, 1, 5_000),
            ("settle_ms", raw.settle_ms, 1, 1_000),
            ("fanout_rows", raw.fanout_rows, 100, 1_000_000),
            ("sweep_ms", raw.sweep_ms, 10, 60_000),
            ("references_max", raw.references_max, 0, 10_000_000),
            ("strikes_max", raw.strikes_max, 1, 100),
            ("bulk_share", raw.bulk_share, 2, 1_000),
            ("escalate_ms", raw.escalate_ms, 10, 60_000),
        ];
        for (key, value, low, high) in bounds {
            if !(low..=high).contains(&value) {
                self.add(format!("sending.{key}"), format!("{value} is out of range; use {low} to {high}"));
            }
        }
        Settings {
            lease: Duration::from_secs(raw.lease_s),
            claim_messages_max: bounded(raw.claim_messages_max),
            claim_span: Duration::from_millis(raw.claim_ms),
            settle_rows_max: bounded(raw.settle_rows_max),
            settle_wait: Duration::from_millis(raw.settle_ms),
            fanout_rows: bounded(raw.fanout_rows),
            sweep_every: Duration::from_millis(raw.sweep_ms),
            references_max: bounded(raw.references_max),
            receipt_wait: Duration::from_secs(raw.receipt_wait_s),
            resend_after: Duration::from_millis(raw.resend_after_ms),
            strikes_max: u32::try_from(raw.strikes_max).unwrap_or(u32::MAX),
            bulk_share: u32::try_from(raw.bulk_share).unwrap_or(u32::MAX),
            lane_refused_rest: Duration::from_secs(raw.lane_refused_rest_s),
            drain: Duration::from_secs(raw.drain_s),
            escalate_every: Duration::from_millis(raw.escalate_ms),
            ..Settings::default()
        }
    }
}

fn bounded(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Which route carries each carrier: lanes' routes by their own name, others by the table if its route is served.
pub(crate) fn carriers(routes: &[String], table: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let own = routes.iter().map(|route| (route.clone(), route.clone()));
    let others = table
        .iter()
        .filter(|(carrier, route)| routes.contains(route) && !routes.contains(carrier))
        .map(|(carrier, route)| (carrier.clone(), route.clone()));
    own.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn every_complaint_comes_at_once_with_its_key() {
        let text = "[server]\nlisten = \"nowhere\"\ncolour = 1\n[sending]\nparts_max = 99\nlease_s = \"long\"\n[nonsense]\n\
                    [[lane]]\nname = \"V 1\"\nkind = \"fax\"\nserves = []\nrate = \"fast\"\nspeed = 1\n\
                    [[lane]]\nname = \"v\"\nkind = \"smpp\"\nserves = [\"viettel\"]\nrate = \"10/s\"\n[lane.smpp]\n\
                    address = \"127.0.0.1:1\"\nsystem_id = \"much-too-long-for-smpp\"\npassword = \"clear\"\nsource = \"LANGSON\"\nwindoww = 3";
        let complaints = Config::parse(text).unwrap_err();
        let keys: Vec<_> = complaints.iter().map(|complaint| complaint.key.as_str()).collect();
        for key in [
            "nonsense",
            "server.colour",
            "server.listen",
            "sending.lease_s",
            "lane[0].speed",
            "lane[0].name",
            "lane[0].serves",
            "lane[0].rate",
            "lane[0].kind",
            "lane[1].smpp.windoww",
            "lane[1].smpp.password",
            "lane[1].smpp.system_id",
        ] {
            assert!(keys.contains(&key), "{key} is missing in {keys:?}");
        }
        assert!(
            !complaints.iter().any(|complaint| complaint.text.contains("clear")),
            "a secret is never repeated"
        );
    }
}
