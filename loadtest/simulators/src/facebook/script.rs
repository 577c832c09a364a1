//! What the platform is like for one app and one Page, as data: which tokens are good, how the text is
//! read back, what is refused and what goes wrong when. Everything may be changed while it runs.

use super::fault::Fault;
use serde::{Deserialize, Serialize};

/// The behaviour of the platform. The default one is well-behaved: a Live app, one Page whose token never
/// expires and holds every scope needed, no limits, no faults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FacebookScript {
    /// Seed of every random choice: the same seed and the same calls give the same behaviour.
    pub seed: u64,
    /// The app; `application.id` of every post made through this API.
    pub app_id: String,
    /// `application.name` of such posts.
    pub app_name: String,
    /// Key of `appsecret_proof` and of webhook signatures; `{app_id}|{app_secret}` is the app token.
    pub app_secret: String,
    /// Sent to the callback when it is verified; the callback compares it with its own.
    pub verify_token: String,
    /// Digits only, as the platform gives them.
    pub page_id: String,
    /// Name of the Page, and of the author of its posts.
    pub page_name: String,
    /// The token that [`TokenScript`] describes.
    pub page_token: String,
    /// What the `page_token` is: really a Page token, or one handed out by mistake.
    pub token: TokenScript,
    /// A long-lived user token (60 days): `/me/accounts` turns it into the `page_token`.
    pub user_token: String,
    /// A user token that lives one hour. The Page token made from it is `{page_token}-short`: it looks right
    /// and lives one hour too.
    pub short_user_token: String,
    /// A system user's token without expiry; it must be turned into a Page token as well.
    pub system_user_token: String,
    /// The app setting *Require App Secret*: calls without `appsecret_proof` get code 100.
    pub proof_required: bool,
    /// Version that answers, in the header `facebook-api-version`, such as `v25.0`; empty: the one asked for.
    /// An expired version is served by another in silence.
    pub api_version: String,
    /// Percent of the app's limit in `X-App-Usage`; no header while all are 0. At 100 calls get code 4.
    pub app_usage: Usage,
    /// Percent of the Page's limit in `X-Business-Use-Case-Usage`; at 100 calls get code 80001.
    pub page_usage: Usage,
    /// `estimated_time_to_regain_access`, in minutes, while the Page is blocked.
    pub regain_minutes: u32,
    /// Refuse every call as if this limit was reached, whatever the percentages say.
    pub rate_block: Option<RateBlock>,
    /// Calls with a Page token per day before the Page is blocked for `regain_minutes`; a call meanwhile
    /// makes the block begin anew. `None`: no limit.
    pub calls_max: Option<u32>,
    /// The same text within so many milliseconds gets code 506; 0: the platform does not notice.
    pub duplicate_window_ms: u64,
    /// Time until a call is answered, in milliseconds.
    pub response_ms: u64,
    /// Furthest `scheduled_publish_time`, in days from now. Documents say 30 and 75.
    pub schedule_days_max: u32,
    /// `fields` of a create are answered; `false`: only the `id` comes back.
    pub fields_after_write: bool,
    /// Posts show the `application` that made them.
    pub application_shown: bool,
    /// The app's own domain ownership: `false` refuses `name`, `description`, `picture` and `thumbnail`.
    pub links_owned: bool,
    /// Beginnings of URLs that the platform cannot reach: links get 1609005, photos get 324.
    pub unreachable: Vec<String>,
    /// Largest photo in octets. Documents say 10 MB, the error text says 4 MB.
    pub photo_bytes_max: usize,
    /// How lists of posts behave.
    pub listing: ListingScript,
    /// The app is in Development mode: posts exist, the public cannot see them, no webhooks are sent.
    pub dev_mode: bool,
    /// Which metrics exist.
    pub insights: InsightScript,
    /// How many people look and react.
    pub engagement: EngagementScript,
    /// What `/{page-id}/page_status` says.
    pub page_status: PageStatusScript,
    /// How webhooks are delivered.
    pub webhooks: WebhookScript,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
}

