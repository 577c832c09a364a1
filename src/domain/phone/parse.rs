//! From what stands in a list to a [`Phone`]: all the usual spellings and the damage that spreadsheets do. A refusal
//! says what the number is and what to do; it never repeats the number whole.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::carrier::{Carrier, CarrierGuess, CarrierSource};
use super::number::{OldNumber, Phone};
use super::plan::{Entry, LineKind, NumberPlan};

/// A number that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    pub phone: Phone,
    pub kind: LineKind,
    /// The carrier its prefix was first given to.
    pub carrier: Option<CarrierGuess>,
    /// What was put right and what looks odd, in the order it was found.
    pub notes: Vec<Note>,
}

impl Parsed {
    /// The carrier is known better than from the prefix.
    #[must_use]
    pub fn with_carrier(self, carrier: Carrier) -> Self {
        Self { carrier: Some(CarrierGuess { value: carrier, source: CarrierSource::Override }), ..self }
    }
}

/// What was put right in a number, or looks odd about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// A spreadsheet took the leading 0 away.
    MissingZero,
    /// The 0 stood after the country code: +840…
    ZeroAfterCountryCode,
    /// A plus before a national number.
    StrayPlus,
    /// A spreadsheet made it a decimal fraction: 901234567.0
    DecimalPoint,
    /// An eleven-digit number from before the conversion of 2018.
    Converted { original: OldNumber },
    /// The right form, but no prefix that is known: perhaps new, perhaps a typing error.
    UnknownPrefix,
}

impl Note {
    /// The word for it in import reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingZero => "missing-zero",
            Self::ZeroAfterCountryCode => "zero-after-country-code",
            Self::StrayPlus => "stray-plus",
            Self::DecimalPoint => "decimal-point",
            Self::Converted { .. } => "converted-2018",
            Self::UnknownPrefix => "unknown-prefix",
        }
    }

    /// Someone should look at it; the others are safe repairs.
    pub const fn is_warning(self) -> bool {
        match self {
            Self::UnknownPrefix => true,
            Self::MissingZero
            | Self::ZeroAfterCountryCode
            | Self::StrayPlus
            | Self::DecimalPoint
            | Self::Converted { .. } => false,
        }
    }
}

/// Why a number is not taken. `shown` is the number masked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PhoneRefusal {
    #[error("phone: empty; write a mobile number, as 0901234567")]
    Empty,
    #[error("phone: `{shown}` is not a telephone number; write digits only, as 0901234567")]
    NotANumber { shown: String },
    #[error("phone: `{shown}` holds more than one number; give each a line of its own")]
    Several { shown: String },
    #[error(
        "phone: `{shown}` was rounded by a spreadsheet and its last digits are lost; \
         format the column as text and enter the numbers again"
    )]
    Scientific { shown: String },
    #[error("phone: `{shown}` is a number outside Vietnam; only +84 mobile numbers are served")]
    Foreign { shown: String },
    #[error("phone: `{shown}` is a fixed line ({area}), which takes no SMS; ask for a mobile number")]
    FixedLine { shown: String, area: String },
    #[error("phone: `{shown}` is in a range for machines, not people; ask for a mobile number")]
    Machine { shown: String },
    #[error("phone: `{shown}` is a special or satellite network number; ask for a mobile number")]
    SpecialNetwork { shown: String },
    #[error("phone: `{shown}` is a service or short number; ask for a mobile number")]
    ShortNumber { shown: String },
    #[error(
        "phone: `{shown}` has {digits} digits with the leading 0, a mobile number has 10; check for a missing or doubled digit"
    )]
    WrongLength { shown: String, digits: usize },
    #[error("phone: `{shown}` has a prefix that no mobile number has or had; check the first digits")]
    WrongPrefix { shown: String },
}

/// Longer cells are not telephone numbers; nothing is parsed beyond this.
pub const RAW_CHARS_MAX: usize = 64;

impl PhoneRefusal {
    pub(super) fn not_a_number(raw: &str) -> Self {
        Self::NotANumber { shown: masked(raw) }
    }

