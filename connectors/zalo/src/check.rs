//! What is wrong with a lane's settings: every complaint at once, each with its key and a remedy.

use std::fmt;

use crate::config::ZaloSettings;

/// More unanswered calls than any rate of the platform has use for.
const IN_FLIGHT_MAX: usize = 256;
const REQUEST_TIMEOUT_MS_MAX: u64 = 120_000;
/// An access token lives 25 hours: earlier renewal would never stop renewing.
const REFRESH_BEFORE_S_MAX: u64 = 24 * 3_600;
/// The platform's own repeats of an event must not be taken for old ones.
const WEBHOOK_AGE_S_MIN: u64 = 3 * 3_600;
const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The key below `[lane.zalo]`.
    pub key: &'static str,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

impl ZaloSettings {
    /// All complaints; empty if the lane can start.
    #[must_use]
    pub fn check(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut refuse = |bad: bool, key: &'static str, text: String| {
            if bad {
                complaints.push(Complaint { key, text });
            }
        };
        for (key, id) in [("app_id", &self.app_id), ("oa_id", &self.oa_id)] {
            let bad = id.is_empty() || !id.bytes().all(|digit| digit.is_ascii_digit());
            refuse(bad, key, format!("'{id}' is not an id: write its digits as the console shows them"));
        }
        for (key, secret) in [("app_secret", &self.app_secret), ("oa_secret", &self.oa_secret)] {
            refuse(secret.expose().is_empty(), key, "is empty: store the secret of the console".to_owned());
        }
        for (key, url) in [
            ("oauth_url", &self.oauth_url),
            ("openapi_url", &self.openapi_url),
            ("business_url", &self.business_url),
        ] {
            refuse(
                !is_base(url),
                key,
                format!("'{url}' is no base: write https://host without a slash at the end"),
            );
        }
        let half = self.bootstrap_access_token.is_some() && self.bootstrap_refresh_token.is_none();
        refuse(
            half,
            "bootstrap_refresh_token",
            "is missing: an access token alone ends within a day".to_owned(),
        );
        self.check_bounds(&mut refuse);
        complaints
    }

    fn check_bounds(&self, refuse: &mut impl FnMut(bool, &'static str, String)) {
        let table = [
            ("requests_per_minute", u64::from(self.requests_per_minute), 1, 1_000_000),
            ("in_flight_max", self.in_flight_max as u64, 1, IN_FLIGHT_MAX as u64),
            ("request_timeout_ms", self.request_timeout_ms, 100, REQUEST_TIMEOUT_MS_MAX),
            ("retry_ms", self.retry_ms, 10, 3_600_000),
            ("recheck_s", self.recheck_s, 1, 86_400),
            ("refresh_before_s", self.refresh_before_s, 0, REFRESH_BEFORE_S_MAX),
            ("refresh_life_days", u64::from(self.refresh_life_days), 1, 3_650),
            ("refresh_warn_days", u64::from(self.refresh_warn_days), 0, u64::from(self.refresh_life_days)),
            ("quota_reset_hour", u64::from(self.quota_reset_hour), 0, 23),
            ("night_end_minute", u64::from(self.night_end_minute), 0, u64::from(MINUTES_OF_A_DAY) - 1),
            ("night_jitter_s", self.night_jitter_s, 0, 3_600),
            ("follower_sync_hours", u64::from(self.follower_sync_hours), 0, 24 * 31),
            ("survey_hours", u64::from(self.survey_hours), 1, 24 * 31),
            ("article_wait_ms", self.article_wait_ms, 1_000, 600_000),
            ("article_poll_ms", self.article_poll_ms, 10, 60_000),
        ];
        for (key, value, min, max) in table {
            refuse(
                !(min..=max).contains(&value),
                key,
                format!("{value} is out of bounds: write {min} to {max}"),
            );
        }
        refuse(
            !(-12..=14).contains(&self.utc_offset_hours),
            "utc_offset_hours",
            "is no time zone: Viet Nam is 7".to_owned(),
        );
        refuse(
            self.webhook_age_max_s != 0 && self.webhook_age_max_s < WEBHOOK_AGE_S_MIN,
            "webhook_age_max_s",
            format!(
                "would refuse the platform's own repeats: write {WEBHOOK_AGE_S_MIN} or more, or 0 for any age"
            ),
        );
        refuse(
            self.commune_tag_prefix.is_empty(),
            "commune_tag_prefix",
            "is empty: write \"xa-\"".to_owned(),
        );
    }
}

/// `http` is for simulators on the same machine; tokens must not cross a network in the clear.
fn is_base(url: &str) -> bool {
    let Ok(parsed) = reqwest::Url::parse(url) else { return false };
    let local = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let scheme = parsed.scheme() == "https" || parsed.scheme() == "http" && local;
    scheme && parsed.path() == "/" && !url.ends_with('/') && parsed.query().is_none()
}

#[cfg(test)]
mod tests {
    use crate::config::{Mode, Secret, ZaloSettings};

    #[test]
    fn all_complaints_come_at_once_and_the_defaults_have_none() {
        let secret = || Secret::new("s");
        let good = ZaloSettings::new(Mode::Phone, "1", secret(), "2", secret());
        assert_eq!(good.check(), []);
        let bad = ZaloSettings {
            oa_id: "x".to_owned(),
            app_secret: Secret::new(""),
            openapi_url: "http://zalo.example".to_owned(),
            webhook_age_max_s: 300,
            quota_reset_hour: 24,
            bootstrap_access_token: Some(secret()),
            ..good
        };
        let keys: Vec<_> = bad.check().into_iter().map(|complaint| complaint.key).collect();
        let all = [
            "oa_id",
            "app_secret",
            "openapi_url",
            "bootstrap_refresh_token",
            "quota_reset_hour",
            "webhook_age_max_s",
        ];
        assert_eq!(keys, all);
    }
}
