//! What the webhook is told, and what of it we keep.

use contract::{CallbackFacts, Finding, Follower, Inbound, Receipt, ReceiptVerdict};
use jiff::Timestamp;
use serde_json::Value;

use crate::lenient::{moment, phone, text, word};

/// Ids taken from one event; a forged or broken one must not fill the ledger.
const IDS_MAX: usize = 1_000;
/// Characters kept of a person's message.
const TEXT_MAX: usize = 2_000;

/// The facts of a genuine event; empty where it tells nothing that we keep.
pub(crate) fn facts(event: &Value, tag_prefix: &str) -> CallbackFacts {
    let mut facts = CallbackFacts::default();
    let name = text(&event["event_name"]);
    match name.as_str() {
        "user_received_message" => facts.receipts = receipts(event, ReceiptVerdict::Delivered),
        // Seen means that it had come; it may be told first.
        "user_seen_message" => facts.receipts = receipts(event, ReceiptVerdict::Delivered),
        "follow" => facts.findings.extend(followed(event, true)),
        "unfollow" => facts.findings.extend(followed(event, false)),
        "add_user_to_tag" => facts.findings = tagged(event, tag_prefix, true),
        "remove_user_from_tag" | "delete_user_from_tag" => facts.findings = tagged(event, tag_prefix, false),
        "user_submit_info" => facts.findings.extend(submitted(event)),
        name if name.starts_with("user_send_group_") => {}
        name if name.starts_with("user_send_") => facts.inbound.extend(inbound(event)),
        _ => {}
    }
    facts
}

fn receipts(event: &Value, verdict: ReceiptVerdict) -> Vec<Receipt> {
    let message = &event["message"];
    let mut ids: Vec<String> = word(&message["msg_id"]).into_iter().collect();
    if let Some(more) = message["msg_ids"].as_array() {
        ids.extend(more.iter().take(IDS_MAX).filter_map(word));
    }
    ids.sort_unstable();
    ids.dedup();
    // The tracking id is ours, so it speaks for a receipt that comes before the answer to the send.
    let tracking = word(&message["tracking_id"]);
    if ids.is_empty() {
        ids.extend(tracking.clone());
    }
    let address = word(&event["recipient"]["id"]);
    let provider_at = moment(&message["delivery_time"]).or_else(|| moment(&event["timestamp"]));
    let receipt = |id: String| {
        let mut references = vec![id];
        references.extend(tracking.clone().filter(|tracking| *tracking != references[0]));
        // A hashed phone is no address of ours.
        let address = address.clone().filter(|address| address.len() < 64);
        Receipt { references, address, verdict, code: None, provider_at, raw: None }
    };
    ids.into_iter().map(receipt).collect()
}

fn inbound(event: &Value) -> Option<Inbound> {
    let from = word(&event["sender"]["id"])?;
    let message = &event["message"];
    let said: String = text(&message["text"]).chars().take(TEXT_MAX).collect();
    Some(Inbound {
        from,
        to: text(&event["recipient"]["id"]),
        text: said,
        id: word(&message["msg_id"]),
        answers: word(&message["quote_msg_id"]),
    })
}

fn follower(address: String, follows: bool, at: Option<Timestamp>) -> Follower {
    Follower { address, follows, area: None, phone: None, last_interaction: at }
}

fn followed(event: &Value, follows: bool) -> Option<Finding> {
    let address = word(&event["follower"]["id"])?;
    let at = moment(&event["timestamp"]).filter(|_| follows);
    Some(Finding::Follower(follower(address, follows, at)))
}

fn tagged(event: &Value, prefix: &str, added: bool) -> Vec<Finding> {
    let tag = text(&event["tag"]["name"]);
    let Some(area) = tag.strip_prefix(prefix).filter(|code| !code.is_empty()) else { return Vec::new() };
    let users = event["tag"]["user_ids"].as_array().map(Vec::as_slice).unwrap_or_default();
    let finding = |address: String| {
        let area = added.then(|| area.to_owned());
        Finding::Follower(Follower { area, ..follower(address, true, None) })
    };
    users.iter().take(IDS_MAX).filter_map(word).map(finding).collect()
}

fn submitted(event: &Value) -> Option<Finding> {
    let address = word(&event["sender"]["id"])?;
    let phone = phone(&text(&event["info"]["phone"]));
    Some(Finding::Follower(Follower { phone, ..follower(address, true, moment(&event["timestamp"])) }))
}
