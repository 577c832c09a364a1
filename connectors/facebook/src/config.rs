//! The settings of one Facebook lane, as they stand under `[lane.facebook]`.

use std::{fmt, time::Duration};

use jiff::civil::Date;
use serde::Deserialize;

/// One Page and the app that posts to it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FacebookSettings {
    /// The Page's number, as a text: it is longer than some programs' integers.
    pub page_id: String,
    /// A Page access token (not a user's or a system user's), best one without an end.
    pub page_token: Secret,
    /// The app's number.
    pub app_id: String,
    /// The app's secret: proves calls, checks webhooks and inspects the token.
    pub app_secret: Secret,
    /// What Meta repeats when the webhook is set up; empty where no webhook is used.
    #[serde(default)]
    pub verify_token: Secret,
    #[serde(default = "default_api_url")]
    pub api_url: String,
    /// As in the path, such as `v26.0`.
    #[serde(default = "default_api_version")]
    pub api_version: String,
    /// Last day on which `api_version` answers, where the built-in table doesn't know it yet.
    #[serde(default)]
    pub api_version_ends: Option<Date>,
    /// Send `appsecret_proof` with each call.
    #[serde(default = "yes")]
    pub proof: bool,
    /// How the token is inspected.
    #[serde(default)]
    pub token_check: TokenCheck,
    /// An HTTP proxy on the way out, `http://host:port`; none from the environment is used.
    #[serde(default)]
    pub proxy: Option<String>,
    /// Whole time of one call, connecting included.
    #[serde(default = "default_request_timeout_ms")]
    pub request_timeout_ms: u64,
    /// The same for the upload of one photo.
    #[serde(default = "default_upload_timeout_ms")]
    pub upload_timeout_ms: u64,
    /// When to look for a post whose answer was lost: seconds after the attempt. The engine keeps to it.
    #[serde(default = "default_reconcile_waits_s")]
    pub reconcile_waits_s: Vec<u64>,
    /// How long after the attempt a listing without the post may prove that it was not posted. Meta publishes no figure
    /// for how late a new post appears.
    #[serde(default = "default_absence_proved_after_s")]
    pub absence_proved_after_s: u64,
    /// Pages of a listing that one look reads, 100 posts each.
    #[serde(default = "default_listing_pages_max")]
    pub listing_pages_max: usize,
    /// Trust that listings begin with the newest: a look then ends at the first page that is wholly too old. Meta calls
    /// them ranked, so this is off.
    #[serde(default)]
    pub listing_ordered: bool,
    /// How far back to look for the post that a refused duplicate is a duplicate of.
    #[serde(default = "default_duplicate_within_s")]
    pub duplicate_within_s: u64,
    /// A call refused as too fast was certainly not carried out. Nobody has seen the contrary and nobody has promised
    /// it; with `false` such a message is uncertain and is looked up.
    #[serde(default = "yes")]
    pub throttled_means_unsent: bool,
    /// Pause where Meta names no time with a refusal for speed.
    #[serde(default = "default_throttle_pause_s")]
    pub throttle_pause_s: u64,
    /// Pause before the limit: per cent of it, as the usage headers tell.
    #[serde(default = "default_usage_stop_percent")]
    pub usage_stop_percent: u32,
    /// Evidence is not read above this use.
    #[serde(default = "default_evidence_stop_percent")]
    pub evidence_stop_percent: u32,
    /// Metrics of a post to read, by Meta's names; one call each, since one that was withdrawn fails the whole call.
    #[serde(default = "default_evidence_metrics")]
    pub evidence_metrics: Vec<String>,
    /// First wait between two readings of a post's evidence; each further one is twice as long.
    #[serde(default = "default_evidence_every_s")]
    pub evidence_every_s: u64,
    /// How long a post's evidence is read; 0: never.
    #[serde(default = "default_evidence_for_hours")]
    pub evidence_for_hours: u64,
    /// Longest text in characters. Meta publishes no figure; other clients stop at 63,206.
    #[serde(default = "default_text_max")]
    pub text_max: usize,
    /// Largest photo in bytes. Meta's page says 10 MB, its errors say 4 MB.
    #[serde(default = "default_photo_bytes_max")]
    pub photo_bytes_max: usize,
    /// How often the token and the Page's state are inspected.
    #[serde(default = "default_inspect_every_s")]
    pub inspect_every_s: u64,
    /// How soon a lane that was stopped by Meta's refusal tries again, after an inspection without complaints.
    #[serde(default = "default_stopped_for_s")]
    pub stopped_for_s: u64,
    /// Pauses while Meta cannot be reached: the first and the longest.
    #[serde(default = "default_reconnect_min_ms")]
    pub reconnect_min_ms: u64,
    #[serde(default = "default_reconnect_max_ms")]
    pub reconnect_max_ms: u64,
    /// Days before the end of the token, of data access or of the API version from which the lane warns.
    #[serde(default = "default_warn_days")]
    pub warn_days: u32,
}

/// `debug_token` is documented as a GET with the inspected token in the address, where secrets don't belong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenCheck {
    /// A POST with `method=get`, so that the token travels in the body.
    #[default]
    Post,
    /// As documented: the Page token stands in the address (never in a log of ours).
    Get,
    /// The Page is read instead: that the token works is known, not what kind it is or when it ends.
    Off,
}

