//! What an error code means: one table for both hosts, `codes_table.txt`, and a decided row for the unknown.

use std::{collections::HashMap, sync::LazyLock};

use contract::{Reason, ReasonClass};

/// The same number means different things on the two API hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// Followers, articles, broadcasts.
    Oa,
    /// Templates and phones.
    Zns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The access token; renew it once and call again.
    Token,
    /// Account, app or package: a person must act.
    Config,
    /// This template cannot be sent; others can.
    Template,
    /// Too many calls in this minute.
    Limit,
    Retry,
    /// Spent until the daily reset.
    Quota,
    /// Spent until the first of the next month.
    Month,
    /// This recipient's own limit is reached.
    RecipientQuota,
    Night,
    /// Never to this recipient by this way.
    Recipient,
    /// As before, and by the recipient's own wish.
    OptOut,
    /// The message itself is wrong.
    Bad,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) class: Class,
    pub(crate) text: &'static str,
}

const UNKNOWN: Row = Row { class: Class::Unknown, text: "mã lỗi chưa biết của Zalo" };

static TABLE: LazyLock<HashMap<(Host, i64), Row>> =
    LazyLock::new(|| include_str!("codes_table.txt").lines().filter_map(row).collect());

fn row(line: &'static str) -> Option<((Host, i64), Row)> {
    let mut cells = line.split('|');
    let host = match cells.next()? {
        "oa" => Host::Oa,
        "zns" => Host::Zns,
        _ => return None,
    };
    let code = cells.next()?.parse().ok()?;
    let class = match cells.next()? {
        "token" => Class::Token,
        "config" => Class::Config,
        "template" => Class::Template,
        "limit" => Class::Limit,
        "retry" => Class::Retry,
        "quota" => Class::Quota,
        "month" => Class::Month,
        "recipient-quota" => Class::RecipientQuota,
        "night" => Class::Night,
        "recipient" => Class::Recipient,
        "opt-out" => Class::OptOut,
        "bad" => Class::Bad,
        _ => return None,
    };
    Some(((host, code), Row { class, text: cells.next()? }))
}

/// The row of a code; total. `message` decides only where it is all that tells two meanings apart.
pub(crate) fn look_up(host: Host, code: i64, message: &str) -> Row {
    let row = TABLE.get(&(host, code)).copied().unwrap_or(UNKNOWN);
    let said = message.to_lowercase();
    match (host, code) {
        (Host::Oa, -201) if said.contains("user_id") => {
            Row { class: Class::Recipient, text: "user id không hợp lệ" }
        }
        (Host::Oa, -223) if said.contains("quota") => {
            Row { class: Class::Month, text: "hết hạn mức tạo bài viết" }
        }
        (Host::Zns, -114) if said.contains("button") => {
            Row { class: Class::Bad, text: "nội dung nút không hợp lệ" }
        }
        _ => row,
    }
}

/// The provider's own message is left out on purpose: it may repeat what we sent, phones included.
pub(crate) fn reason(code: i64, row: Row) -> Reason {
    let class = match row.class {
        Class::Unknown => ReasonClass::Unknown,
        Class::Template | Class::Recipient | Class::OptOut | Class::Bad | Class::Config => {
            ReasonClass::Permanent
        }
        Class::Token
        | Class::Limit
        | Class::Retry
        | Class::Quota
        | Class::Month
        | Class::RecipientQuota
        | Class::Night => ReasonClass::Temporary,
    };
    Reason { class, code: code.to_string(), text: format!("{} ({code})", row.text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read_once() {
        let lines = include_str!("codes_table.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.len(), lines);
        assert!(lines > 100);
    }

    #[test]
    fn a_code_means_what_its_host_and_sometimes_its_message_say() {
        let class = |host, code, message| look_up(host, code, message).class;
        assert_eq!(class(Host::Oa, -216, ""), Class::Token);
        assert_eq!(class(Host::Zns, -124, ""), Class::Token);
        assert_eq!((class(Host::Oa, -100, ""), class(Host::Zns, -100, "")), (Class::Bad, Class::Retry));
        assert_eq!(class(Host::Oa, -201, "user_id is invalid"), Class::Recipient);
        assert_eq!(class(Host::Oa, -201, "title is invalid"), Class::Bad);
        assert_eq!(class(Host::Oa, -223, "OA has reach the limit quota create article"), Class::Month);
        assert_eq!(class(Host::Oa, -223, "OA has not authorized this API"), Class::Config);
        assert_eq!(class(Host::Zns, -141, ""), Class::OptOut);
        assert_eq!(class(Host::Zns, -99_999, ""), Class::Unknown);
    }
}
