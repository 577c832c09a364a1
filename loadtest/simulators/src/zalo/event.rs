//! What the platform tells the webhook, in the shapes it uses.

use serde_json::{Value, json};

/// Something that the webhook is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A message by template has reached a phone. `recipient` is the phone, or its hash where the sender
    /// gave a hash.
    PhoneDelivered {
        recipient: String,
        message_id: String,
        tracking_id: String,
        delivered_ms: u64,
    },
    /// A message of the OA has reached a user.
    UserReceived {
        user_id: String,
        message_id: String,
    },
    UserSeen {
        user_id: String,
        message_ids: Vec<String>,
    },
    UserSentText {
        user_id: String,
        message_id: String,
        text: String,
    },
    /// The echo of a consultation message, or of a template (`text` is `None`).
    OaSent {
        user_id: String,
        message_id: String,
        text: Option<String>,
    },
    Follow {
        user_id: String,
    },
    Unfollow {
        user_id: String,
    },
    /// The user shared contact data: name, phone, ward.
    UserSubmittedInfo {
        user_id: String,
        name: String,
        phone: String,
        ward: String,
    },
    TagAdded {
        user_id: String,
        tag: String,
    },
    TagRemoved {
        user_id: String,
        tag: String,
    },
    QuotaChanged {
        before: u32,
        now: u32,
    },
    TemplateStatusChanged {
        template_id: String,
        before: String,
        now: String,
        reason: String,
    },
}

impl Event {
    /// The word in `event_name`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PhoneDelivered { .. } | Self::UserReceived { .. } => "user_received_message",
            Self::UserSeen { .. } => "user_seen_message",
            Self::UserSentText { .. } => "user_send_text",
            Self::OaSent { text: Some(_), .. } => "oa_send_text",
            Self::OaSent { text: None, .. } => "oa_send_template",
            Self::Follow { .. } => "follow",
            Self::Unfollow { .. } => "unfollow",
            Self::UserSubmittedInfo { .. } => "user_submit_info",
            Self::TagAdded { .. } => "add_user_to_tag",
            Self::TagRemoved { .. } => "remove_user_from_tag",
            Self::QuotaChanged { .. } => "change_oa_daily_quota",
            Self::TemplateStatusChanged { .. } => "change_template_status",
        }
    }

    /// Whether it carries the header `X-ZEvent-Server: ZNS`.
    pub fn is_of_templates(&self) -> bool {
        matches!(
            self,
            Self::PhoneDelivered { .. } | Self::QuotaChanged { .. } | Self::TemplateStatusChanged { .. }
        )
    }

    /// The body. Some numbers are texts, one in two the other way round, and there are fields that no
    /// description names: readers must bear both.
    pub fn body(&self, app_id: &str, oa_id: &str, now_ms: u64) -> Value {
        let mut body = match self {
            Self::PhoneDelivered { recipient, message_id, tracking_id, delivered_ms } => {
                let delivery_time =
                    if delivered_ms % 2 == 0 { json!(delivered_ms.to_string()) } else { json!(delivered_ms) };
                json!({
                    "sender": { "id": oa_id }, "recipient": { "id": recipient },
                    "message": {
                        "delivery_time": delivery_time, "msg_id": message_id, "tracking_id": tracking_id,
                    },
                })
            }
            Self::UserReceived { user_id, message_id } => json!({
                "sender": { "id": oa_id }, "recipient": { "id": user_id }, "user_id_by_app": by_app(user_id),
                "message": { "msg_id": message_id }, "receiver_device": "mobile",
            }),
            Self::UserSeen { user_id, message_ids } => json!({
                "sender": { "id": oa_id }, "recipient": { "id": user_id }, "user_id_by_app": by_app(user_id),
                "message": { "msg_ids": message_ids },
            }),
            Self::UserSentText { user_id, message_id, text } => json!({
                "sender": { "id": user_id }, "recipient": { "id": oa_id }, "user_id_by_app": by_app(user_id),
                "message": { "text": text, "msg_id": message_id },
            }),
            Self::OaSent { user_id, message_id, text } => json!({
                "sender": { "id": oa_id }, "recipient": { "id": user_id }, "user_id_by_app": by_app(user_id),
                "message": { "text": text, "msg_id": message_id },
            }),
            Self::Follow { user_id } => json!({
                "oa_id": oa_id, "follower": { "id": user_id }, "user_id_by_app": by_app(user_id),
                "source": "oa_profile",
            }),
            Self::Unfollow { user_id } => json!({
                "oa_id": oa_id, "follower": { "id": user_id }, "user_id_by_app": by_app(user_id),
            }),
            Self::UserSubmittedInfo { user_id, name, phone, ward } => json!({
                "sender": { "id": user_id }, "recipient": { "id": oa_id }, "user_id_by_app": by_app(user_id),
                "info": { "name": name, "phone": phone, "full_address": { "user_ward": ward } },
            }),
            Self::TagAdded { user_id, tag } | Self::TagRemoved { user_id, tag } => json!({
                "oa_id": oa_id, "tag": { "name": tag, "user_ids": [user_id] },
            }),
            Self::QuotaChanged { before, now } => json!({
                "oaId": oa_id, "quota": { "prev_value": before.to_string(), "new_value": now },
            }),
            Self::TemplateStatusChanged { template_id, before, now, reason } => json!({
                "oa_id": oa_id, "template_id": template_id, "reason": reason,
                "status": { "prev_status": before, "new_status": now },
            }),
        };
        body["app_id"] = json!(app_id);
        body["event_name"] = json!(self.name());
        body["timestamp"] = json!(now_ms.to_string());
        body["zversion"] = json!({ "schema": 3, "shard": null });
        body
    }
}

fn by_app(user_id: &str) -> String {
    format!("9{user_id}")
}
