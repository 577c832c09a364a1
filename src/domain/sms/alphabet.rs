//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1). There is no Vietnamese shift
//! table, so these 137 characters are all that a cheap SMS can carry.

/// What `character` costs in septets: 1, or 2 through the escape of the extension table; `None` if it is in neither.
pub const fn septets(character: char) -> Option<usize> {
    match character {
        '\n' | '\r' | ' '..='Z' | 'a'..='z' | '_' => Some(1),
        '£' | '¥' | '¤' | '§' | '¡' | '¿' => Some(1),
        'è' | 'é' | 'ù' | 'ì' | 'ò' | 'à' | 'É' => Some(1),
        'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Æ' | 'æ' | 'ß' => Some(1),
        'Ä' | 'Ö' | 'Ñ' | 'Ü' | 'ä' | 'ö' | 'ñ' | 'ü' => Some(1),
        'Δ' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' => Some(1),
        '\u{c}' | '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => Some(2),
        _ => None,
    }
}

/// Every character of `text` is in the default alphabet or its extension.
pub fn is_gsm7(text: &str) -> bool {
    text.chars().all(|character| septets(character).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_127_characters_and_ten_more_by_escape() {
        let cost = |wanted| ('\0'..=char::MAX).filter(|c| septets(*c) == Some(wanted)).count();
        assert_eq!((cost(1), cost(2)), (127, 10));
    }

    #[test]
    fn of_the_vietnamese_letters_exactly_seven_are_in_it() {
        let letters = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ";
        let both = letters.to_owned() + &letters.to_uppercase();
        assert_eq!(both.chars().count(), 134);
        assert_eq!(both.chars().filter(|c| septets(*c).is_some()).collect::<String>(), "àèéìòùÉ");
        assert!(!is_gsm7("`") && is_gsm7("@_€"));
    }
}
