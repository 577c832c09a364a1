//! Whether values fit a template, before anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use contract::TemplateFacts;
use unicode_normalization::UnicodeNormalization;

/// A value that the platform would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterFault {
    pub parameter: String,
    pub kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    Missing,
    /// Characters of NFC text, here and below.
    TooLong {
        length: u32,
        max: u32,
    },
    TooShort {
        length: u32,
        min: u32,
    },
    /// The template has no such parameter.
    Unknown,
}

/// All faults, in the order of the template, unknown names last. A `max_length` of 0 is no bound.
#[must_use]
pub fn validate(parameters: &BTreeMap<String, String>, facts: &TemplateFacts) -> Vec<ParameterFault> {
    let mut faults = Vec::new();
    for parameter in &facts.parameters {
        let value = parameters.get(&parameter.name).map_or("", String::as_str);
        let length = u32::try_from(value.nfc().count()).unwrap_or(u32::MAX);
        let kind = if length == 0 {
            if !parameter.required {
                continue;
            }
            FaultKind::Missing
        } else if parameter.max_length > 0 && length > parameter.max_length {
            FaultKind::TooLong { length, max: parameter.max_length }
        } else if length < parameter.min_length {
            FaultKind::TooShort { length, min: parameter.min_length }
        } else {
            continue;
        };
        faults.push(ParameterFault { parameter: parameter.name.clone(), kind });
    }
    let known: BTreeSet<_> = facts.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let unknown = parameters.keys().filter(|name| !known.contains(name.as_str()));
    faults.extend(unknown.map(|name| ParameterFault { parameter: name.clone(), kind: FaultKind::Unknown }));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::TemplateParameter;

    #[test]
    fn values_are_measured_in_composed_characters() {
        let parameter = |name: &str, required, min_length, max_length| TemplateParameter {
            name: name.to_owned(),
            required,
            min_length,
            max_length,
        };
        let facts = TemplateFacts {
            id: "410001".to_owned(),
            name: "Cảnh báo".to_owned(),
            enabled: true,
            parameters: vec![
                parameter("loai", true, 0, 5),
                parameter("ma", true, 3, 10),
                parameter("ghi_chu", false, 0, 3),
                parameter("noi_dung", true, 0, 2),
            ],
            price_dong: None,
        };
        let values = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let good = values(&[("loai", "Lu\u{303} \u{111}o\u{302}"), ("ma", "A-1"), ("noi_dung", "ok")]);
        assert_eq!(validate(&good, &facts), [], "decomposed text is counted as composed");
        let bad = values(&[("ma", "A"), ("noi_dung", "dài"), ("la", "x"), ("loai", "bão lũ lớn")]);
        let kinds: Vec<_> = validate(&bad, &facts).into_iter().map(|fault| fault.kind).collect();
        let expected = [
            FaultKind::TooLong { length: 10, max: 5 },
            FaultKind::TooShort { length: 1, min: 3 },
            FaultKind::TooLong { length: 3, max: 2 },
            FaultKind::Unknown,
        ];
        assert_eq!(kinds, expected);
        assert_eq!(
            validate(&values(&[("noi_dung", "ok"), ("ma", "A-1")]), &facts)[0].kind,
            FaultKind::Missing
        );
    }
}
