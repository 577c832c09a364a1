//! What Loa means by its words, and what may follow from what. Pure: no clock, no I/O, nothing of ours imported.
//! Time comes in as `now`, chance as a fraction, catalogues as values the caller holds.
//!
//! Read it as an alert lives: it is written and approved (`alert`, `content`, `plan`, `sms`), for whom (`audience`, `areas`,
//! `phone`), when and how long (`schedule`, `forecast`), and what becomes of each message (`message`, `counts`,
//! `verdict`).

pub mod alert;
pub mod content;
pub mod plan;
pub mod sms;

pub mod areas;
pub mod audience;
pub mod phone;

pub mod forecast;
pub mod schedule;

pub mod counts;
pub mod message;
pub mod verdict;

pub mod hash;
pub mod ids;
pub mod words;

pub use alert::{Action, Actor, Alert, AlertKind, Approval, Mode, Phase, Refusal, Severity, UncertainPolicy};
pub use content::{
    Blank, Content, ContentDraft, ContentLimits, ContentRefusal, Correcting, PictureUse, PostContent,
    SmsForm, ZaloContent,
};
pub use plan::{Channel, Plan, PlanRefusal, Step as PlanStep};
pub use sms::{Encoding, Segments, TextReport, plain, report, segment, strip_accents};

pub use areas::{Area, AreaCatalogue, AreaKind, CatalogueError};
pub use audience::{Audience, AudienceRefusal, ExclusionReason, Selection, TargetDigest};
pub use phone::{
    Carrier, CarrierGuess, CarrierSource, LineKind, Note, NumberPlan, Parsed, Phone, PhoneRefusal, PlanError,
};

pub use forecast::{Finish, Forecast, RouteForecast, RouteLoad, forecast};
pub use schedule::{
    Backoff, GiveUp, Quiet, QuietHours, ReasonClass, Retry, RetryPolicy, default_expiry, remaining,
};

pub use counts::Counts;
pub use message::{Event, State, Step};
pub use verdict::{PartVerdict, Verdict};

pub use hash::{ContentHash, HashError, PictureHash, public_reference};
pub use ids::{AlertId, ClaimId, ImportId, LaneId, MessageKey, PersonId, RouteId, UserId};
pub use words::UnknownWord;
