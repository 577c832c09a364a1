//! Three carriers with different characters, as simulators on loopback, and the lanes that reach them.

use std::{fmt::Write as _, path::Path};

use anyhow::Context as _;
use simulators::smsc::{Smsc, SmscScript, script::Account};

use crate::config::Config;

const SYSTEM_ID: &str = "loa";
/// Of the simulators on loopback only; it guards nothing.
const PASSWORD: &str = "dien-tap";
/// From this audience on the carriers grant more, so that a large demonstration ends before one's patience.
const RECIPIENTS_USUAL: u32 = 20_000;
const GENEROSITY_MAX: u32 = 10;

pub(super) struct Carrier {
    pub(super) route: &'static str,
    pub(super) character: &'static str,
    /// Granted by the settings, parts per second.
    rate_per_s: u32,
    pub(super) smsc: Smsc,
}

pub(super) struct Carriers {
    pub(super) all: Vec<Carrier>,
}

impl Carriers {
    pub(super) async fn start(recipients: u32) -> anyhow::Result<Self> {
        let generosity = (recipients / RECIPIENTS_USUAL).clamp(1, GENEROSITY_MAX);
        // The first grants less than the settings say: the lane has to find out.
        let plan = [
            ("viettel", "chặn khi quá nhanh / throttles", 2400, SmscScript::throttling(2000 * generosity)),
            (
                "vinaphone",
                "thỉnh thoảng ngắt kết nối / drops the link now and then",
                1400,
                SmscScript::dropping(8_000 * u64::from(generosity)),
            ),
            ("mobifone", "phiếu gửi lạ / odd receipts", 1000, SmscScript::odd_receipts()),
        ];
        let mut all = Vec::with_capacity(plan.len());
        for (route, character, rate_per_s, script) in plan {
            let script = SmscScript { accounts: vec![Account::new(SYSTEM_ID, PASSWORD)], ..script };
            let smsc = Smsc::start(script, "127.0.0.1:0").await.context("simulated carrier")?;
            all.push(Carrier { route, character, rate_per_s: rate_per_s * generosity, smsc });
        }
        Ok(Self { all })
    }

    /// The settings of a gateway whose lanes lead to these carriers.
    pub(super) fn config(&self, folder: &Path, port: u16, more: &str) -> anyhow::Result<Config> {
        let secret = folder.join("password");
        std::fs::write(&secret, PASSWORD).with_context(|| format!("can't write to {}", folder.display()))?;
        let mut text = String::new();
        let ledger = toml::Value::from(format!("sqlite:{}", folder.join("loa.db").display()));
        let password = toml::Value::from(format!("file:{}", secret.display()));
        writeln!(text, "[server]\nlisten = \"127.0.0.1:{port}\"\n[ledger]\nurl = {ledger}")?;
        for Carrier { route, rate_per_s, smsc, .. } in &self.all {
            writeln!(
                text,
                "[[lane]]\nname = \"{route}-1\"\nkind = \"smpp\"\nserves = [\"{route}\"]\nrate = \"{rate_per_s}/s\"\n\
                 [lane.smpp]\naddress = \"{}\"\nsystem_id = \"{SYSTEM_ID}\"\npassword = {password}\n\
                 source = \"LANGSON\"\nbinds = 2\nwindow = 200\nreconnect_min_ms = 200",
                smsc.address()
            )?;
        }
        text.push_str(more);
        Config::parse(&text).map_err(|complaints| {
            let list: Vec<_> = complaints.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("the demonstration's own settings: {}", list.join("; "))
        })
    }

    pub(super) async fn stop(self) {
        for carrier in self.all {
            carrier.smsc.stop().await;
        }
    }
}