impl Default for FacebookScript {
    fn default() -> Self {
        Self {
            seed: 1,
            app_id: "770000000000077".to_owned(),
            app_name: "Cổng thông tin (demo)".to_owned(),
            app_secret: "app-secret".to_owned(),
            verify_token: "verify-me".to_owned(),
            page_id: "100000000000001".to_owned(),
            page_name: "UBND tỉnh (demo)".to_owned(),
            page_token: "page-token".to_owned(),
            token: TokenScript::default(),
            user_token: "user-token".to_owned(),
            short_user_token: "short-user-token".to_owned(),
            system_user_token: "system-user-token".to_owned(),
            proof_required: false,
            api_version: String::new(),
            app_usage: Usage::default(),
            page_usage: Usage::default(),
            regain_minutes: 5,
            rate_block: None,
            calls_max: None,
            duplicate_window_ms: 0,
            response_ms: 0,
            schedule_days_max: 30,
            fields_after_write: true,
            application_shown: true,
            links_owned: false,
            unreachable: Vec::new(),
            photo_bytes_max: 4_000_000,
            listing: ListingScript::default(),
            dev_mode: false,
            insights: InsightScript::default(),
            engagement: EngagementScript::default(),
            page_status: PageStatusScript::default(),
            webhooks: WebhookScript::default(),
            faults: Vec::new(),
        }
    }
}

/// What a token may turn out to be, as `debug_token` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenKind {
    /// Speaks for the Page: what publishing needs.
    Page,
    /// Speaks for a person: publishing gets 200 or 190/2069032.
    User,
    /// Speaks for a system user: publishing gets 210.
    SystemUser,
}

/// The `page_token`, as `debug_token` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenScript {
    /// Whose token it really is.
    pub kind: TokenKind,
    /// Seconds since 1970; 0: never. Later calls get 190/463.
    pub expires_at: i64,
    /// Seconds since 1970; 0: no date. Later the token still authenticates, but lists are empty without error.
    pub data_access_expires_at: i64,
    /// Permissions granted.
    pub scopes: Vec<String>,
    /// `false`: every call gets 190 with `invalid_subcode`.
    pub is_valid: bool,
    /// Why it is invalid: 458 app removed, 459 checkpoint, 460 password changed, 464 unconfirmed, 467 invalid,
    /// 490, 492 no role on the Page.
    pub invalid_subcode: u32,
}

impl Default for TokenScript {
    fn default() -> Self {
        Self {
            kind: TokenKind::Page,
            expires_at: 0,
            data_access_expires_at: 0,
            scopes: SCOPES.iter().map(|&scope| scope.to_owned()).collect(),
            is_valid: true,
            invalid_subcode: 467,
        }
    }
}

/// Every permission that some call here asks for.
pub const SCOPES: [&str; 7] = [
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_manage_engagement",
    "pages_read_user_content",
    "pages_manage_metadata",
    "read_insights",
];

/// Percent of a limit used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Usage {
    /// Number of calls.
    pub call_count: u32,
    /// Time spent.
    pub total_time: u32,
    /// CPU time spent.
    pub total_cputime: u32,
}

impl Usage {
    pub(crate) fn most(self) -> u32 {
        self.call_count.max(self.total_time).max(self.total_cputime)
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateBlock {
    /// Code 4 with HTTP 403.
    App,
    /// Code 80001.
    Page,
}

/// How `/published_posts` and its sisters behave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListingScript {
    /// A post shows up in lists so long after it was made, in milliseconds.
    pub delayed_ms: u64,
    /// Lists are empty without an error, as after the end of data access.
    pub silently_empty: bool,
    /// The first page of a list has no rows, and a `next`.
    pub empty_page_with_next: bool,
    /// Rows come in an order of their own instead of newest first.
    pub shuffled: bool,
    /// Most rows per page, whatever `limit` asked; 0: as asked.
    pub page_size: usize,
    /// `since` and `until` are honoured; the reference of these edges does not list them.
    pub since_honoured: bool,
}

impl Default for ListingScript {
    fn default() -> Self {
        Self {
            delayed_ms: 0,
            silently_empty: false,
            empty_page_with_next: false,
            shuffled: false,
            page_size: 0,
            since_honoured: true,
        }
    }
}

/// Which metrics a post has. One bad name fails the whole call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InsightScript {
    /// Metrics that can be asked for.
    pub valid: Vec<String>,
    /// Metrics that are gone, even if they are in `valid` too.
    pub removed: Vec<String>,
    /// Valid metrics that have no rows: not the same as 0.
    pub missing: Vec<String>,
    /// A stale `day` row comes before the `lifetime` row.
    pub stale_day_rows: bool,
    /// The Page has fewer than 100 followers: code 2874008.
    pub too_few_followers: bool,
}