    /// The word for it in import reports.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotANumber { .. } => "not-a-number",
            Self::Several { .. } => "several",
            Self::Scientific { .. } => "scientific",
            Self::Foreign { .. } => "foreign",
            Self::FixedLine { .. } => "fixed-line",
            Self::Machine { .. } => "machine",
            Self::SpecialNetwork { .. } => "special-network",
            Self::ShortNumber { .. } => "short-number",
            Self::WrongLength { .. } => "wrong-length",
            Self::WrongPrefix { .. } => "wrong-prefix",
        }
    }
}

pub(super) fn parse(plan: &NumberPlan, raw: &str) -> Result<Parsed, PhoneRefusal> {
    if raw.chars().count() > RAW_CHARS_MAX {
        return Err(PhoneRefusal::not_a_number(raw));
    }
    let mut notes = Vec::new();
    let typed = read_digits(raw, &mut notes)?;
    let national = national(&typed, plan, raw, &mut notes)?;
    match plan.find(&national) {
        Some(entry) => known(entry, &national, notes, raw),
        None => unknown(&national, notes, raw),
    }
}

/// Digits as typed, and whether a plus stood before them.
struct Typed {
    plus: bool,
    digits: String,
}

/// Drops what people put between digits; refuses what is no number.
fn read_digits(raw: &str, notes: &mut Vec<Note>) -> Result<Typed, PhoneRefusal> {
    // NFKC turns full-width digits and special spaces into plain ones.
    let text: String = raw.nfkc().filter(|c| !is_ignored(*c)).collect();
    if text.is_empty() {
        return Err(PhoneRefusal::Empty);
    }
    if is_scientific(&text) {
        return Err(PhoneRefusal::Scientific { shown: masked(raw) });
    }
    let text = match text.strip_suffix(".0") {
        Some(whole) if whole.bytes().all(|byte| byte.is_ascii_digit()) => {
            notes.push(Note::DecimalPoint);
            whole
        }
        Some(_) | None => &text,
    };
    let mut typed = Typed { plus: false, digits: String::new() };
    for number in text.split([';', '/', '|', '&']) {
        let digits_before = typed.digits.len();
        for character in number.chars() {
            match character {
                '0'..='9' => typed.digits.push(character),
                '+' if typed.digits.is_empty() && !typed.plus => typed.plus = true,
                '.' | ',' | '-' | '–' | '—' | '‐' | '(' | ')' | '_' => {}
                _ => return Err(PhoneRefusal::not_a_number(raw)),
            }
        }
        if digits_before > 0 && typed.digits.len() > digits_before {
            return Err(PhoneRefusal::Several { shown: masked(raw) });
        }
    }
    if typed.digits.is_empty() { Err(PhoneRefusal::not_a_number(raw)) } else { Ok(typed) }
}

/// Spaces, invisible characters, and the quotes that keep a spreadsheet from calculating.
fn is_ignored(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\'' | '"' | '’' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `8.49012E+10`, with a point or a comma.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(&mantissa.replacen(['.', ','], "", 1)) && digits(exponent.trim_start_matches('+'))
}

/// The number with one leading 0, whatever stood before it.
fn national(
    typed: &Typed,
    plan: &NumberPlan,
    raw: &str,
    notes: &mut Vec<Note>,
) -> Result<String, PhoneRefusal> {
    let digits = typed.digits.as_str();
    let abroad = || PhoneRefusal::Foreign { shown: masked(raw) };
    let abroad_digits = match (typed.plus, digits.strip_prefix("00")) {
        (_, Some(rest)) => Some(rest),
        (true, None) if digits.starts_with('0') => {
            notes.push(Note::StrayPlus);
            None
        }
        (true, None) => Some(digits),
        // 84 with nine or more digits behind it is the country code; 0841234567 without its 0 has seven.
        (false, None) if digits.len() >= 11 && digits.starts_with("84") => Some(digits),
        (false, None) => None,
    };
    if let Some(abroad_digits) = abroad_digits {
        let subscriber = abroad_digits.strip_prefix("84").ok_or_else(abroad)?;
        if subscriber.starts_with('0') {
            notes.push(Note::ZeroAfterCountryCode);
            return Ok(subscriber.to_owned());
        }
        return Ok(format!("0{subscriber}"));
    }
    if digits.starts_with('0') {
        return Ok(digits.to_owned());
    }
    let with_zero = format!("0{digits}");
    if is_mobile_form(&with_zero) || plan.find(&with_zero).is_some_and(|e| e.kind == LineKind::LegacyMobile) {
        notes.push(Note::MissingZero);
        return Ok(with_zero);
    }
    if digits.len() <= 6 || digits.starts_with("1800") || digits.starts_with("1900") {
        return Err(PhoneRefusal::ShortNumber { shown: masked(raw) });
    }
    Err(PhoneRefusal::WrongLength { shown: masked(raw), digits: with_zero.len() })
}

