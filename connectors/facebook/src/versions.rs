//! How long each version of the Graph API answers. A call to one that has ended is answered by another, without a word.

use jiff::civil::Date;

use crate::config::FacebookSettings;

/// Version to its last day, as Meta's changelog lists them; `None`: not announced.
const ENDS: &[(&str, Option<Date>)] = &[
    ("v26.0", None),
    ("v25.0", Some(Date::constant(2028, 7, 29))),
    ("v24.0", Some(Date::constant(2028, 2, 18))),
    ("v23.0", Some(Date::constant(2027, 10, 8))),
    ("v22.0", Some(Date::constant(2027, 5, 20))),
    ("v21.0", Some(Date::constant(2027, 1, 21))),
    ("v20.0", Some(Date::constant(2026, 9, 24))),
    ("v19.0", Some(Date::constant(2026, 5, 21))),
    ("v18.0", Some(Date::constant(2026, 1, 26))),
];

/// A warning if the version has ended or ends soon.
pub(crate) fn warning(settings: &FacebookSettings, today: Date) -> Option<String> {
    let version = settings.api_version.as_str();
    let known = || ENDS.iter().find(|(known, _)| *known == version).and_then(|(_, end)| *end);
    let end = settings.api_version_ends.or_else(known)?;
    let days = today.until(end).ok()?.get_days();
    if days < 0 {
        Some(format!("API version {version} ended on {end}: set a newer api_version"))
    } else if i64::from(days) <= i64::from(settings.warn_days) {
        Some(format!("API version {version} ends on {end}: set a newer api_version"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn an_end_is_announced_in_time() {
        let today = Date::constant(2026, 11, 23);
        let own = Some(Date::constant(2026, 12, 1));
        for (version, ends, word) in [
            ("v26.0", None, None),
            ("v25.0", None, None),
            ("v20.0", None, Some("ended on 2026-09-24")),
            ("v26.0", own, Some("ends on 2026-12-01")),
            ("v99.0", None, None),
        ] {
            let settings = FacebookSettings {
                api_version: version.into(),
                api_version_ends: ends,
                ..FacebookSettings::new("1", Secret::new("t"), "2", Secret::new("s"))
            };
            let warning = warning(&settings, today);
            match word {
                None => assert_eq!(warning, None, "{version}"),
                Some(word) => assert!(warning.is_some_and(|warning| warning.contains(word)), "{version}"),
            }
        }
    }
}