/// A secret, already read from where it is kept. Never shown.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, or the place where it is kept as long as the settings hold only that.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl FacebookSettings {
    /// Settings with every default.
    #[must_use]
    pub fn new(page_id: &str, page_token: Secret, app_id: &str, app_secret: Secret) -> Self {
        Self {
            page_id: page_id.to_owned(),
            page_token,
            app_id: app_id.to_owned(),
            app_secret,
            verify_token: Secret::default(),
            api_url: default_api_url(),
            api_version: default_api_version(),
            api_version_ends: None,
            proof: true,
            token_check: TokenCheck::default(),
            proxy: None,
            request_timeout_ms: default_request_timeout_ms(),
            upload_timeout_ms: default_upload_timeout_ms(),
            reconcile_waits_s: default_reconcile_waits_s(),
            absence_proved_after_s: default_absence_proved_after_s(),
            listing_pages_max: default_listing_pages_max(),
            listing_ordered: false,
            duplicate_within_s: default_duplicate_within_s(),
            throttled_means_unsent: true,
            throttle_pause_s: default_throttle_pause_s(),
            usage_stop_percent: default_usage_stop_percent(),
            evidence_stop_percent: default_evidence_stop_percent(),
            evidence_metrics: default_evidence_metrics(),
            evidence_every_s: default_evidence_every_s(),
            evidence_for_hours: default_evidence_for_hours(),
            text_max: default_text_max(),
            photo_bytes_max: default_photo_bytes_max(),
            inspect_every_s: default_inspect_every_s(),
            stopped_for_s: default_stopped_for_s(),
            reconnect_min_ms: default_reconnect_min_ms(),
            reconnect_max_ms: default_reconnect_max_ms(),
            warn_days: default_warn_days(),
        }
    }

    /// Every secret with its key, for the one who reads them from where they are kept.
    pub fn secrets_mut(&mut self) -> [(&'static str, &mut Secret); 3] {
        [
            ("page_token", &mut self.page_token),
            ("app_secret", &mut self.app_secret),
            ("verify_token", &mut self.verify_token),
        ]
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) fn throttle_pause(&self) -> Duration {
        bounded_s(self.throttle_pause_s)
    }

    pub(crate) fn stopped_for(&self) -> Duration {
        bounded_s(self.stopped_for_s)
    }

    pub(crate) fn inspect_every(&self) -> Duration {
        bounded_s(self.inspect_every_s)
    }

    pub(crate) fn evidence_every(&self) -> Duration {
        bounded_s(self.evidence_every_s)
    }

    pub(crate) fn evidence_for(&self) -> Duration {
        bounded_s(self.evidence_for_hours.saturating_mul(3_600))
    }

    pub(crate) fn upload_timeout(&self) -> Duration {
        Duration::from_millis(self.upload_timeout_ms)
    }
}

/// Longest wait, also with settings that nobody checked: what is added to a moment must stay a moment.
const WAIT_S_MAX: u64 = 90 * 86_400;

fn bounded_s(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(WAIT_S_MAX))
}

fn yes() -> bool {
    true
}

fn default_api_url() -> String {
    "https://graph.facebook.com".to_owned()
}

fn default_api_version() -> String {
    "v26.0".to_owned()
}

fn default_request_timeout_ms() -> u64 {
    30_000
}

fn default_upload_timeout_ms() -> u64 {
    60_000
}

fn default_reconcile_waits_s() -> Vec<u64> {
    vec![30, 120, 300, 900]
}

fn default_absence_proved_after_s() -> u64 {
    300
}

/// 2,000 posts: some years of a Page that posts every day.
fn default_listing_pages_max() -> usize {
    20
}

fn default_duplicate_within_s() -> u64 {
    86_400
}

fn default_throttle_pause_s() -> u64 {
    600
}

fn default_usage_stop_percent() -> u32 {
    90
}

fn default_evidence_stop_percent() -> u32 {
    60
}

/// Views and viewers; the older impressions are withdrawn.
fn default_evidence_metrics() -> Vec<String> {
    vec!["post_media_view".to_owned(), "post_total_media_view_unique".to_owned()]
}

fn default_evidence_every_s() -> u64 {
    900
}

fn default_evidence_for_hours() -> u64 {
    72
}

fn default_text_max() -> usize {
    5_000
}

fn default_photo_bytes_max() -> usize {
    4_000_000
}

fn default_inspect_every_s() -> u64 {
    86_400
}

fn default_stopped_for_s() -> u64 {
    3_600
}

fn default_reconnect_min_ms() -> u64 {
    1_000
}

fn default_reconnect_max_ms() -> u64 {
    60_000
}

fn default_warn_days() -> u32 {
    30
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<FacebookSettings, String> {
        let text = format!(
            r#"{{"page_id": "1000001", "page_token": "EAAsecret", "app_id": "77", "app_secret": "hush"{more}}}"#
        );
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_has_its_default_and_no_secret_is_shown() {
        let new = FacebookSettings::new("1000001", Secret::new("EAAsecret"), "77", Secret::new("hush"));
        let read = read("").unwrap();
        assert_eq!(format!("{read:?}"), format!("{new:?}"));
        assert!(!format!("{read:?}").contains("EAAsecret") && !format!("{read:?}").contains("hush"));
    }

    #[test]
    fn keys_are_read_as_written_and_slips_are_refused() {
        let good =
            read(r#", "api_version_ends": "2028-07-29", "token_check": "get", "verify_token": "v""#).unwrap();
        assert_eq!(good.api_version_ends, Some(Date::constant(2028, 7, 29)));
        assert_eq!((good.token_check, good.verify_token), (TokenCheck::Get, Secret::new("v")));
        for (more, expected) in [
            (r#", "page": "1""#, "unknown field `page`"),
            (r#", "token_check": "url""#, "expected one of `post`, `get`, `off`"),
            (r#", "api_version_ends": "soon""#, "year"),
        ] {
            let error = read(more).unwrap_err();
            assert!(error.contains(expected), "{more}: {error}");
        }
    }
}
