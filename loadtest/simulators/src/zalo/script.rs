//! What the platform is like, as data: the app, the Official Account (OA), its templates and followers,
//! who may be reached, how much, at which hours, and what goes wrong when. Everything may be changed
//! while the simulator runs.

pub use super::fate::{Fate, FateWeight, PhoneScript};
pub use super::fault::{Fault, FaultKind, When};
use serde::{Deserialize, Serialize};

/// The behaviour of one app with one OA. The default one is well-behaved: one warning template, nobody
/// follows the OA, every phone has Zalo, everything is delivered after 50 ms, it is day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZaloScript {
    /// Seed of every random choice: the same seed and the same traffic give the same behaviour.
    pub seed: u64,
    /// Digits in a text, as all ids of the platform.
    pub app_id: String,
    /// Header `secret_key` at the token endpoint, and key of `appsecret_proof`.
    pub app_secret: String,
    /// The OA that all tokens are for.
    pub oa_id: String,
    /// Key of the webhook signature ("OA Secret Key"), not the same as the app's secret.
    pub oa_secret: String,
    /// Shown by `/v2.0/oa/getoa`.
    pub oa_name: String,
    /// Life of an access token, in seconds: `expires_in`.
    pub access_token_s: u64,
    /// The rest of consent and tokens.
    pub oauth: OauthScript,
    /// Requests of the app in each minute of the clock, articles not counted; more are answered with -32.
    pub rate_per_minute: u32,
    /// The other rates.
    pub rate: RateScript,
    /// Waits before each next try to bring an event to the webhook; after the last one fails the webhook
    /// is disabled. The default is the platform's ladder (30 s, 5 min, 15 min, 30 min, 1 h) a hundred
    /// times as fast.
    pub webhook_retry_ms: Vec<u64>,
    /// How else events are brought.
    pub webhook: WebhookScript,
    /// What can be sent to phones and user ids; other ids are refused.
    pub templates: Vec<Template>,
    /// Known users of the OA. Users added while it runs appear; users taken out here stay known.
    pub followers: Vec<Follower>,
    /// What becomes of certain phones; the first that fits goes before `mix`.
    pub phones: Vec<PhoneScript>,
    /// What becomes of all other phones, each phone always the same; empty: delivered.
    pub mix: Vec<FateWeight>,
    /// Phones of admins of the app or OA: the only ones reached with `mode = "development"`.
    pub admin_phones: Vec<String>,
    /// The platform's local hour, 0 to 23, for what is not accepted from 22 to 6; `None`: always day.
    pub local_hour: Option<u8>,
    /// Messages to phones per day (00:00 Asia/Ho_Chi_Minh).
    pub quota_daily: u32,
    /// The daily quota falls to this after `quota_drop_after` accepted messages, as after complaints of
    /// users; a webhook `change_oa_daily_quota` tells so. It happens once.
    pub quota_drop_to: Option<u32>,
    /// Messages of all kinds after which `quota_drop_to` holds.
    pub quota_drop_after: u64,
    /// Messages by template to user ids that the OA has bought.
    pub uid_quota: u32,
    /// Consultation messages between 48 hours and 7 days after the last interaction.
    pub cs_quota: u32,
    /// Articles that may be made in a month.
    pub article_quota: u32,
    /// So many polls of an article answer -214 first.
    pub article_polls: u32,
    /// Time from the acceptance of a broadcast to its delivery.
    pub moderation_ms: u64,
    /// Broadcasts one follower gets in a day and in a month.
    pub broadcasts_daily_max: u32,
    /// As before, from the first of a month in Vietnam.
    pub broadcasts_monthly_max: u32,
    /// Time from the acceptance of a message to its delivery.
    pub delivery_ms: u64,
    /// Time until a request is answered.
    pub response_ms: u64,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
}