impl Default for InsightScript {
    fn default() -> Self {
        let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
        Self {
            valid: names(&VALID_METRICS),
            removed: names(&REMOVED_METRICS),
            missing: Vec::new(),
            stale_day_rows: false,
            too_few_followers: false,
        }
    }
}

/// Post metrics that exist in 2026.
pub const VALID_METRICS: [&str; 13] = [
    "post_media_view",
    "post_total_media_view_unique",
    "post_clicks",
    "post_clicks_by_type",
    "post_reactions_by_type_total",
    "post_reactions_like_total",
    "post_reactions_love_total",
    "post_reactions_wow_total",
    "post_reactions_haha_total",
    "post_reactions_sorry_total",
    "post_reactions_anger_total",
    "post_video_views",
    "post_activity_by_action_type",
];

/// Post metrics that were removed from 2024 to 2026.
pub const REMOVED_METRICS: [&str; 11] = [
    "post_engaged_users",
    "post_engaged_fan",
    "post_clicks_unique",
    "post_negative_feedback",
    "post_impressions",
    "post_impressions_paid",
    "post_impressions_fan",
    "post_impressions_organic",
    "post_impressions_viral",
    "post_impressions_nonviral",
    "post_impressions_unique",
];

/// People looking and reacting. All numbers of a post grow with its age, by the platform's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngagementScript {
    /// Views of a public post per minute of its age; a post that is not public has none.
    pub views_per_minute: u64,
    /// Views that a post never exceeds.
    pub views_max: u64,
    /// Viewers among 100 views.
    pub viewers_percent: u64,
    /// Clicks among 100 views.
    pub clicks_percent: u64,
    /// Reactions among 100 views.
    pub reactions_percent: u64,
    /// Shares among 100 views.
    pub shares_percent: u64,
}

impl Default for EngagementScript {
    fn default() -> Self {
        Self {
            views_per_minute: 600,
            views_max: 250_000,
            viewers_percent: 70,
            clicks_percent: 10,
            reactions_percent: 5,
            shares_percent: 2,
        }
    }
}

/// What Meta says about the Page's integrity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageStatusScript {
    /// `ok`, `warning`, `restricted` or `suspended`.
    pub status: String,
    /// What the Page may not do; `page_publish` makes every create get 368.
    pub restrictions: Vec<Restriction>,
    /// Names of violations.
    pub violations: Vec<String>,
    /// What Meta recommends to do.
    pub recommended_actions: Vec<String>,
}

impl Default for PageStatusScript {
    fn default() -> Self {
        Self {
            status: "ok".to_owned(),
            restrictions: Vec::new(),
            violations: Vec::new(),
            recommended_actions: Vec::new(),
        }
    }
}

/// One thing the Page may not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// `page_publish`, `page_read_only`, `page_messaging` or `page_messaging_api`.
    pub feature: String,
    /// Such as `active`.
    pub status: String,
    /// Seconds since 1970.
    pub applied_time: i64,
    /// Seconds since 1970.
    pub expiration_time: i64,
}

/// How the platform calls back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookScript {
    /// The Page is subscribed to the app's `feed` from the start; otherwise after `POST subscribed_apps`.
    pub subscribed: bool,
    /// Waits before a delivery that was not answered with 200 is tried again, in milliseconds; then it is
    /// dropped.
    pub retry_ms: Vec<u64>,
    /// Every event comes twice.
    pub twice: bool,
    /// The payload is wrapped in an array, as one example of the documents has it.
    pub in_array: bool,
    /// Time given to the callback to answer, in milliseconds.
    pub answer_within_ms: u64,
}

impl Default for WebhookScript {
    fn default() -> Self {
        Self {
            subscribed: true,
            retry_ms: vec![0, 500, 2_000],
            twice: false,
            in_array: false,
            answer_within_ms: 5_000,
        }
    }
}
