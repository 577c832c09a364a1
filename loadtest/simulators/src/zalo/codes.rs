//! The error codes that are answered, with the platform's meaning. Texts are not stable there, so a
//! client must not read them, except where the text is all that tells two meanings of a code apart.

use std::borrow::Cow;

/// A code and its usual text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) i64, pub(crate) &'static str);

/// A request that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) text: Cow<'static, str>,
}

impl Code {
    pub(crate) fn with(self, text: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { code: self.0, text: text.into() }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        code.with(code.1)
    }
}

// The token host. Only the first two and the last are known; the others are stand-ins of the same family.
pub(crate) const APP_INVALID: Code = Code(-14002, "Invalid appId");
pub(crate) const REDIRECT_INVALID: Code = Code(-14003, "Invalid redirect uri");
pub(crate) const SECRET_INVALID: Code = Code(-14004, "Invalid secret key");
pub(crate) const TOKEN_REQUEST_INVALID: Code = Code(-14005, "Invalid request");
pub(crate) const CODE_INVALID: Code = Code(-14019, "Invalid authorization code");
pub(crate) const REFRESH_INVALID: Code = Code(-14020, "Invalid refresh token");

// Both API hosts.
pub(crate) const APP_RATE: Code = Code(-32, "Your application reached limit call api");
pub(crate) const OA_RATE: Code = Code(-32, "Your OA reached limit call api");

// The OA host.
pub(crate) const SEND_FAILED: Code = Code(-200, "Send message failed");
pub(crate) const INVALID: Code = Code(-201, "Params is invalid");
pub(crate) const USER_INVALID: Code = Code(-201, "user_id is invalid");
pub(crate) const EXCEEDS: Code = Code(-210, "Parameter exceeds allowed limit");
pub(crate) const OUT_OF_QUOTA: Code = Code(-211, "Out of quota");
pub(crate) const NOT_FOLLOWING: Code = Code(-213, "User has not followed OA");
pub(crate) const PROCESSING: Code = Code(-214, "Article is being processed");
pub(crate) const TOKEN_INVALID: Code = Code(-216, "Access token is invalid");
pub(crate) const TOKEN_EXPIRED: Code = Code(-216, "Access token has expired");
pub(crate) const TOKEN_REMOVED: Code = Code(-220, "access_token is expired or removed");
pub(crate) const RECEIVE_LIMIT: Code = Code(-218, "Out of quota receive");
pub(crate) const ARTICLE_QUOTA: Code = Code(-223, "OA has reach the limit quota create article");
pub(crate) const INACTIVE_USER: Code =
    Code(-227, "User is banned or has been inactive for more than 45 days");
pub(crate) const NO_INTERACTION: Code = Code(-230, "User has not interacted with the OA in the past 7 days");
pub(crate) const TYPE_UNSUPPORTED: Code = Code(-233, "Message type is invalid or not support");
pub(crate) const OA_NIGHT: Code =
    Code(-234, "This message type is not allowed to send at night (22:00 - 06:00)");
pub(crate) const OLD_API: Code = Code(-240, "MessageV2 api has been shut down, please use v3 api");
pub(crate) const PROOF_INVALID: Code = Code(-242, "Invalid appsecret_proof provided in the API argument");
pub(crate) const RESTRICTED: Code = Code(-244, "User has restricted this message type from OA");
pub(crate) const NOT_BY_UID: Code = Code(-249, "Template cannot be sent via UID");

// The template host.
pub(crate) const ZNS_METHOD: Code = Code(-106, "Method unsupported");
pub(crate) const ZNS_MESSAGE_ID: Code = Code(-107, "Message id invalid");
pub(crate) const ZNS_PHONE: Code = Code(-108, "Phone number invalid");
pub(crate) const ZNS_TEMPLATE: Code = Code(-109, "Template ID invalid");
pub(crate) const ZNS_DATA_EMPTY: Code = Code(-111, "Template data empty");
pub(crate) const ZNS_PARAM_LONG: Code = Code(-1121, "Template param exceeds the length limit");
pub(crate) const ZNS_PARAM_MISSING: Code = Code(-1122, "Template data missing a param");
pub(crate) const ZNS_PARAM_FORMAT: Code = Code(-1124, "Template param has a wrong format");
pub(crate) const ZNS_CANNOT_NOW: Code =
    Code(-114, "User cannot receive ZNS because of some reasons (internal error, account settings, ...)");
pub(crate) const ZNS_NO_ACCOUNT: Code = Code(-118, "Zalo account not existed");
pub(crate) const ZNS_CANNOT_RECEIVE: Code = Code(-119, "Account can't receive ZNS");
pub(crate) const ZNS_BODY_EMPTY: Code = Code(-121, "Request body is empty");
pub(crate) const ZNS_BODY_FORMAT: Code = Code(-122, "Body data is not JSON");
pub(crate) const ZNS_TOKEN: Code = Code(-124, "Access token invalid");
pub(crate) const ZNS_PROOF: Code = Code(-1241, "Appsecret_proof invalid");
pub(crate) const ZNS_ADMINS_ONLY: Code =
    Code(-127, "Template in development mode can only be sent to admins of the app or OA");
pub(crate) const ZNS_NOT_APPROVED: Code = Code(-131, "ZNS template is not approved");
pub(crate) const ZNS_PARAMETER: Code = Code(-132, "Parameter invalid");
pub(crate) const ZNS_NIGHT: Code = Code(-133, "This ZNS template is not allowed to be sent at night");
pub(crate) const ZNS_REFUSES_TYPE: Code = Code(-139, "User refuses to receive this type of ZNS");
pub(crate) const ZNS_REFUSES_OA: Code = Code(-141, "User refuses to receive ZNS from this Official Account");
pub(crate) const ZNS_QUOTA: Code = Code(-144, "OA exceeded the daily quota for sending ZNS");
pub(crate) const ZNS_DISABLED: Code = Code(-146, "This ZNS template is disabled due to low quality");
pub(crate) const ZNS_TEMPLATE_QUOTA: Code = Code(-147, "ZNS template reached the daily quota");
pub(crate) const ZNS_SENDING_MODE: Code = Code(-161, "sending_mode invalid");
pub(crate) const ZNS_SENDING_MODE_TAG: Code = Code(-162, "sending_mode is not for this template tag");