impl Default for ZaloScript {
    fn default() -> Self {
        Self {
            seed: 1,
            app_id: "1000000000000000001".to_owned(),
            app_secret: "app-secret".to_owned(),
            oa_id: "2000000000000000002".to_owned(),
            oa_secret: "oa-secret-key".to_owned(),
            oa_name: "Thông tin tỉnh".to_owned(),
            access_token_s: 90_000,
            oauth: OauthScript::default(),
            rate_per_minute: 4_000,
            rate: RateScript::default(),
            webhook_retry_ms: vec![300, 3_000, 9_000, 18_000, 36_000],
            webhook: WebhookScript::default(),
            templates: vec![Template::warning()],
            followers: Vec::new(),
            phones: Vec::new(),
            mix: Vec::new(),
            admin_phones: Vec::new(),
            local_hour: None,
            quota_daily: 5_000,
            quota_drop_to: None,
            quota_drop_after: 0,
            uid_quota: 5_000,
            cs_quota: 500,
            article_quota: 15,
            article_polls: 2,
            moderation_ms: 50,
            broadcasts_daily_max: 1,
            broadcasts_monthly_max: 4,
            delivery_ms: 50,
            response_ms: 0,
            faults: Vec::new(),
        }
    }
}

/// Consent and tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OauthScript {
    /// Life of a refresh token, in seconds; each new one gets all of it.
    pub refresh_token_s: u64,
    /// Life of a consent code, in seconds.
    pub code_s: u64,
    /// The previous access token lives on after a refresh. What the platform does is not documented, so
    /// a client must not count on it.
    pub old_access_lives: bool,
    /// The callback saved in the console; others are refused with -14003. `None`: any.
    pub redirect_uri: Option<String>,
    /// Consent without `code_challenge` is refused. A challenge that was given is always checked.
    pub pkce_required: bool,
    /// API calls need the header `appsecret_proof` (-242, -1241). A proof that is given is always checked.
    pub proof_required: bool,
}

impl Default for OauthScript {
    fn default() -> Self {
        Self {
            refresh_token_s: 90 * 24 * 3_600,
            code_s: 600,
            old_access_lives: false,
            redirect_uri: None,
            pkce_required: false,
            proof_required: false,
        }
    }
}

/// Rates besides the app's, per minute of the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateScript {
    /// Of the app, articles only.
    pub article_per_minute: u32,
    /// Of the OA, by its package; sends by template are not counted. `None`: no limit.
    pub oa_per_minute: Option<u32>,
    /// Length of a minute, to make tests short.
    pub minute_ms: u64,
}

impl Default for RateScript {
    fn default() -> Self {
        Self { article_per_minute: 4_000, oa_per_minute: None, minute_ms: 60_000 }
    }
}

/// How events are brought to the webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookScript {
    /// Time to answer 200.
    pub deadline_ms: u64,
    /// A retry carries a new `timestamp` (and signature) instead of the first one.
    pub retry_renews_timestamp: bool,
    /// Events switched off in the console, by `event_name`.
    pub events_off: Vec<String>,
    /// `oa_send_text` and `oa_send_template` tell of the OA's own messages too.
    pub echo: bool,
}

impl Default for WebhookScript {
    fn default() -> Self {
        Self { deadline_ms: 2_000, retry_renews_timestamp: false, events_off: Vec::new(), echo: true }
    }
}

/// Where a template is in its life; the discriminant is the number that `/template/all` filters by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    #[default]
    Enable = 1,
    PendingReview = 2,
    Reject = 3,
    Disable = 4,
}

impl TemplateStatus {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Enable => "ENABLE",
            Self::PendingReview => "PENDING_REVIEW",
            Self::Reject => "REJECT",
            Self::Disable => "DISABLE",
        }
    }
}

