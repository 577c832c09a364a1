//! Whom an alert is for. A selection that is empty, contradictory or not understood word for word is refused: a wrong
//! area must never become everybody.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::areas::AreaCatalogue;
use super::hash::FieldHasher;
use super::ids::{AlertId, RouteId};
use super::words::words;

/// A selection as it was chosen: those who live in one of the areas, and those who are in one of the groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Codes of provinces and communes.
    #[serde(default)]
    pub areas: Vec<String>,
    #[serde(default)]
    pub groups: Vec<String>,
    /// Everybody on the lists; stands alone.
    #[serde(default)]
    pub everyone: bool,
    /// Exactly those whom this earlier alert reached or may have reached; stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_by: Option<AlertId>,
}

/// A selection that was checked: exactly these people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    Everyone,
    /// Union of both lists; at least one of them is not empty. Sorted, each code once.
    Chosen {
        /// Commune codes; provinces are written out.
        communes: Vec<String>,
        groups: Vec<String>,
    },
    /// Those whom this earlier alert reached or may have reached.
    ReachedBy(AlertId),
}

/// Why a selection is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AudienceRefusal {
    #[error("audience: empty; choose areas or groups, or say `everyone`")]
    Empty,
    #[error(
        "audience: `everyone` together with {areas} areas and {groups} groups; \
         keep either `everyone` or the selection"
    )]
    EveryoneAndMore { areas: usize, groups: usize },
    #[error("audience.reached_by: alert {alert} together with another selection; keep one of them")]
    ReachedAndMore { alert: AlertId },
    #[error("audience.areas: `{code}` is no area of the {vintage} catalogue; choose it again from the list")]
    UnknownArea { code: String, vintage: &'static str },
    #[error("audience.areas: province {code} has no communes in the {vintage} catalogue; choose communes")]
    NoCommunes { code: String, vintage: &'static str },
    #[error("audience.groups: `{group}` is no group; choose it again from the list")]
    UnknownGroup { group: String },
}

impl Audience {
    /// Checks every code and group and writes provinces out as their communes.
    pub fn check(
        &self,
        catalogue: &AreaCatalogue,
        known_groups: &BTreeSet<String>,
    ) -> Result<Selection, AudienceRefusal> {
        let chosen = !self.areas.is_empty() || !self.groups.is_empty();
        if let Some(alert) = self.reached_by {
            return if chosen || self.everyone {
                Err(AudienceRefusal::ReachedAndMore { alert })
            } else {
                Ok(Selection::ReachedBy(alert))
            };
        }
        match (self.everyone, chosen) {
            (true, false) => return Ok(Selection::Everyone),
            (true, true) => {
                let (areas, groups) = (self.areas.len(), self.groups.len());
                return Err(AudienceRefusal::EveryoneAndMore { areas, groups });
            }
            (false, false) => return Err(AudienceRefusal::Empty),
            (false, true) => {}
        }
        let mut communes = BTreeSet::new();
        for code in &self.areas {
            add_communes(code, catalogue, &mut communes)?;
        }
        if let Some(group) = self.groups.iter().find(|group| !known_groups.contains(*group)) {
            return Err(AudienceRefusal::UnknownGroup {
                group: group.chars().take(GROUP_CHARS_SHOWN).collect(),
            });
        }
        let groups: BTreeSet<String> = self.groups.iter().cloned().collect();
        Ok(Selection::Chosen {
            communes: communes.into_iter().collect(),
            groups: groups.into_iter().collect(),
        })
    }
}

/// A refusal echoes no more of a stranger's text.
const GROUP_CHARS_SHOWN: usize = 40;

fn add_communes(
    code: &str,
    catalogue: &AreaCatalogue,
    communes: &mut BTreeSet<String>,
) -> Result<(), AudienceRefusal> {
    let vintage = catalogue.vintage();
    let Some(area) = catalogue.get(code) else {
        let code = code.chars().take(GROUP_CHARS_SHOWN).collect();
        return Err(AudienceRefusal::UnknownArea { code, vintage });
    };
    if !area.kind.is_province() {
        communes.insert(area.code.clone());
        return Ok(());
    }
    let before = catalogue.communes(code).map(|commune| communes.insert(commune.code.clone())).count();
    if before == 0 { Err(AudienceRefusal::NoCommunes { code: code.to_owned(), vintage }) } else { Ok(()) }
}

/// Why a person who was selected gets no message. Every one of them is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExclusionReason {
    /// The same address is already a target.
    Duplicate,
    OptedOut,
    NoPhone,
    InvalidPhone,
    NoCarrier,
    NoRoute,
    NotForExercise,
    /// None of the alert's channels has an address of this person.
    NoChannel,
}

words!(ExclusionReason, "exclusion_reason", {
    Duplicate => "duplicate",
    OptedOut => "opted-out",
    NoPhone => "no-phone",
    InvalidPhone => "invalid-phone",
    NoCarrier => "no-carrier",
    NoRoute => "no-route",
    NotForExercise => "not-for-exercise",
    NoChannel => "no-channel",
});

impl ExclusionReason {
    /// The number stored in the ledger. Never renumbered.
    pub const fn code(self) -> i16 {
        match self {
            Self::Duplicate => 1,
            Self::OptedOut => 2,
            Self::NoPhone => 3,
            Self::InvalidPhone => 4,
            Self::NoCarrier => 5,
            Self::NoRoute => 6,
            Self::NotForExercise => 7,
            Self::NoChannel => 8,
        }
    }

    /// The reason stored as `code`, if there is one.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    pub const fn text_vi(self) -> &'static str {
        match self {
            Self::Duplicate => "Trùng địa chỉ với người nhận khác",
            Self::OptedOut => "Đã từ chối nhận tin",
            Self::NoPhone => "Không có số điện thoại",
            Self::InvalidPhone => "Số điện thoại không hợp lệ",
            Self::NoCarrier => "Không rõ nhà mạng",
            Self::NoRoute => "Chưa có tuyến gửi tới nhà mạng này",
            Self::NotForExercise => "Không tham gia diễn tập",
            Self::NoChannel => "Không có kênh nào tới được",
        }
    }

    pub const fn text_en(self) -> &'static str {
        match self {
            Self::Duplicate => "Same address as another recipient",
            Self::OptedOut => "Opted out",
            Self::NoPhone => "No telephone number",
            Self::InvalidPhone => "Telephone number not valid",
            Self::NoCarrier => "Carrier not known",
            Self::NoRoute => "No route to this carrier",
            Self::NotForExercise => "Not part of exercises",
            Self::NoChannel => "No channel known",
        }
    }
}

/// The fingerprint of the frozen list of targets, fed row by row: approving a list of millions stores these 64 digits
/// and the count. Rows must come in the order of `seq`.
#[derive(Debug, Clone)]
pub struct TargetDigest {
    hasher: FieldHasher,
    rows: i64,
}

impl TargetDigest {
    pub fn new() -> Self {
        Self { hasher: FieldHasher::new("loa targets"), rows: 0 }
    }

    /// One target: its number, its address on the channel, its route.
    pub fn add(&mut self, seq: i64, address: &str, route: RouteId) {
        self.hasher.number(seq);
        self.hasher.text(address);
        self.hasher.number(route.0.into());
        self.rows += 1;
    }

    /// How many rows were fed.
    pub const fn rows(&self) -> i64 {
        self.rows
    }

    /// 64 lower-case hexadecimal digits over all rows and their number.
    pub fn finish(mut self) -> String {
        self.hasher.number(self.rows);
        hex::encode(self.hasher.finish())
    }
}

impl Default for TargetDigest {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
