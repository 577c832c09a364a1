//! Something that goes wrong, and when.

use super::sign::hash;
use serde::{Deserialize, Serialize};

/// Something that goes wrong at some requests. Of several that fall due together the first wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The way it goes wrong.
    pub what: FaultKind,
    /// At which of the requests it applies to.
    pub when: When,
    /// Start of the paths it applies to. `None`: requests that send (templates, consultation messages,
    /// broadcasts), or those for tokens where it is about tokens.
    #[serde(default)]
    pub at: Option<String>,
}

impl Fault {
    pub fn new(what: FaultKind, when: When) -> Self {
        Self { what, when, at: None }
    }

    /// As [`Fault::new`], for the paths that start so.
    pub fn at(path: impl Into<String>, what: FaultKind, when: When) -> Self {
        Self { what, when, at: Some(path.into()) }
    }

    fn applies(&self, path: &str, sends: bool) -> bool {
        match (&self.at, self.what) {
            (Some(start), _) => path.starts_with(start.as_str()),
            (None, FaultKind::DropTokenReply) => path == "/v4/oa/access_token",
            (None, _) => sends,
        }
    }
}

/// Counted in the requests that the fault applies to, since the start or the last change of the script.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At the n-th only, the first being 1.
    Once(u64),
    /// At each after the n-th.
    After(u64),
    /// At every n-th.
    Every(u64),
    /// At this share of them, at random.
    Share(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// This HTTP status with an HTML page; the request was not looked at.
    Status(u16),
    /// This error code, as any other refusal: HTTP 200 and an envelope. For the gates that cannot be
    /// seen from outside: -221 not verified, -224 package, -135, -136, -138 and the like.
    Error(i64),
    /// Everything happens so much later.
    Delay { ms: u64 },
    /// The connection ends; the request was not looked at.
    CutBeforeAccept,
    /// The request is done (a message is accepted and counted) and the connection ends without a word.
    CutAfterAccept,
    /// The request is done and the reply comes in eight pieces, so far apart.
    SlowBody { ms: u64 },
    /// The request is done; the connection ends in the middle of the reply.
    CutBody,
    /// The request is done; the reply is a complete one whose JSON ends in the middle.
    HalfJson,
    /// The refresh token is used up and its successor's reply is lost with the connection.
    DropTokenReply,
}

/// How often each fault has been met.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    met: Vec<u64>,
}

impl Faults {
    pub(crate) fn restart(&mut self) {
        self.met.clear();
    }

    /// The fault that falls on this request.
    pub(crate) fn due(&mut self, seed: u64, faults: &[Fault], path: &str, sends: bool) -> Option<FaultKind> {
        self.met.resize(faults.len(), 0);
        let mut due = None;
        for ((number, fault), met) in faults.iter().enumerate().zip(&mut self.met) {
            if !fault.applies(path, sends) {
                continue;
            }
            *met += 1;
            let falls = match fault.when {
                When::Once(n) => *met == n,
                When::After(n) => *met > n,
                When::Every(n) => n > 0 && *met % n == 0,
                When::Share(share) => {
                    share > 0.0 && ((hash(&(seed, number, *met)) >> 11) as f64) < share * (1u64 << 53) as f64
                }
            };
            if falls && due.is_none() {
                due = Some(fault.what);
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_counted_in_the_requests_they_apply_to() {
        let faults = [
            Fault::new(FaultKind::Status(503), When::Once(2)),
            Fault::at("/message/quota", FaultKind::CutBody, When::Every(2)),
            Fault::new(FaultKind::HalfJson, When::After(3)),
        ];
        let mut met = Faults::default();
        let mut due = |path: &str, sends| met.due(1, &faults, path, sends);
        assert_eq!(due("/message/template", true), None);
        assert_eq!(due("/message/quota", false), None);
        assert_eq!(due("/message/template", true), Some(FaultKind::Status(503)));
        assert_eq!(due("/message/quota", false), Some(FaultKind::CutBody));
        assert_eq!(due("/message/template", true), None);
        assert_eq!(due("/message/template", true), Some(FaultKind::HalfJson));
    }
}