/// An approved form of message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Template {
    /// `template_id`
    pub id: String,
    /// As the console and `/template/all` show it.
    pub name: String,
    /// Only enabled ones can be sent (else -131, -146).
    pub status: TemplateStatus,
    /// What `template_data` has to fill.
    pub params: Vec<Param>,
    /// 1 transaction, 2 customer care, 3 promotion.
    pub tag: u8,
    /// It can be sent to user ids too (else -249).
    pub uid_allowed: bool,
    /// It can be sent to phones from 22 to 6 (else -133).
    pub night_allowed: bool,
    /// Messages per day by this template (else -147); `None`: no limit of its own.
    pub quota_daily: Option<u32>,
    /// HIGH, MEDIUM, LOW or UNDEFINED.
    pub quality: String,
    /// đồng per message to a phone.
    pub price: u32,
    /// đồng per message to a user id.
    pub price_uid: u32,
}

impl Default for Template {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            status: TemplateStatus::Enable,
            params: Vec::new(),
            tag: 2,
            uid_allowed: true,
            night_allowed: false,
            quota_daily: None,
            quality: "HIGH".to_owned(),
            price: 120,
            price_uid: 100,
        }
    }
}

impl Template {
    /// `410001`: a public warning with its kind, text, time and code.
    pub fn warning() -> Self {
        Self {
            id: "410001".to_owned(),
            name: "Cảnh báo của tỉnh".to_owned(),
            params: vec![
                Param::new("loai", 30),
                Param::new("noi_dung", 200),
                Param { kind: ParamKind::Date, ..Param::new("thoi_gian", 20) },
                Param::new("ma", 30),
            ],
            ..Self::default()
        }
    }
}

/// How a value must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamKind {
    #[default]
    String,
    Number,
    /// `hh:mm:ss dd/mm/yyyy`, `hh:mm dd/mm/yyyy`, `dd/mm/yyyy`, `mm/yyyy`, `hh:mm` or `hh:mm:ss`.
    Date,
}

impl ParamKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::String => "STRING",
            Self::Number => "NUMBER",
            Self::Date => "DATE",
        }
    }
}

/// A value that a template takes. Lengths are in Unicode code points, as received: decomposed
/// Vietnamese is longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Param {
    /// Key in `template_data`.
    pub name: String,
    /// Must be there and not empty (else -1122).
    pub required: bool,
    /// Longer is refused with -1121.
    pub max_length: u32,
    /// Shorter is refused with -1124.
    pub min_length: u32,
    /// Other values are refused with -1124.
    #[serde(rename = "type")]
    pub kind: ParamKind,
}

impl Default for Param {
    fn default() -> Self {
        Self::new("", 200)
    }
}

impl Param {
    /// A required text.
    pub fn new(name: impl Into<String>, max_length: u32) -> Self {
        Self { name: name.into(), required: true, max_length, min_length: 0, kind: ParamKind::String }
    }
}

/// A user that the OA knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Follower {
    /// Of this OA; other OAs and the app know the user by other ids.
    pub user_id: String,
    /// `display_name`
    pub name: String,
    /// `false`: known, but follows no more.
    pub follows: bool,
    /// Names of tags; the OA has all that anybody has.
    pub tags: Vec<String>,
    /// Time since the last interaction when the simulator starts; `None`: never.
    pub last_interaction_ms_ago: Option<u64>,
    /// Shared with the OA.
    pub phone: Option<String>,
    /// What becomes of messages to this user.
    pub fate: Fate,
    /// Old province, 0 to 63, as broadcast targets by `cities`.
    pub city: Option<u8>,
    /// 1 male, 2 female, 0 unknown, as broadcast targets by `gender`.
    pub gender: u8,
}

impl Default for Follower {
    fn default() -> Self {
        Self {
            user_id: String::new(),
            name: String::new(),
            follows: true,
            tags: Vec::new(),
            last_interaction_ms_ago: Some(0),
            phone: None,
            fate: Fate::Delivered,
            city: None,
            gender: 0,
        }
    }
}

impl Follower {
    /// A follower who has just interacted.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self { user_id: user_id.into(), ..Self::default() }
    }
}