/// Ten digits beginning 03, 05, 07, 08 or 09: new ranges appear there, so an unknown one is not refused.
fn is_mobile_form(national: &str) -> bool {
    national.len() == 10 && matches!(national.as_bytes(), [b'0', b'3' | b'5' | b'7' | b'8' | b'9', ..])
}

fn known(entry: &Entry, national: &str, mut notes: Vec<Note>, raw: &str) -> Result<Parsed, PhoneRefusal> {
    let shown = || masked(raw);
    let current = match (entry.kind, &entry.becomes) {
        (LineKind::Mobile, _) => national.to_owned(),
        (LineKind::LegacyMobile, Some(becomes)) => {
            // The last seven digits stayed.
            let (_, stayed) = national.split_at_checked(4).ok_or_else(|| PhoneRefusal::not_a_number(raw))?;
            let original = national.parse().map_err(|_| PhoneRefusal::not_a_number(raw))?;
            notes.push(Note::Converted { original: OldNumber(original) });
            format!("{becomes}{stayed}")
        }
        (LineKind::LegacyMobile, None) => return Err(PhoneRefusal::WrongPrefix { shown: shown() }),
        (LineKind::Machine, _) => return Err(PhoneRefusal::Machine { shown: shown() }),
        (LineKind::SatelliteVoip | LineKind::Special, _) => {
            return Err(PhoneRefusal::SpecialNetwork { shown: shown() });
        }
        (LineKind::Fixed, _) => {
            let area = entry.area.clone().unwrap_or_default();
            return Err(PhoneRefusal::FixedLine { shown: shown(), area });
        }
    };
    let phone = to_phone(&current).ok_or_else(|| PhoneRefusal::WrongPrefix { shown: shown() })?;
    let carrier = entry.carrier.clone().map(|value| CarrierGuess { value, source: CarrierSource::Prefix });
    Ok(Parsed { phone, kind: LineKind::Mobile, carrier, notes })
}

fn unknown(national: &str, mut notes: Vec<Note>, raw: &str) -> Result<Parsed, PhoneRefusal> {
    if is_mobile_form(national) {
        let phone = to_phone(national).ok_or_else(|| PhoneRefusal::not_a_number(raw))?;
        notes.push(Note::UnknownPrefix);
        return Ok(Parsed { phone, kind: LineKind::Mobile, carrier: None, notes });
    }
    let (shown, digits) = (masked(raw), national.len());
    if digits <= 6 {
        return Err(PhoneRefusal::ShortNumber { shown });
    }
    match (digits, national.as_bytes()) {
        (11, [b'0', b'2', ..]) => Err(PhoneRefusal::FixedLine { shown, area: "?".to_owned() }),
        (10 | 11, [b'0', b'1' | b'4' | b'6', ..]) | (10, _) => Err(PhoneRefusal::WrongPrefix { shown }),
        _ => Err(PhoneRefusal::WrongLength { shown, digits }),
    }
}

fn to_phone(national: &str) -> Option<Phone> {
    national.parse().ok().and_then(Phone::from_subscriber)
}

/// Short service numbers whole, anything longer with its middle hidden.
fn masked(raw: &str) -> String {
    let typed: Vec<char> = raw.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    match typed.as_slice() {
        short if short.len() <= 6 => short.iter().collect(),
        [a, b, c, .., y, z] => format!("{a}{b}{c}***{y}{z}"),
        _ => String::new(),
    }
}
