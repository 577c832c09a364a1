//! The platform's errors: their envelope, and the ones that are documented or were observed, to be injected
//! one by one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// An error as the platform answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphError {
    /// HTTP status; informative only.
    pub http: u16,
    /// What went wrong.
    pub code: u32,
    /// Finer than the code.
    #[serde(default)]
    pub subcode: Option<u32>,
    /// The platform's unreliable hint; `None`: not sent.
    #[serde(default)]
    pub is_transient: Option<bool>,
    /// `message`, in English.
    pub text: String,
    /// `type`; empty: neither type nor `fbtrace_id` are sent.
    #[serde(default = "oauth")]
    pub kind: String,
    /// `error_user_title` and `error_user_msg`.
    #[serde(default)]
    pub for_person: Option<Box<(String, String)>>,
    /// `error_data`, JSON text that is sent as an object or, if so wanted, as a string.
    #[serde(default)]
    pub data: Option<String>,
    /// `error_data` comes as a JSON string instead of an object.
    #[serde(default)]
    pub data_as_string: bool,
}

fn oauth() -> String {
    "OAuthException".to_owned()
}

impl GraphError {
    /// An error with the HTTP status that usually comes with its code.
    pub fn new(code: u32, text: impl Into<String>) -> Self {
        let http = match code {
            1 | 2 => 500,
            4 | 200..=299 => 403,
            _ => 400,
        };
        let is_transient = matches!(code, 1 | 2 | 4 | 17 | 32 | 341 | 613 | 80_001).then_some(true);
        Self {
            http,
            code,
            subcode: None,
            is_transient,
            text: text.into(),
            kind: oauth(),
            for_person: None,
            data: None,
            data_as_string: false,
        }
    }

    /// The documented or observed error with this code and subcode; of several the first. See [`DOCUMENTED`].
    pub fn documented(code: u32, subcode: Option<u32>) -> Option<Self> {
        let wanted = subcode.unwrap_or(0);
        DOCUMENTED.iter().find(|row| (row.0, row.1) == (code, wanted)).map(Self::of_row)
    }

    /// Every error of [`DOCUMENTED`].
    pub fn all() -> impl Iterator<Item = Self> {
        DOCUMENTED.iter().map(Self::of_row)
    }

