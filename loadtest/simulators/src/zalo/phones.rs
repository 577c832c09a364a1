//! Messages by template to phones, and what became of them.

use super::call::{Call, Said, Told, text};
use super::clock::is_night;
use super::codes::{self, Refusal};
use super::fill::{self, Misfit};
use super::script::{Template, TemplateStatus};
use super::world::World;
use serde_json::{Map, Value, json};

const TRACKING_ID_MAX: usize = 48;
const PROMOTION: u8 = 3;

/// `/message/template`
pub(crate) fn send(world: &mut World, call: &Call) -> Told {
    let body = call.zns_object()?;
    let phone = phone(&text(&body["phone"])).ok_or(codes::ZNS_PHONE)?;
    send_to(world, call, &body, &phone)
}

/// `/message/template/hashphone`: the phone is given as its SHA-256.
pub(crate) fn send_to_hash(world: &mut World, call: &Call) -> Told {
    let body = call.zns_object()?;
    let hash = text(&body["hash_phone"]).to_ascii_lowercase();
    if hash.len() != 64 || !hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(codes::ZNS_PHONE.into());
    }
    send_to(world, call, &body, &hash)
}

fn send_to(world: &mut World, call: &Call, body: &Value, recipient: &str) -> Told {
    let template =
        world.template(&text(&body["template_id"])).cloned().ok_or(Refusal::from(codes::ZNS_TEMPLATE))?;
    match template.status {
        TemplateStatus::Enable => {}
        TemplateStatus::PendingReview | TemplateStatus::Reject => return Err(codes::ZNS_NOT_APPROVED.into()),
        TemplateStatus::Disable => return Err(codes::ZNS_DISABLED.into()),
    }
    let tracking_id = tracking_id(body)?;
    let beyond_quota = sending_mode(body, template.tag)?;
    match text(&body["mode"]).as_str() {
        "" => {}
        "development" if world.script.admin_phones.iter().any(|admin| admin == recipient) => {}
        "development" => return Err(codes::ZNS_ADMINS_ONLY.into()),
        _ => return Err(codes::ZNS_PARAMETER.with("mode invalid")),
    }
    let data = filled(&template, &body["template_data"])?;
    if is_night(world.script.local_hour) && !template.night_allowed {
        return Err(codes::ZNS_NIGHT.into());
    }
    has_quota(world, &template, beyond_quota)?;
    let fate = world.fate_of_phone(recipient);
    if let Some(code) = fate.refuses_phone() {
        return Err(code.into());
    }
    world.used.phones += 1;
    *world.used.by_template.entry(template.id.clone()).or_default() += 1;
    world.counts.template_accepted += 1;
    let way = format!("phone {}", template.id);
    let message_id = world.accept(recipient, &way, &data, Some(tracking_id), fate, call.now_ms);
    let remaining = world.script.quota_daily.saturating_sub(world.used.phones);
    Ok(Said::Data(json!({
        "msg_id": message_id,
        "sent_time": call.now_ms.to_string(),
        "sending_mode": if beyond_quota { "3" } else { "1" },
        "quota": {
            "dailyQuota": world.script.quota_daily.to_string(),
            "remainingQuota": remaining.to_string(),
        },
    })))
}

/// `/message/status`
pub(crate) fn status(world: &mut World, call: &Call) -> Told {
    let id = call.asked("message_id").filter(|id| !id.is_empty()).ok_or(codes::ZNS_MESSAGE_ID)?;
    Ok(Said::Data(match world.delivered_ms(id) {
        None => json!({ "status": -1, "message": "The message is not found", "delivery_time": "" }),
        Some(0) => json!({ "status": 0, "message": "The message is being delivered", "delivery_time": "" }),
        Some(ms) => {
            json!({ "status": 1, "message": "The message is delivered", "delivery_time": ms.to_string() })
        }
    }))
}

/// `/message/quota`
pub(crate) fn quota(world: &mut World, _: &Call) -> Told {
    let daily = world.script.quota_daily;
    Ok(Said::Data(json!({
        "dailyQuota": daily,
        "remainingQuota": daily.saturating_sub(world.used.phones),
        "dailyQuotaPromotion": null,
        "remainingQuotaPromotion": null,
        "monthlyPromotionQuota": 0,
        "remainingMonthlyPromotionQuota": 0,
        "estimatedNextMonthPromotionQuota": 0,
    })))
}

fn has_quota(world: &World, template: &Template, beyond: bool) -> Result<(), Refusal> {
    if world.used.phones >= world.script.quota_daily && !beyond {
        return Err(codes::ZNS_QUOTA.into());
    }
    let used = world.used.by_template.get(&template.id).copied().unwrap_or(0);
    match template.quota_daily {
        Some(quota) if used >= quota => Err(codes::ZNS_TEMPLATE_QUOTA.into()),
        _ => Ok(()),
    }
}

/// The data as text, names in order, where it fills the template.
fn filled(template: &Template, data: &Value) -> Result<String, Refusal> {
    let data: &Map<_, _> = data.as_object().filter(|data| !data.is_empty()).ok_or(codes::ZNS_DATA_EMPTY)?;
    fill::check(template, data).map_err(|misfit| match misfit {
        Misfit::Missing(name) => codes::ZNS_PARAM_MISSING.with(format!("Template data missing param {name}")),
        Misfit::TooLong(name) => {
            codes::ZNS_PARAM_LONG.with(format!("Template param {name} exceeds the length limit"))
        }
        Misfit::Format(name) => {
            codes::ZNS_PARAM_FORMAT.with(format!("Template param {name} has a wrong format"))
        }
    })?;
    Ok(Value::Object(data.clone()).to_string())
}

/// `84` and nine digits; a plus sign before them is taken off.
fn phone(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let right =
        digits.len() == 11 && digits.starts_with("84") && digits.bytes().all(|digit| digit.is_ascii_digit());
    right.then(|| digits.to_owned())
}

fn tracking_id(body: &Value) -> Result<String, Refusal> {
    let id = text(&body["tracking_id"]);
    let plain = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '_');
    if id.len() > TRACKING_ID_MAX || !id.chars().all(plain) {
        return Err(codes::ZNS_PARAMETER.with("tracking_id invalid"));
    }
    Ok(id)
}

/// Whether the message may go beyond the quota.
fn sending_mode(body: &Value, tag: u8) -> Result<bool, Refusal> {
    match text(&body["sending_mode"]).as_str() {
        "" | "1" => Ok(false),
        "3" if tag == PROMOTION => Ok(true),
        "3" => Err(codes::ZNS_SENDING_MODE_TAG.into()),
        _ => Err(codes::ZNS_SENDING_MODE.into()),
    }
}
