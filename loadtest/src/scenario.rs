//! What is to be run, as data: lanes and the carriers behind them, people, alerts and when each is approved.

use std::path::Path;

use anyhow::Context as _;
use contract::Rate;
use serde::Deserialize;
use simulators::smsc::SmscScript;

use crate::population;

/// Those that a name suffices for.
const EMBEDDED: [(&str, &str); 8] = [
    ("small", include_str!("../scenarios/small.toml")),
    ("sqlite", include_str!("../scenarios/sqlite.toml")),
    ("postgres", include_str!("../scenarios/postgres.toml")),
    ("granted-rate", include_str!("../scenarios/granted-rate.toml")),
    ("urgent", include_str!("../scenarios/urgent.toml")),
    ("million", include_str!("../scenarios/million.toml")),
    ("rough", include_str!("../scenarios/rough.toml")),
    ("crash", include_str!("../scenarios/crash.toml")),
];

const LANES_MAX: usize = 16;
const ALERTS_MAX: usize = 1_000;
const PARTS_MAX: u32 = 3;
const SECONDS_MAX: u64 = 3_600;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Its file's name without the ending.
    #[serde(skip)]
    pub(crate) name: String,
    /// One sentence for people.
    pub(crate) about: String,
    /// Where its ledger is kept, unless the command line says otherwise.
    pub(crate) ledger: Engine,
    pub(crate) people: u32,
    /// The run is given up after this.
    pub(crate) seconds_max: u64,
    /// Any other settings of the gateway, as its own file of settings has them.
    #[serde(default)]
    pub(crate) settings: toml::Table,
    #[serde(rename = "lane")]
    pub(crate) lanes: Vec<Lane>,
    /// In the order in which they are written; each is approved at its own time.
    #[serde(rename = "alert")]
    pub(crate) alerts: Vec<Alert>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A lane of the gateway, and the carrier at its other end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lane {
    pub(crate) name: String,
    /// The carrier whose subscribers it serves.
    pub(crate) route: String,
    /// Parts granted, as the gateway's settings write it.
    pub(crate) rate: String,
    #[serde(default)]
    pub(crate) standby: bool,
    /// Window, binds and the like, as the gateway's settings write them; address and account are filled in.
    #[serde(default)]
    pub(crate) smpp: toml::Table,
    /// What the carrier is like.
    #[serde(default)]
    pub(crate) carrier: SmscScript,
}

impl Lane {
    /// Parts per second.
    pub(crate) fn granted_per_s(&self) -> f64 {
        self.rate.parse::<Rate>().map_or(0.0, Rate::as_per_second)
    }
}

/// One alert, or several of a kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alert {
    pub(crate) severity: String,
    #[serde(default = "one")]
    pub(crate) parts: u32,
    /// `resend` or `hold`; by severity if absent.
    pub(crate) uncertain: Option<String>,
    #[serde(default)]
    pub(crate) to: To,
    /// So many of this kind.
    #[serde(default = "one")]
    pub(crate) count: u32,
    /// Seconds from the first approval of the run to the first of these…
    #[serde(default)]
    pub(crate) after_s: f64,
    /// …and from one of them to the next.
    #[serde(default)]
    pub(crate) every_s: f64,
}

/// Who is addressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum To {
    #[default]
    Everyone,
    /// One in a thousand: those of one commune.
    Few,
}

fn one() -> u32 {
    1
}

impl Scenario {
    /// An embedded one by its name, or a file.
    ///
    /// # Errors
    /// Neither, or something wrong with it.
    pub(crate) fn read(name_or_path: &str) -> anyhow::Result<Self> {
        if let Some((name, text)) = EMBEDDED.iter().find(|(name, _)| *name == name_or_path) {
            return Self::parse(name, text);
        }
        let path = Path::new(name_or_path);
        let text = std::fs::read_to_string(path).with_context(|| {
            let names: Vec<_> = EMBEDDED.iter().map(|(name, _)| *name).collect();
            format!("{name_or_path} is neither a file nor one of: {}", names.join(", "))
        })?;
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Self::parse(&name, &text)
    }

    pub(crate) fn all() -> impl Iterator<Item = anyhow::Result<Self>> {
        EMBEDDED.iter().map(|(name, text)| Self::parse(name, text))
    }

    fn parse(name: &str, text: &str) -> anyhow::Result<Self> {
        let scenario: Self = toml::from_str(text).with_context(|| format!("scenario {name}"))?;
        let wrong = scenario.complaints();
        anyhow::ensure!(wrong.is_empty(), "scenario {name}: {}", wrong.join("; "));
        Ok(Self { name: name.to_owned(), ..scenario })
    }

    fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(what.to_owned());
            }
        };
        must((1..=population::PEOPLE_MAX).contains(&self.people), "people: 1 to 7,000,000");
        must((1..=SECONDS_MAX).contains(&self.seconds_max), "seconds_max: 1 to 3600");
        must((1..=LANES_MAX).contains(&self.lanes.len()), "lane: 1 to 16 of them");
        must((1..=ALERTS_MAX).contains(&self.schedule().len()), "alert: 1 to 1000 in all");
        for lane in &self.lanes {
            let same = self.lanes.iter().filter(|other| other.name == lane.name).count();
            must(same == 1, &format!("lane {}: the name is there {same} times", lane.name));
            must(lane.granted_per_s() > 0.0, &format!("lane {}: rate: such as \"500/s\"", lane.name));
            let account = &lane.carrier.accounts;
            must(!account.is_empty(), &format!("lane {}: carrier.accounts: at least one", lane.name));
        }
        for alert in &self.alerts {
            let known = ["extreme", "severe", "moderate", "minor"].contains(&alert.severity.as_str());
            must(known, "alert.severity: extreme, severe, moderate or minor");
            must((1..=PARTS_MAX).contains(&alert.parts), "alert.parts: 1 to 3");
            let policy = alert.uncertain.as_deref().is_none_or(|word| ["resend", "hold"].contains(&word));
            must(policy, "alert.uncertain: resend or hold");
            must(alert.after_s >= 0.0 && alert.every_s >= 0.0, "alert: times are not negative");
        }
        wrong
    }

    /// Every single alert and when it is approved, in seconds after the first; in the order of time.
    pub(crate) fn schedule(&self) -> Vec<(f64, &Alert)> {
        let each = |alert: &Alert, n: u32| alert.after_s + alert.every_s * f64::from(n);
        let mut all: Vec<_> = self
            .alerts
            .iter()
            .flat_map(|alert| (0..alert.count).map(move |n| (each(alert, n), alert)))
            .collect();
        all.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        all
    }

    /// The carriers that people are subscribers of, each once.
    pub(crate) fn routes(&self) -> Vec<String> {
        let mut routes: Vec<_> = self.lanes.iter().map(|lane| lane.route.clone()).collect();
        routes.sort();
        routes.dedup();
        routes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_is_sound_and_every_file_is_embedded() {
        let mut names: Vec<_> = Scenario::all().map(|scenario| scenario.unwrap().name).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        files.sort();
        assert_eq!(names, files);
    }

    #[test]
    fn carriers_misbehave_as_the_file_says() {
        let rough = Scenario::read("rough").unwrap();
        assert!(rough.lanes.iter().any(|lane| !lane.carrier.faults.is_empty()));
        assert!(rough.lanes.iter().any(|lane| lane.carrier.rate_per_s.is_some()));
        assert!(rough.lanes.iter().any(|lane| !lane.carrier.refusals.is_empty()));
    }

    #[test]
    fn alerts_are_approved_in_the_order_of_time() {
        let text = "about = \"\"\nledger = \"sqlite\"\npeople = 1\nseconds_max = 1\n\
                    [[lane]]\nname = \"a\"\nroute = \"viettel\"\nrate = \"1/s\"\n\
                    [[alert]]\nseverity = \"minor\"\ncount = 2\nafter_s = 1\nevery_s = 3\n\
                    [[alert]]\nseverity = \"extreme\"\nafter_s = 2.5";
        let scenario = Scenario::parse("x", text).unwrap();
        let found: Vec<_> =
            scenario.schedule().iter().map(|(at, alert)| (*at, alert.severity.as_str())).collect();
        assert_eq!(found, [(1.0, "minor"), (2.5, "extreme"), (4.0, "minor")]);
    }

    #[test]
    fn what_is_wrong_is_told_at_once() {
        let text = "about = \"\"\nledger = \"sqlite\"\npeople = 0\nseconds_max = 1\n\
                    [[lane]]\nname = \"a\"\nroute = \"viettel\"\nrate = \"fast\"\n\
                    [[alert]]\nseverity = \"grave\"";
        let told = format!("{:#}", Scenario::parse("x", text).unwrap_err());
        for word in ["people", "rate", "severity"] {
            assert!(told.contains(word), "{word} in {told}");
        }
        assert!(Scenario::parse("x", "colour = 1").is_err());
    }
}
