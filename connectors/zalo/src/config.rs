//! The settings of one Zalo lane, as they stand under `[lane.zalo]`.

use std::{fmt, time::Duration};

use serde::Deserialize;

/// One way of sending through one Official Account (OA) by one app.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZaloSettings {
    pub mode: Mode,
    /// The app's id, digits.
    pub app_id: String,
    /// The app's secret: header `secret_key` at the token host, key of `appsecret_proof`.
    pub app_secret: Secret,
    /// The OA's id, digits.
    pub oa_id: String,
    /// "OA Secret Key" of the console's webhook page; not the app's secret.
    pub oa_secret: Secret,
    /// Consent and tokens.
    #[serde(default = "default_oauth_url")]
    pub oauth_url: String,
    /// Messages to followers, articles, broadcasts, followers.
    #[serde(default = "default_openapi_url")]
    pub openapi_url: String,
    /// Templates, and messages by template to phones.
    #[serde(default = "default_business_url")]
    pub business_url: String,
    /// A refresh token of the API Explorer, used only while the keychain holds nothing for this OA.
    #[serde(default)]
    pub bootstrap_refresh_token: Option<Secret>,
    /// The access token that came with it; may be left out.
    #[serde(default)]
    pub bootstrap_access_token: Option<Secret>,
    /// Calls carry `appsecret_proof`; must agree with the app's setting in the console.
    #[serde(default)]
    pub proof: bool,
    /// Templates go with `mode = "development"`: only admins of the app or OA get them.
    #[serde(default)]
    pub development: bool,
    /// Calls of the whole app in a minute; lanes of one app share them.
    #[serde(default = "default_requests_per_minute")]
    pub requests_per_minute: u32,
    /// Calls that may be unanswered at a time.
    #[serde(default = "default_in_flight_max")]
    pub in_flight_max: usize,
    /// Longest time for one call, from the first byte sent to the last received.
    #[serde(default = "default_request_timeout_ms")]
    pub request_timeout_ms: u64,
    /// Pause before an unreachable platform, or tokens that failed, are tried again.
    #[serde(default = "default_retry_ms")]
    pub retry_ms: u64,
    /// Pause before a lane that a person had to mend is tried again.
    #[serde(default = "default_recheck_s")]
    pub recheck_s: u64,
    /// The access token is renewed so long before its end (it lives 25 hours).
    #[serde(default = "default_refresh_before_s")]
    pub refresh_before_s: u64,
    /// Life of a refresh token; the platform says three months and not when they end.
    #[serde(default = "default_refresh_life_days")]
    pub refresh_life_days: u32,
    /// Days before the end of the refresh token from which on the lane calls itself limited.
    #[serde(default = "default_refresh_warn_days")]
    pub refresh_warn_days: u32,
    /// Hours by which the platform's clock is before UTC.
    #[serde(default = "default_utc_offset_hours")]
    pub utc_offset_hours: i8,
    /// Local hour in which daily quotas begin anew; not documented.
    #[serde(default)]
    pub quota_reset_hour: u8,
    /// Local time, in minutes after midnight, from which what was refused at night is tried again.
    #[serde(default = "default_night_end_minute")]
    pub night_end_minute: u16,
    /// Spread over which lanes start after the night, a reset or a full minute.
    #[serde(default = "default_night_jitter_s")]
    pub night_jitter_s: u64,
    /// Events older than this are refused; 0: any age. The platform repeats for hours, perhaps with the first timestamp.
    #[serde(default = "default_webhook_age_max_s")]
    pub webhook_age_max_s: u64,
    /// Tags that start so name a commune by its code.
    #[serde(default = "default_commune_tag_prefix")]
    pub commune_tag_prefix: String,
    /// Hours between two readings of all followers; 0: never.
    #[serde(default = "default_follower_sync_hours")]
    pub follower_sync_hours: u32,
    /// Hours between two readings of account, quota and templates.
    #[serde(default = "default_survey_hours")]
    pub survey_hours: u32,
    /// Longest wait for an article to be ready.
    #[serde(default = "default_article_wait_ms")]
    pub article_wait_ms: u64,
    /// Pause between two questions whether an article is ready.
    #[serde(default = "default_article_poll_ms")]
    pub article_poll_ms: u64,
}

/// To whom a lane sends, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A template to a telephone number.
    Phone,
    /// A template to a user id of the OA.
    Follower,
    /// Free text to a user who interacted with the OA in the last days.
    Consult,
    /// An article to all followers.
    Broadcast,
}

/// A secret, already read from where it is kept. Never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl ZaloSettings {
    /// Settings with every default.
    #[must_use]
    pub fn new(mode: Mode, app_id: &str, app_secret: Secret, oa_id: &str, oa_secret: Secret) -> Self {
        Self {
            mode,
            app_id: app_id.to_owned(),
            app_secret,
            oa_id: oa_id.to_owned(),
            oa_secret,
            oauth_url: default_oauth_url(),
            openapi_url: default_openapi_url(),
            business_url: default_business_url(),
            bootstrap_refresh_token: None,
            bootstrap_access_token: None,
            proof: false,
            development: false,
            requests_per_minute: default_requests_per_minute(),
            in_flight_max: default_in_flight_max(),
            request_timeout_ms: default_request_timeout_ms(),
            retry_ms: default_retry_ms(),
            recheck_s: default_recheck_s(),
            refresh_before_s: default_refresh_before_s(),
            refresh_life_days: default_refresh_life_days(),
            refresh_warn_days: default_refresh_warn_days(),
            utc_offset_hours: default_utc_offset_hours(),
            quota_reset_hour: 0,
            night_end_minute: default_night_end_minute(),
            night_jitter_s: default_night_jitter_s(),
            webhook_age_max_s: default_webhook_age_max_s(),
            commune_tag_prefix: default_commune_tag_prefix(),
            follower_sync_hours: default_follower_sync_hours(),
            survey_hours: default_survey_hours(),
            article_wait_ms: default_article_wait_ms(),
            article_poll_ms: default_article_poll_ms(),
        }
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) fn retry(&self) -> Duration {
        Duration::from_millis(self.retry_ms)
    }
}

fn default_oauth_url() -> String {
    "https://oauth.zaloapp.com".to_owned()
}

fn default_openapi_url() -> String {
    "https://openapi.zalo.me".to_owned()
}

fn default_business_url() -> String {
    "https://business.openapi.zalo.me".to_owned()
}

/// What an app is granted.
fn default_requests_per_minute() -> u32 {
    4_000
}

fn default_in_flight_max() -> usize {
    32
}

fn default_request_timeout_ms() -> u64 {
    20_000
}

fn default_retry_ms() -> u64 {
    15_000
}

fn default_recheck_s() -> u64 {
    600
}

fn default_refresh_before_s() -> u64 {
    5 * 3_600
}

fn default_refresh_life_days() -> u32 {
    90
}

fn default_refresh_warn_days() -> u32 {
    14
}

fn default_utc_offset_hours() -> i8 {
    7
}

/// 06:05: five minutes after the hour that the platform names.
fn default_night_end_minute() -> u16 {
    365
}

fn default_night_jitter_s() -> u64 {
    300
}

/// The documented ladder of repeats ends within two hours.
fn default_webhook_age_max_s() -> u64 {
    4 * 3_600
}

fn default_commune_tag_prefix() -> String {
    "xa-".to_owned()
}

fn default_follower_sync_hours() -> u32 {
    24
}

fn default_survey_hours() -> u32 {
    24
}

fn default_article_wait_ms() -> u64 {
    60_000
}

fn default_article_poll_ms() -> u64 {
    2_000
}
