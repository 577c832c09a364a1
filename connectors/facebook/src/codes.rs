//! What an error of the Graph API means: one table, and the order in which it is asked.
//!
//! The body decides, not the HTTP status: throttling comes with 403, a permission with 400 or 403. `is_transient` is not
//! asked: it is true for images that never load and false for blocks that end by themselves.

use crate::{codes_table::TABLE, reply::ApiError};

/// What an error makes of a call that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It may have been carried out all the same: posts have been found after such answers.
    Uncertain,
    /// Too fast; wait as told.
    Throttle,
    /// The token is worth nothing: a person must make a new one.
    Token,
    /// A right is missing: a person must give it.
    Permission,
    /// Our set-up is wrong.
    Config,
    /// This text or picture will never be taken.
    Permanent,
    /// Only its link is refused: proved not posted.
    Link,
    /// Something equal was posted lately: perhaps ours.
    Duplicate,
    /// The Page or the app is blocked for a time: each further try may make it longer.
    Block,
    /// What was asked about isn't there, or not for us.
    Gone,
    /// This figure isn't to be had.
    Unmeasured,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// `None`: any code.
    pub(crate) code: Option<i64>,
    /// `None`: any subcode.
    pub(crate) subcode: Option<i64>,
    /// Words of the message, in lower case, that tell one use of an overloaded code from the others; empty: any message.
    pub(crate) words: &'static str,
    pub(crate) class: Class,
    pub(crate) vi: &'static str,
}

const fn row(code: Option<i64>, class: Class, vi: &'static str) -> Row {
    Row { code, subcode: None, words: "", class, vi }
}

const RIGHTS: Row = row(None, Class::Permission, "thiếu quyền trên Trang hoặc ứng dụng");
const LIMITS: Row = row(None, Class::Throttle, "vượt giới hạn số lần gọi");
const ANY_SERVER: Row = row(None, Class::Uncertain, "Facebook báo lỗi máy chủ không rõ");
const ANY_OTHER: Row = row(None, Class::Permanent, "Facebook từ chối với mã lỗi chưa biết");

/// The row of an error; total.
pub(crate) fn look_up(error: &ApiError, status: u16) -> Row {
    let (code, subcode, message) = (error.code, error.subcode, error.message.to_lowercase());
    let find = |fits: &dyn Fn(&&Row) -> bool| TABLE.iter().find(fits).copied();
    let exact = subcode.and_then(|subcode| {
        let own = |row: &&Row| row.subcode == Some(subcode) && row.code.is_none_or(|code| error.code == code);
        find(&own)
    });
    let worded = || {
        let own = |row: &&Row| {
            row.subcode.is_none()
                && row.code == Some(code)
                && !row.words.is_empty()
                && message.contains(row.words)
        };
        find(&own)
    };
    let plain =
        || find(&|row: &&Row| row.subcode.is_none() && row.code == Some(code) && row.words.is_empty());
    exact.or_else(worded).or_else(plain).unwrap_or(match code {
        200..=299 => RIGHTS,
        80_000..=80_014 => LIMITS,
        _ if status >= 500 => ANY_SERVER,
        _ => ANY_OTHER,
    })
}

/// The code as Meta prints it: `368` or `368/1390008`.
pub(crate) fn code(error: &ApiError) -> String {
    match error.subcode {
        Some(subcode) => format!("{}/{subcode}", error.code),
        None => error.code.to_string(),
    }
}

/// One sentence for a person: ours, then Meta's for people, then the trace that Meta's support asks for.
pub(crate) fn sentence(row: &Row, error: &ApiError) -> String {
    let mut text = format!("{} ({})", row.vi, code(error));
    let theirs = error.user_message.as_deref().unwrap_or(&error.message);
    if !theirs.is_empty() {
        text.push_str(": ");
        text.push_str(theirs);
    }
    if let Some(trace) = &error.trace {
        text.push_str(" [");
        text.push_str(trace);
        text.push(']');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64, subcode: Option<i64>, message: &str) -> ApiError {
        ApiError { code, subcode, message: message.to_owned(), user_message: None, trace: None }
    }

    #[test]
    fn the_subcode_then_the_words_then_the_code_then_its_range_decide() {
        use Class::{
            Block, Config, Duplicate, Gone, Link, Permanent, Permission, Throttle, Token, Uncertain,
            Unmeasured,
        };
        let table = [
            (error(1, Some(99), ""), 500, Uncertain),
            (error(1, Some(2_853_006), ""), 500, Permission),
            (error(2, None, ""), 500, Uncertain),
            (error(4, None, ""), 403, Throttle),
            (error(80_001, None, ""), 400, Throttle),
            (error(80_007, None, ""), 400, Throttle),
            (error(100, None, "(#100) whatever"), 400, Permanent),
            (error(100, Some(33), "Unsupported post request"), 400, Gone),
            (error(100, None, "API calls from the server require an appsecret_proof argument"), 400, Config),
            (error(100, None, "The value must be a valid insights metric"), 400, Unmeasured),
            (error(190, Some(463), ""), 400, Token),
            (error(190, Some(492), ""), 400, Permission),
            (error(190, Some(2_069_032), ""), 400, Config),
            (error(200, None, "(#200) requires both"), 403, Permission),
            (error(299, None, ""), 403, Permission),
            (error(368, Some(1_390_008), ""), 400, Block),
            (error(368, None, "It looks like you already posted this"), 400, Duplicate),
            (error(506, None, "Duplicate status message"), 400, Duplicate),
            (error(100, Some(1_609_005), ""), 400, Link),
            (error(1_609_005, None, ""), 400, Link),
            (error(999_999, None, ""), 500, Uncertain),
            (error(999_999, None, ""), 400, Permanent),
            (error(-3, None, ""), 200, Permanent),
        ];
        for (error, status, class) in table {
            assert_eq!(look_up(&error, status).class, class, "{error:?}");
        }
    }

    #[test]
    fn every_row_can_be_reached_and_says_something() {
        for row in TABLE {
            assert!(!row.vi.is_empty());
            let error = error(row.code.unwrap_or(1), row.subcode, row.words);
            let found = look_up(&error, 400);
            assert_eq!((found.class, found.vi), (row.class, row.vi), "{row:?} is hidden by {found:?}");
        }
    }
}
