//! Whether data fills a template.

use super::call::text;
use super::script::{Param, ParamKind, Template};
use jiff::civil::{Date, DateTime, Time};
use serde_json::{Map, Value};

/// What is wrong with the data, by the name of the parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misfit {
    Missing(String),
    TooLong(String),
    Format(String),
}

/// Parameters that the template does not know are passed over.
pub(crate) fn check(template: &Template, data: &Map<String, Value>) -> Result<(), Misfit> {
    for param in &template.params {
        match data.get(&param.name) {
            None | Some(Value::Null) if param.required => return Err(Misfit::Missing(param.name.clone())),
            None | Some(Value::Null) => {}
            Some(value @ (Value::String(_) | Value::Number(_))) => fits(param, &text(value))?,
            Some(_) => return Err(Misfit::Format(param.name.clone())),
        }
    }
    Ok(())
}

fn fits(param: &Param, value: &str) -> Result<(), Misfit> {
    let name = || param.name.clone();
    let length = u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
    if length == 0 && param.required {
        return Err(Misfit::Missing(name()));
    }
    if length > param.max_length {
        return Err(Misfit::TooLong(name()));
    }
    if length < param.min_length || length > 0 && !has_form(param.kind, value) {
        return Err(Misfit::Format(name()));
    }
    Ok(())
}

fn has_form(kind: ParamKind, value: &str) -> bool {
    match kind {
        ParamKind::String => true,
        ParamKind::Number => value.parse::<f64>().is_ok(),
        ParamKind::Date => is_date(value),
    }
}

fn is_date(value: &str) -> bool {
    let moment = |form: &str| DateTime::strptime(form, value).is_ok();
    let time = |form: &str| Time::strptime(form, value).is_ok();
    moment("%H:%M:%S %d/%m/%Y")
        || moment("%H:%M %d/%m/%Y")
        || Date::strptime("%d/%m/%Y", value).is_ok()
        || Date::strptime("%d/%m/%Y", format!("01/{value}")).is_ok()
        || time("%H:%M")
        || time("%H:%M:%S")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn data_fills_a_template_or_the_parameter_is_named() {
        let template = Template::warning();
        let with = |name: &str, value: Value| {
            let mut data =
                json!({"loai": "Mưa lũ", "noi_dung": "Sơ tán", "thoi_gian": "14:30 23/11/2026", "ma": "A1"});
            data[name] = value;
            check(&template, data.as_object().unwrap())
        };
        assert_eq!(with("unknown", json!([1])), Ok(()));
        assert_eq!(with("ma", json!(17)), Ok(()));
        assert_eq!(with("ma", json!("")), Err(Misfit::Missing("ma".to_owned())));
        assert_eq!(with("ma", json!({})), Err(Misfit::Format("ma".to_owned())));
        assert_eq!(with("noi_dung", json!("ă".repeat(200))), Ok(()));
        let decomposed = "a\u{306}".repeat(101);
        assert_eq!(with("noi_dung", json!(decomposed)), Err(Misfit::TooLong("noi_dung".to_owned())));
        for (date, right) in [
            ("23/11/2026", true),
            ("11/2026", true),
            ("23:59:59", true),
            ("31/02/2026", false),
            ("mai", false),
        ] {
            assert_eq!(with("thoi_gian", json!(date)).is_ok(), right, "{date}");
        }
    }
}