    fn of_row(&(code, subcode, text): &(u32, u32, &str)) -> Self {
        let mut error = Self::new(code, text);
        error.subcode = (subcode > 0).then_some(subcode);
        match (code, subcode) {
            (1, 99) => {
                error.kind = String::new();
                error.is_transient = None;
            }
            (100, 33) => error.kind = method(),
            (100, 0) if text.contains("appsecret_proof") => error.kind = method(),
            (324, _) => error.is_transient = Some(true),
            (368, 1_346_003) => {
                error.is_transient = Some(false);
                error.data = Some(r#"{"help_id":4001,"block_type":"content"}"#.to_owned());
            }
            (368, _) => error.is_transient = Some(false),
            _ => {}
        }
        error
    }

    #[must_use]
    pub(crate) fn sub(mut self, subcode: u32) -> Self {
        self.subcode = Some(subcode);
        self
    }

    #[must_use]
    pub(crate) fn method(mut self) -> Self {
        self.kind = method();
        self
    }

    #[must_use]
    pub(crate) fn for_person(mut self, title: &str, text: &str) -> Self {
        self.for_person = Some(Box::new((title.to_owned(), text.to_owned())));
        self
    }

    pub(crate) fn parameter(text: impl std::fmt::Display) -> Self {
        Self::new(100, format!("(#100) {text}"))
    }

    pub(crate) fn unknown_object(verb: &str, id: &str) -> Self {
        let text = format!(
            "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api"
        );
        Self::new(100, text).sub(33).method()
    }

    /// `{code, message, subcode}` of `debug_token`, or the envelope's inside with everything.
    pub(crate) fn body(&self, trace: &str, locale: &str) -> Value {
        let mut error = Map::new();
        error.insert("message".to_owned(), json!(self.text));
        if !self.kind.is_empty() {
            error.insert("type".to_owned(), json!(self.kind));
        }
        error.insert("code".to_owned(), json!(self.code));
        if let Some(subcode) = self.subcode {
            error.insert("error_subcode".to_owned(), json!(subcode));
        }
        if let Some(is_transient) = self.is_transient {
            error.insert("is_transient".to_owned(), json!(is_transient));
        }
        if let Some((title, text)) = self.for_person.as_deref() {
            let (title, text) = localised(self.code, locale).unwrap_or((title, text));
            error.insert("error_user_title".to_owned(), json!(title));
            error.insert("error_user_msg".to_owned(), json!(text));
        }
        if let Some(data) = &self.data {
            let object = serde_json::from_str(data).ok().filter(|_| !self.data_as_string);
            error.insert("error_data".to_owned(), object.unwrap_or_else(|| json!(data)));
        }
        if !self.kind.is_empty() {
            error.insert("fbtrace_id".to_owned(), json!(trace));
        }
        json!({ "error": error })
    }
}

fn method() -> String {
    "GraphMethodException".to_owned()
}

/// `error_user_title` and `error_user_msg` follow the `locale` parameter.
fn localised(code: u32, locale: &str) -> Option<(&'static str, &'static str)> {
    match (locale, code) {
        ("vi_VN", 368) => {
            Some(("Bạn tạm thời bị chặn", "Chúng tôi giới hạn tần suất đăng bài. Bạn có thể thử lại sau."))
        }
        ("vi_VN", 506) => Some(("Trạng thái trùng lặp", "Nội dung này trùng với bài viết gần đây.")),
        ("vi_VN", 100) => Some(("Không thể đọc ảnh", "Hãy dùng ảnh JPG, PNG, GIF hoặc TIFF nhỏ hơn 4 MB.")),
        ("vi_VN", 324) => Some(("Thiếu ảnh hoặc ảnh không hợp lệ", "Không thể tải ảnh từ địa chỉ đã cho.")),
        ("vi_VN", 1_609_005) => Some(("Không đọc được liên kết", "Không thể đọc trang của liên kết này.")),
        _ => None,
    }
}

/// (code, subcode or 0, message) of every error that is documented for Pages or was observed there. Some
/// codes stand for several things that only the text tells apart.
pub const DOCUMENTED: &[(u32, u32, &str)] = &[
    (1, 0, "An unknown error occurred"),
    (1, 99, "An unknown error occurred"),
    (1, 2_853_006, "The viewer does not have permission to view this object"),
    (2, 0, "An unexpected error has occurred. Please retry your request later."),
    (3, 0, "Application does not have the capability to make this API call."),
    (4, 0, "(#4) Application request limit reached"),
    (10, 0, "(#10) Application does not have permission for this action"),
    (17, 0, "(#17) User request limit reached"),
    (32, 0, "(#32) Page request limit reached"),
    (100, 0, "(#100) Invalid parameter"),
    (
        100,
        0,
        "(#100) Only owners of the URL have the ability to specify the picture, name, thumbnail or description params.",
    ),
    (100, 0, "(#100) You cannot specify a scheduled publish time on a published post"),
    (100, 0, "API calls from the server require an appsecret_proof argument"),
    (100, 0, "Invalid appsecret_proof provided in the API argument"),
    (100, 0, "(#100) The value must be a valid insights metric"),
    (100, 0, "(#100) Name parameter too long"),
    (100, 0, "Missing Permission"),
    (100, 33, "Unsupported post request. Object does not exist"),
    (
        100,
        1_366_046,
        "(#100) Photos should be less than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF or WebP files.",
    ),
    (102, 0, "Session key invalid or no longer valid"),
    (104, 0, "Incorrect signature"),
    (190, 0, "Invalid OAuth access token."),
    (190, 458, "Error validating access token: The user has not authorized application."),
    (
        190,
        459,
        "Error validating access token: You cannot access the app till you log in and follow the instructions given.",
    ),
    (
        190,
        460,
        "Error validating access token: The session has been invalidated because the user changed the password.",
    ),
    (190, 463, "Error validating access token: Session has expired."),
    (
        190,
        464,
        "Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.",
    ),
    (
        190,
        467,
        "Error validating access token: This may be because the user logged out or may be due to a system error.",
    ),
    (190, 490, "Error validating access token: Session has expired."),
    (
        190,
        492,
        "Error validating access token: The user must be an administrator, editor, or moderator of the page.",
    ),
    (190, 2_069_032, "A Page access token is required for this call for the new Pages experience."),
    (
        200,
        0,
        "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin with sufficient administrative permission",
    ),
    (200, 0, "(#200) Unpublished posts must be posted to a page as the page itself."),
    (200, 0, "(#200) App cannot edit non-app posts"),
    (200, 2_069_030, "This endpoint is not supported in the new Pages experience"),
    (200, 2_069_031, "This field is not supported in the new Pages experience"),
    (200, 2_069_033, "This feature is deprecated"),
    (210, 0, "(#210) A page access token is required to request this resource."),
    (240, 0, "(#240) Requires a valid user is specified"),
    (283, 0, "(#283) Requires extended permission: pages_read_engagement"),
    (299, 0, "(#299) Permission error"),
    (324, 0, "(#324) Missing or invalid image file"),
    (324, 2_069_019, "(#324) Missing or invalid image file"),
    (341, 0, "(#341) Feed action request limit reached"),
    (368, 0, "The action attempted has been deemed abusive or is otherwise disallowed"),
    (368, 0, "It looks like you already posted this."),
    (368, 1_346_003, "(#368) Some of the content in your message has been reported as abusive"),
    (
        368,
        1_390_008,
        "(#368) We limit how often you can post, comment or do other things in a given amount of time. You can try again later.",
    ),
    (506, 0, "(#506) Duplicate status message"),
    (613, 0, "(#613) Calls to this api have exceeded the rate limit."),
    (613, 1_996, "(#613) Inconsistent request volume"),
    (1_500, 0, "(#1500) The url you supplied is invalid"),
    (1_705, 0, "(#1705) There was an error posting to wall"),
    (2_500, 0, "An active access token must be used to query information about the current user."),
    (3_001, 1_504_028, "(#3001) No metric was specified to be fetched. Please specify one or more metrics."),
    (80_001, 0, "(#80001) There have been too many calls to this Page account. Wait a bit and try again."),
    (1_609_005, 0, "(#1609005) The link could not be scraped"),
    (1_609_008, 0, "(#1609008) Links to facebook.com are not allowed"),
    (2_061_006, 0, "(#2061006) The URL is invalid"),
    (2_874_008, 0, "(#2874008) Insights are available for Pages with 100 or more followers"),
    (100, 1_404_006, "Security check required"),
    (100, 1_404_078, "Page Publishing Authorization is required"),
    (100, 1_404_102, "The content goes against the community standards"),
    (100, 1_404_112, "The account is limited for some days"),
    (100, 4_854_002, "Confirm your identity"),
    (100, 1_366_051, "These photos were already posted"),
    (100, 1_363_047, "Service temporarily unavailable"),
    (100, 1_609_010, "Service temporarily unavailable"),
    (100, 1_349_125, "Invalid content"),
];
