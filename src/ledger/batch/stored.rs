//! Stored words, numbers and times as our types again, the same in both engines. What does not fit was not written by us.

use std::fmt::Display;
use std::str::FromStr;

use contract::ReceiptVerdict;
use jiff::Timestamp;

use crate::domain::{AlertId, LaneId, MessageKey, RouteId};
use crate::ledger::{CarrierSource, ImportState, LedgerError, Result, Role};

/// A number in the width that we give it.
pub(in crate::ledger) fn number<T: TryFrom<i64>>(
    value: i64,
    table: &'static str,
    column: &'static str,
) -> Result<T> {
    T::try_from(value).map_err(|_| odd(table, column, &value, &"the number is out of range"))
}

/// A word of one of the domain's lists.
pub(in crate::ledger) fn word<T>(text: &str, table: &'static str, column: &'static str) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| odd(table, column, &text, &error))
}

/// Times are stored in microseconds since 1970.
pub(in crate::ledger) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

pub(in crate::ledger) fn time(micros: i64, table: &'static str, column: &'static str) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|error| odd(table, column, &micros, &error))
}

pub(in crate::ledger) fn time_option(
    micros: Option<i64>,
    table: &'static str,
    column: &'static str,
) -> Result<Option<Timestamp>> {
    micros.map(|micros| time(micros, table, column)).transpose()
}

pub(in crate::ledger) fn route(id: i64, table: &'static str) -> Result<RouteId> {
    Ok(RouteId(number(id, table, "route")?))
}

pub(in crate::ledger) fn lane(id: i64, table: &'static str) -> Result<LaneId> {
    Ok(LaneId(number(id, table, "lane")?))
}

pub(in crate::ledger) fn key(alert: i64, route_id: i64, seq: i64) -> Result<MessageKey> {
    Ok(MessageKey { alert: AlertId(alert), route: route(route_id, "message")?, seq })
}

pub(in crate::ledger) fn metrics_text(metrics: &[(String, Option<i64>)]) -> Result<String> {
    serde_json::to_string(metrics).map_err(|error| unreadable("exhibit", "metrics", &error))
}

pub(in crate::ledger) fn metrics_from(text: &str) -> Result<Vec<(String, Option<i64>)>> {
    serde_json::from_str(text).map_err(|error| unreadable("exhibit", "metrics", &error))
}

pub(in crate::ledger) fn template_text(facts: &contract::TemplateFacts) -> Result<String> {
    serde_json::to_string(facts).map_err(|error| unreadable("provider_template", "facts", &error))
}

pub(in crate::ledger) fn template_from(text: &str) -> Result<contract::TemplateFacts> {
    serde_json::from_str(text).map_err(|error| unreadable("provider_template", "facts", &error))
}

fn unreadable(table: &'static str, column: &'static str, error: &serde_json::Error) -> LedgerError {
    LedgerError::Inconsistent { table, column, row: String::new(), why: error.to_string() }
}

/// A waiting retry of an ended dispatch: message, how the dispatch ended, number of the attempt to come, and the lane of
/// the earlier one if that may have arrived.
pub(in crate::ledger) fn stopped(row: (i64, i64, i64, String, i64, Option<i64>)) -> Result<super::Stopped> {
    let (alert, route, seq, ended_as, attempt, earlier) = row;
    let attempt: i32 = number(attempt, "retry", "attempt")?;
    let earlier = earlier.map(|id| lane(id, "submission")).transpose()?;
    Ok(super::Stopped {
        key: key(alert, route, seq)?,
        verdict: word(&ended_as, "dispatch", "ended_as")?,
        may_have_arrived: earlier.map(|lane| (lane, attempt - 1)),
    })
}

/// Enums that are stored as words and are not the domain's.
macro_rules! stored {
    ($to:ident, $from:ident, $type:ty, $table:literal, $column:literal, { $($variant:path => $word:literal),+ $(,)? }) => {
        pub(in crate::ledger) const fn $to(value: $type) -> &'static str {
            match value { $($variant => $word),+ }
        }

        pub(in crate::ledger) fn $from(text: &str) -> Result<$type> {
            match text {
                $($word => Ok($variant),)+
                other => Err(odd($table, $column, &other, &"an unknown word")),
            }
        }
    };
}

stored!(role_word, role_from, Role, "account", "role", {
    Role::Author => "author",
    Role::Approver => "approver",
    Role::Auditor => "auditor",
    Role::Admin => "admin",
});

stored!(source_word, source_from, CarrierSource, "person", "carrier_source", {
    CarrierSource::Prefix => "prefix",
    CarrierSource::Override => "override",
});

stored!(import_state_word, import_state_from, ImportState, "import", "state", {
    ImportState::Running => "running",
    ImportState::Finished => "finished",
    ImportState::Interrupted => "interrupted",
});

stored!(verdict_word, verdict_from, ReceiptVerdict, "receipt", "verdict", {
    ReceiptVerdict::Delivered => "delivered",
    ReceiptVerdict::Failed => "failed",
    ReceiptVerdict::Progress => "progress",
    ReceiptVerdict::Unknown => "unknown",
});

fn odd(table: &'static str, column: &'static str, value: &dyn Display, why: &dyn Display) -> LedgerError {
    LedgerError::Inconsistent { table, column, row: value.to_string(), why: why.to_string() }
}
