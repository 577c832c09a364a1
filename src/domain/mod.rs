//! What Loa means by its words, and what may follow from what. Pure: no clock, no I/O, nothing of ours imported.
//! Time comes in as `now`, chance as a fraction, catalogues as values the caller holds.

pub mod alert;
pub mod content;
pub mod message;

pub mod areas;
pub mod audience;
pub mod counts;
pub mod hash;
pub mod ids;
pub mod phone;
pub mod sms;
pub mod verdict;
pub mod words;

pub use alert::{Action, Actor, Alert, AlertKind, Approval, Mode, Phase, Refusal, Severity, UncertainPolicy};
pub use areas::{Area, AreaCatalogue, AreaKind};
pub use audience::{Audience, AudienceRefusal, ExclusionReason, Selection, TargetDigest};
pub use content::{Content, ContentDraft, ContentLimits, ContentRefusal, SmsForm};
pub use counts::Counts;
pub use hash::{ContentHash, HashError};
pub use ids::{AlertId, ClaimId, ImportId, LaneId, MessageKey, PersonId, RouteId, UserId};
pub use message::{Event, State, Step};
pub use phone::{
    Carrier, CarrierGuess, CarrierSource, LineKind, Note, NumberPlan, Parsed, Phone, PhoneRefusal,
};
pub use sms::{Encoding, Segments, TextReport};
pub use verdict::{PartVerdict, Verdict};
pub use words::UnknownWord;
