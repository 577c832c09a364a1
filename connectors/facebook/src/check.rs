//! What is wrong with a lane's settings: every complaint at once, each with its key and a remedy.

use std::fmt;

use crate::config::{FacebookSettings, Secret};

/// Longer identifiers are not Meta's; a pasted token in their place would be.
const ID_DIGITS_MAX: usize = 32;
const SECRET_OCTETS_MAX: usize = 4_096;
const URL_OCTETS_MAX: usize = 200;
const METRICS_MAX: usize = 20;
const METRIC_LETTERS_MAX: usize = 80;
const WAITS_MAX: usize = 20;
const DAY_S: u64 = 86_400;

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The key below `[lane.facebook]`.
    pub key: &'static str,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

impl FacebookSettings {
    /// All complaints; empty if the lane can start.
    #[must_use]
    pub fn check(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut refuse = |bad: bool, key: &'static str, text: String| {
            if bad {
                complaints.push(Complaint { key, text });
            }
        };
        self.check_account(&mut refuse);
        self.check_address(&mut refuse);
        self.check_bounds(&mut refuse);
        self.check_reconciling(&mut refuse);
        self.check_evidence(&mut refuse);
        complaints
    }

    fn check_account(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        for (key, id) in [("page_id", &self.page_id), ("app_id", &self.app_id)] {
            let fits =
                (1..=ID_DIGITS_MAX).contains(&id.len()) && id.bytes().all(|octet| octet.is_ascii_digit());
            refuse(
                !fits,
                key,
                "is not a number as Meta shows it: write its digits as a text, such as \"1000001\"".into(),
            );
        }
        for (key, secret) in [("page_token", &self.page_token), ("app_secret", &self.app_secret)] {
            refuse(secret.is_empty(), key, "is empty: name the place where it is kept".into());
            refuse(
                !secret.is_empty() && !can_be_sent(secret),
                key,
                "holds spaces or letters that no token has".into(),
            );
        }
        let verify = &self.verify_token;
        refuse(
            !verify.is_empty() && !can_be_sent(verify),
            "verify_token",
            "must be printable ASCII without spaces".into(),
        );
    }

    fn check_address(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let wrong = |url: &str| {
            url.len() > URL_OCTETS_MAX
                || url.contains(['@', '?', '#', ' '])
                || reqwest::Url::parse(url).is_err()
        };
        let web = self.api_url.starts_with("https://") || is_loopback(&self.api_url);
        refuse(
            !web || wrong(&self.api_url),
            "api_url",
            "is not an https address: write \"https://graph.facebook.com\"".into(),
        );
        let proxy = self.proxy.as_deref();
        refuse(
            proxy.is_some_and(|proxy| !proxy.starts_with("http://") || wrong(proxy)),
            "proxy",
            "is not the address of a proxy: write \"http://host:port\", without a password".into(),
        );
        let version = self.api_version.strip_prefix('v').and_then(|rest| rest.split_once('.'));
        let number =
            |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
        refuse(
            !version.is_some_and(|(major, minor)| number(major) && number(minor)),
            "api_version",
            format!("'{}' is not a version: write \"v26.0\"", self.api_version),
        );
    }

    fn check_bounds(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let counts = [
            ("request_timeout_ms", self.request_timeout_ms, 10, 600_000, "milliseconds"),
            ("upload_timeout_ms", self.upload_timeout_ms, 10, 600_000, "milliseconds"),
            ("reconnect_min_ms", self.reconnect_min_ms, 10, 3_600_000, "milliseconds"),
            ("reconnect_max_ms", self.reconnect_max_ms, 10, 3_600_000, "milliseconds"),
            ("throttle_pause_s", self.throttle_pause_s, 1, DAY_S, "seconds"),
            ("usage_stop_percent", u64::from(self.usage_stop_percent), 10, 100, "per cent"),
            ("evidence_stop_percent", u64::from(self.evidence_stop_percent), 1, 100, "per cent"),
            ("text_max", self.text_max as u64, 100, 63_206, "characters"),
            ("inspect_every_s", self.inspect_every_s, 1, 7 * DAY_S, "seconds"),
            ("stopped_for_s", self.stopped_for_s, 1, 7 * DAY_S, "seconds"),
            ("warn_days", u64::from(self.warn_days), 0, 365, "days"),
        ];
        for (key, value, least, most, unit) in counts {
            let outside = !(least..=most).contains(&value);
            refuse(outside, key, format!("{value} is outside {least} to {most} {unit}"));
        }
        refuse(
            self.reconnect_max_ms < self.reconnect_min_ms,
            "reconnect_max_ms",
            format!("{} is below reconnect_min_ms = {}", self.reconnect_max_ms, self.reconnect_min_ms),
        );
    }

    fn check_reconciling(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let (waits, proved) = (&self.reconcile_waits_s, self.absence_proved_after_s);
        let fits = (1..=WAITS_MAX).contains(&waits.len())
            && waits.is_sorted()
            && waits.iter().all(|wait| (1..=DAY_S).contains(wait));
        refuse(
            !fits,
            "reconcile_waits_s",
            format!(
                "must be 1 to {WAITS_MAX} growing numbers of seconds up to {DAY_S}: write [30, 120, 300, 900]"
            ),
        );
        refuse(
            fits && waits.last().is_some_and(|last| *last < proved),
            "absence_proved_after_s",
            format!("{proved} is after the last look of reconcile_waits_s: nothing could ever be proved"),
        );
        let counts = [
            ("absence_proved_after_s", proved, 1, DAY_S, "seconds"),
            ("listing_pages_max", self.listing_pages_max as u64, 1, 100, "pages"),
            ("duplicate_within_s", self.duplicate_within_s, 60, 30 * DAY_S, "seconds"),
        ];
        for (key, value, least, most, unit) in counts {
            let outside = !(least..=most).contains(&value);
            refuse(outside, key, format!("{value} is outside {least} to {most} {unit}"));
        }
    }

    fn check_evidence(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let word = |metric: &String| {
            (1..=METRIC_LETTERS_MAX).contains(&metric.len())
                && metric
                    .bytes()
                    .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_')
        };
        let metrics = &self.evidence_metrics;
        refuse(
            metrics.len() > METRICS_MAX || !metrics.iter().all(word),
            "evidence_metrics",
            format!("must be up to {METRICS_MAX} names such as \"post_media_view\""),
        );
        let (every, hours) = (self.evidence_every_s, self.evidence_for_hours);
        refuse(
            !(1..=DAY_S).contains(&every),
            "evidence_every_s",
            format!("{every} is outside 1 to {DAY_S} seconds"),
        );
        refuse(hours > 24 * 90, "evidence_for_hours", format!("{hours} is above 2160 hours (90 days)"));
    }
}

