//! Free text on its way into an answer: whatever looks like a phone number loses its middle.

/// The shortest run of digits that may be a number of a person.
const PHONE_DIGITS_MIN: usize = 9;
const SHOWN_FIRST: usize = 4;
const SHOWN_LAST: usize = 3;

/// `text` with every phone number masked, `+84901234321` as `+8490***321`. Dots, hyphens and single spaces between the
/// digits do not hide one.
pub(crate) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(run_length(from));
        out.push_str(before);
        push_run(&mut out, run);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Bytes of the digits at the beginning of `text`, single separators between them included.
fn run_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let next_is_digit = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        match byte {
            b'0'..=b'9' => end += 1,
            b' ' | b'.' | b'-' if next_is_digit => end += 1,
            _ => break,
        }
    }
    end
}

fn push_run(out: &mut String, run: &str) {
    let digits: Vec<char> = run.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < PHONE_DIGITS_MIN {
        out.push_str(run);
        return;
    }
    out.extend(&digits[..SHOWN_FIRST]);
    out.push_str("***");
    out.extend(&digits[digits.len() - SHOWN_LAST..]);
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn phone_numbers_lose_their_middle_and_other_digits_stay() {
        let table = [
            ("phone +84901234321 is known", "phone +8490***321 is known"),
            ("0901 234.321", "0901***321"),
            ("090-123-4321,0912345678", "0901***321,0912***678"),
            ("alert 12345678 of 2026-11-22T08:00", "alert 12345678 of 2026-11-22T08:00"),
            ("địa bàn 06361", "địa bàn 06361"),
            ("", ""),
        ];
        for (given, expected) in table {
            assert_eq!(masked(given), expected);
        }
    }
}
