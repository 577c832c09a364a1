//! Reading templates and the OA's standing with them.

use super::call::{Call, Said, Told};
use super::codes::{self, Refusal};
use super::script::{Param, ParamKind, Template, TemplateStatus};
use super::world::World;
use serde_json::{Map, Value, json};

const PAGE_MAX: u64 = 100;

/// `/template/all`
pub(crate) fn all(world: &mut World, call: &Call) -> Told {
    let number = |name: &str| -> Result<Option<u64>, Refusal> {
        let wrong = |_| codes::ZNS_PARAMETER.with(format!("{name} invalid"));
        call.asked(name).map(|value| value.parse::<u64>().map_err(wrong)).transpose()
    };
    let (offset, limit) = (number("offset")?.unwrap_or(0), number("limit")?.unwrap_or(PAGE_MAX));
    let (status, preset) = (number("status")?, number("filterPreset")?.unwrap_or(0));
    if limit > PAGE_MAX || preset > 1 {
        return Err(codes::ZNS_PARAMETER.into());
    }
    let meant = |template: &&Template| status.is_none_or(|status| status == template.status as u64);
    let total = world.script.templates.iter().filter(meant).count();
    let page = world.script.templates.iter().filter(meant).skip(offset as usize).take(limit as usize);
    let list: Vec<Value> = page
        .map(|template| {
            json!({
                "templateId": id(template),
                "templateName": template.name,
                "createdTime": 1_765_411_200_000_u64,
                "status": template.status.word(),
                "templateQuality": template.quality,
            })
        })
        .collect();
    Ok(Said::Whole(json!({
        "error": 0, "message": "Success", "data": list, "metadata": { "total": total },
    })))
}

/// `/template/info/v2`
pub(crate) fn info(world: &mut World, call: &Call) -> Told {
    let template = asked(world, call)?;
    // What is still in review does not tell its parameters.
    let params: &[Param] =
        if template.status == TemplateStatus::PendingReview { &[] } else { &template.params };
    let list: Vec<Value> = params
        .iter()
        .map(|param| {
            json!({
                "name": param.name,
                "require": param.required,
                "type": param.kind.word(),
                "maxLength": param.max_length,
                "minLength": param.min_length,
                "acceptNull": !param.required,
            })
        })
        .collect();
    Ok(Said::Data(json!({
        "templateId": id(template),
        "templateName": template.name,
        "status": template.status.word(),
        "listParams": list,
        "listButtons": [],
        "timeout": 7_200_000,
        "previewUrl": format!("https://account.zalo.cloud/znspreview/{}", template.id),
        "templateQuality": template.quality,
        "templateTag": tag(template.tag),
        "price": template.price.to_string(),
        "price_sdt": template.price,
        "price_uid": template.price_uid.to_string(),
        "applyTemplateQuota": template.quota_daily.is_some(),
        "templateDailyQuota": template.quota_daily.map(|quota| quota.to_string()),
    })))
}

/// `/template/sample-data`
pub(crate) fn sample(world: &mut World, call: &Call) -> Told {
    let template = asked(world, call)?;
    let sample = |param: &Param| match param.kind {
        ParamKind::String => json!(param.name),
        ParamKind::Number => json!("1"),
        ParamKind::Date => json!("01/01/2026"),
    };
    let data: Map<_, _> = template.params.iter().map(|param| (param.name.clone(), sample(param))).collect();
    Ok(Said::Data(Value::Object(data)))
}

/// `/quality`
pub(crate) fn quality(_: &mut World, _: &Call) -> Told {
    Ok(Said::Data(json!({ "oaCurrentQuality": "HIGH", "oa7dayQuality": "UNDEFINED" })))
}

/// `/message/template-tag`
pub(crate) fn tags(_: &mut World, _: &Call) -> Told {
    Ok(Said::Data(json!(["TRANSACTION", "CUSTOMER_CARE"])))
}

/// `/rating/get`: nobody rates public warnings.
pub(crate) fn ratings(_: &mut World, _: &Call) -> Told {
    Ok(Said::Data(json!({ "total": 0, "data": [] })))
}

fn asked<'a>(world: &'a World, call: &Call) -> Result<&'a Template, Refusal> {
    let found = call.asked("template_id").and_then(|id| world.template(id));
    found.ok_or(codes::ZNS_TEMPLATE.into())
}

/// A number where the id is one, as the platform writes it here; a text elsewhere.
fn id(template: &Template) -> Value {
    template.id.parse::<u64>().map_or_else(|_| json!(template.id), |id| json!(id))
}

fn tag(tag: u8) -> &'static str {
    match tag {
        1 => "TRANSACTION",
        3 => "PROMOTION",
        _ => "CUSTOMER_CARE",
    }
}
