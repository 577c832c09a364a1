//! What goes wrong and when, as data; and the counting behind "when".

use super::error::GraphError;
use serde::{Deserialize, Serialize};

/// Something that goes wrong, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub what: FaultKind,
    /// At which of the calls.
    pub when: When,
    /// Which calls are struck and counted.
    #[serde(default)]
    pub on: Calls,
}

impl Fault {
    /// A fault counted in writes of any kind.
    pub fn new(what: FaultKind, when: When) -> Self {
        Self { what, when, on: Calls::Writes }
    }

    /// The same, counted in other calls.
    #[must_use]
    pub fn on(self, on: Calls) -> Self {
        Self { on, ..self }
    }
}

/// Counted in the calls of [`Fault::on`] (refused ones too) since the start or the last change of the script.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At the n-th call only, the first being 1.
    Once(u64),
    /// At each call after the n-th.
    After(u64),
    /// At every n-th call.
    Every(u64),
    /// At this share of the calls, at random.
    Share(f64),
}

/// Calls that a fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// Creates, uploads, edits, deletes and comments.
    #[default]
    Writes,
    /// `POST /{page}/feed`, and `/photos` that make a post.
    Posts,
    /// `POST /{page}/photos` with `published=false`.
    Uploads,
    /// `POST /{post}`.
    Edits,
    /// `DELETE /{post}`.
    Deletes,
    /// `POST /{post}/comments`.
    Comments,
    /// Everything that changes nothing.
    Reads,
    /// `/published_posts` and its sisters.
    Listings,
    /// `/{post}/insights`.
    Insights,
}

/// The kinds of mishap. Those named *commit* really do what was asked before they answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Done, and answered with HTTP 500, code 2 ("retry later").
    CommitThenCode2,
    /// Done, and answered with HTTP 500, code 1, subcode 99, without type and trace.
    CommitThenCode1,
    /// Done; nothing is answered for so long, then the connection ends.
    CommitThenTimeout {
        /// Milliseconds.
        ms: u64,
    },
    /// Done, and answered with `{"success":true}` whatever was asked.
    CommitThenNoId,
    /// Done; the answer's body breaks off in the middle and the connection ends.
    CommitThenCutBody,
    /// Done, and answered with HTTP 200 and no body.
    CommitThenEmptyBody,
    /// Done, and answered with an HTML page and HTTP 502.
    CommitThenHtml502,
    /// Done, and answered with this error.
    CommitThenError(GraphError),
    /// Not done, and answered with HTTP 500, code 2: the same as seen from outside.
    FailBeforeCommit,
    /// Not done; the connection ends without an answer.
    CutBeforeCommit,
    /// Not done, and answered with an HTML page and HTTP 502.
    Html502,
    /// Done; the body comes in pieces over so long.
    SlowBody {
        /// Milliseconds.
        ms: u64,
    },
    /// Not done, and answered with this error.
    Error(GraphError),
}

impl FaultKind {
    /// The call is carried out all the same.
    pub fn commits(&self) -> bool {
        match self {
            Self::CommitThenCode2
            | Self::CommitThenCode1
            | Self::CommitThenTimeout { .. }
            | Self::CommitThenNoId
            | Self::CommitThenCutBody
            | Self::CommitThenEmptyBody
            | Self::CommitThenHtml502
            | Self::CommitThenError(_)
            | Self::SlowBody { .. } => true,
            Self::FailBeforeCommit | Self::CutBeforeCommit | Self::Html502 | Self::Error(_) => false,
        }
    }
}

/// Faults with their counters.
#[derive(Debug)]
pub(crate) struct Plan {
    faults: Vec<(Fault, u64)>,
}

impl Plan {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        Self { faults: faults.iter().map(|fault| (fault.clone(), 0)).collect() }
    }

    /// Counts a call and says what goes wrong with it: the first fault that strikes.
    pub(crate) fn strike(&mut self, call: Calls, chance: &mut Chance) -> Option<FaultKind> {
        let mut struck = None;
        for (fault, count) in &mut self.faults {
            if !covers(fault.on, call) {
                continue;
            }
            *count += 1;
            let strikes = match fault.when {
                When::Once(at) => *count == at,
                When::After(calls) => *count > calls,
                When::Every(step) => step > 0 && count.is_multiple_of(step),
                When::Share(share) => chance.falls(share),
            };
            if strikes && struck.is_none() {
                struck = Some(fault.what.clone());
            }
        }
        struck
    }
}

fn covers(on: Calls, call: Calls) -> bool {
    let read = matches!(call, Calls::Reads | Calls::Listings | Calls::Insights);
    match on {
        Calls::Writes => !read,
        Calls::Reads => read,
        one => one == call,
    }
}

/// Chance with a seed (splitmix64); none of it for secrets.
#[derive(Debug)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// True in this share of the cases.
    fn falls(&mut self, share: f64) -> bool {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        share > 0.0 && ((mix(self.state) >> 11) as f64) < share * (1u64 << 53) as f64
    }
}

/// A permutation of the 64 bit numbers: an order without order.
pub(crate) fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