fn can_be_sent(secret: &Secret) -> bool {
    let text = secret.expose();
    text.len() <= SECRET_OCTETS_MAX && text.bytes().all(|octet| (0x21..0x7F).contains(&octet))
}

/// Without TLS only to this machine: a simulator, or a relay that does TLS.
fn is_loopback(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| {
        url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> FacebookSettings {
        FacebookSettings::new("1000001", Secret::new("EAAsecret"), "77", Secret::new("hush"))
    }

    #[test]
    fn good_settings_have_no_complaints() {
        assert_eq!(good().check(), []);
        let local = FacebookSettings { api_url: "http://127.0.0.1:8123".into(), ..good() };
        assert_eq!(local.check(), []);
    }

    #[test]
    fn every_complaint_comes_at_once_names_its_key_and_keeps_secrets() {
        let settings = FacebookSettings {
            page_id: "my page".into(),
            page_token: Secret::new("EAA secret"),
            app_secret: Secret::default(),
            api_url: "http://graph.facebook.com".into(),
            api_version: "26".into(),
            proxy: Some("http://user:hidden@proxy:3128".into()),
            usage_stop_percent: 120,
            reconcile_waits_s: vec![30, 10],
            evidence_metrics: vec!["post media view".into()],
            ..good()
        };
        let complaints = settings.check();
        let keys: Vec<_> = complaints.iter().map(|complaint| complaint.key).collect();
        let expected = [
            "page_id",
            "page_token",
            "app_secret",
            "api_url",
            "proxy",
            "api_version",
            "usage_stop_percent",
            "reconcile_waits_s",
            "evidence_metrics",
        ];
        assert_eq!(keys, expected);
        let all = complaints.iter().map(ToString::to_string).collect::<String>();
        assert!(!all.contains("EAA secret") && !all.contains("hidden"), "{all}");
    }

    #[test]
    fn a_look_after_the_time_of_proof_is_asked_for() {
        let settings = FacebookSettings { reconcile_waits_s: vec![30, 60], ..good() };
        assert_eq!(settings.check().len(), 1);
        assert_eq!(settings.check()[0].key, "absence_proved_after_s");
    }
}
