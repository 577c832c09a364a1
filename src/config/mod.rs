//! Settings: embedded defaults < files < environment, checked once into types that cannot be wrong.
//! Everything wrong is said at once, each with its key and a remedy.

mod check;
mod lane;
mod node;
mod raw;
mod reload;
mod secret;
mod way;

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf};

use contract::Rate;
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};

use crate::{coordination::RedisSettings, domain::Plan};

pub(crate) use check::carriers;
pub use secret::Secrets;
pub(crate) use way::{Way, way};

/// The settings with every default and its comment, as `loa check --defaults` prints them.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Environment variables that are settings: `LOA__SECTION__KEY`.
const ENVIRONMENT_PREFIX: &str = "LOA__";

#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub ledger: Ledger,
    pub coordination: Coordination,
    pub node: Node,
    pub log: Log,
    pub sending: crate::engine::Settings,
    pub parts_max: usize,
    /// Carrier without lanes of its own → route.
    pub routing: BTreeMap<String, String>,
    /// Grants that several lanes share.
    pub quotas: BTreeMap<String, Rate>,
    pub lanes: Vec<Lane>,
    /// Plans that an alert may name.
    pub plans: BTreeMap<String, Plan>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub body_bytes_max: usize,
    pub import_bytes_max: usize,
    pub request_timeout_s: u64,
    pub requests_per_minute: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Coordination {
    Local,
    Redis(RedisSettings),
}

/// What this process does among its gateway's nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// `None`: made up at start.
    pub name: Option<String>,
    /// Takes requests under `/api/v1`.
    pub api: bool,
    /// Owns lanes, turns approved alerts into messages.
    pub sender: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    pub url: String,
    pub migrate: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    pub level: String,
    pub json: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub name: String,
    pub serves: Vec<String>,
    pub rate: Rate,
    pub standby: bool,
    /// The node that shall own it, where it runs.
    pub node: Option<String>,
    /// One of the shared quotas.
    pub quota: Option<String>,
    pub channel: Channel,
}

/// A lane's own section, by the kind of its channel.
#[derive(Debug, Clone, PartialEq)]
pub enum Channel {
    Smpp(Box<loa_smpp::SmppSettings>),
    Zalo(Box<loa_zalo::ZaloSettings>),
    Facebook(Box<loa_facebook::FacebookSettings>),
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where: `lane[0].rate`, `server.listen`.
    pub key: String,
    /// What, and what to do.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

impl Config {
    /// Reads the files over the defaults, and the environment over both.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn read(files: &[PathBuf]) -> Result<Self, Vec<Complaint>> {
        let missing: Vec<_> = files
            .iter()
            .filter(|file| !file.is_file())
            .map(|file| Complaint {
                key: "--config".into(),
                text: format!("there is no file {}; check the path", file.display()),
            })
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        for file in files {
            figment = figment.admerge(Toml::file_exact(file));
        }
        figment = figment.merge(Env::prefixed(ENVIRONMENT_PREFIX).split("__"));
        check::check(&figment, &Secrets::system())
    }

    /// Settings from one text over the defaults, without files or environment.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Complaint>> {
        let figment = Figment::from(Toml::string(DEFAULTS)).admerge(Toml::string(text));
        check::check(&figment, &Secrets::system())
    }
}
