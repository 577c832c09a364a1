//! The lanes of the settings: names, rates, and each channel's own section with its secrets read.

use std::collections::BTreeSet;

use contract::Rate;
use figment::{Figment, value::Value};
use loa_facebook::FacebookSettings;
use loa_smpp::SmppSettings;
use loa_zalo::ZaloSettings;

use super::{Channel, Lane, Secrets, check::Complaints, raw, way};

/// Names of lanes and routes: they stand in addresses, metrics and log lines.
const NAME_CHARS_MAX: usize = 40;

impl Complaints {
    pub(super) fn lanes(&mut self, figment: &Figment, secrets: &Secrets) -> Vec<Lane> {
        let written: Vec<Value> = match figment.extract_inner("lane") {
            Ok(written) => written,
            Err(error) if error.missing() => Vec::new(),
            Err(error) => {
                self.figment("lane", error);
                Vec::new()
            }
        };
        let lanes: Vec<_> = written
            .iter()
            .enumerate()
            .filter_map(|(index, value)| self.lane(index, value, secrets))
            .collect();
        let mut names = BTreeSet::new();
        for (index, lane) in lanes.iter().enumerate() {
            if !names.insert(&lane.name) {
                self.add(
                    format!("lane[{index}].name"),
                    format!("'{}' is the name of another lane too", lane.name),
                );
            }
        }
        self.alike(&lanes);
        lanes
    }

    fn lane(&mut self, index: usize, value: &Value, secrets: &Secrets) -> Option<Lane> {
        let key = |field: &str| format!("lane[{index}].{field}");
        let raw: raw::Lane = self.read(&format!("lane[{index}]"), value.clone())?;
        self.name(&key("name"), &raw.name);
        for route in &raw.serves {
            self.name(&key("serves"), route);
        }
        if raw.serves.is_empty() {
            self.add(key("serves"), "the lane serves no route; name at least one, such as [\"viettel\"]");
        }
        let rate = match raw.rate.parse::<Rate>() {
            Ok(rate) => Some(rate),
            Err(error) => {
                self.add(key("rate"), error.to_string());
                None
            }
        };
        let channel = match raw.kind.as_str() {
            "smpp" => self.smpp(&key("smpp"), raw.smpp.as_ref(), secrets),
            "zalo" => self.zalo(&key("zalo"), raw.zalo.as_ref(), secrets),
            "facebook" => self.facebook(&key("facebook"), raw.facebook.as_ref(), secrets),
            other => {
                self.add(
                    key("kind"),
                    format!("'{other}' is not a kind of lane; use \"smpp\", \"zalo\" or \"facebook\""),
                );
                None
            }
        };
        Some(Lane {
            name: raw.name,
            serves: raw.serves,
            rate: rate?,
            standby: raw.standby,
            node: raw.node,
            quota: raw.quota,
            channel: channel?,
        })
    }

    fn zalo(&mut self, key: &str, value: Option<&Value>, secrets: &Secrets) -> Option<Channel> {
        let Some(value) = value else {
            let text =
                "the section [lane.zalo] is missing; it holds mode, app_id, app_secret, oa_id and oa_secret";
            self.add(key, text);
            return None;
        };
        let mut settings: ZaloSettings = self.read(key, value.clone())?;
        self.secret(key, value, "app_secret", secrets, |secret| {
            settings.app_secret = loa_zalo::Secret::new(secret);
        });
        self.secret(key, value, "oa_secret", secrets, |secret| {
            settings.oa_secret = loa_zalo::Secret::new(secret);
        });
        for (name, slot) in [
            ("bootstrap_access_token", &mut settings.bootstrap_access_token),
            ("bootstrap_refresh_token", &mut settings.bootstrap_refresh_token),
        ] {
            if slot.is_some() {
                self.secret(key, value, name, secrets, |secret| *slot = Some(loa_zalo::Secret::new(secret)));
            }
        }
        for complaint in settings.check() {
            self.add(format!("{key}.{}", complaint.key), complaint.text);
        }
        Some(Channel::Zalo(Box::new(settings)))
    }

    fn facebook(&mut self, key: &str, value: Option<&Value>, secrets: &Secrets) -> Option<Channel> {
        let Some(value) = value else {
            let text = "the section [lane.facebook] is missing; it holds page_id, page_token, app_id, app_secret and verify_token";
            self.add(key, text);
            return None;
        };
        let mut settings: FacebookSettings = self.read(key, value.clone())?;
        self.secret(key, value, "page_token", secrets, |secret| {
            settings.page_token = loa_facebook::Secret::new(secret);
        });
        self.secret(key, value, "app_secret", secrets, |secret| {
            settings.app_secret = loa_facebook::Secret::new(secret);
        });
        // Empty where no webhook is used.
        if value.find_ref("verify_token").is_some() {
            self.secret(key, value, "verify_token", secrets, |secret| {
                settings.verify_token = loa_facebook::Secret::new(secret);
            });
        }
        for complaint in settings.check() {
            self.add(format!("{key}.{}", complaint.key), complaint.text);
        }
        Some(Channel::Facebook(Box::new(settings)))
    }

    /// Reads the secret behind a key of a lane's section.
    fn secret(&mut self, key: &str, value: &Value, name: &str, secrets: &Secrets, set: impl FnOnce(String)) {
        let place = value.find_ref(name).and_then(Value::as_str).unwrap_or_default();
        match secrets.read(place) {
            Ok(secret) => set(secret),
            Err(why) => self.add(format!("{key}.{name}"), why),
        }
    }

    /// Messages of a route may go over any of its lanes: they must all address and render alike.
    fn alike(&mut self, lanes: &[Lane]) {
        for (index, lane) in lanes.iter().enumerate() {
            for route in &lane.serves {
                let first = lanes.iter().find(|other| other.serves.contains(route));
                if let Some(first) = first.filter(|first| way(&first.channel) != way(&lane.channel)) {
                    self.add(
                        format!("lane[{index}].serves"),
                        format!(
                            "route '{route}' is served by lane '{}' in another way; give each kind (and mode) routes of its own",
                            first.name
                        ),
                    );
                }
            }
        }
    }

    pub(super) fn name(&mut self, key: &str, name: &str) {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(fits) {
            self.add(key, format!("'{name}' is not a name; use 1 to {NAME_CHARS_MAX} of a-z, 0-9, - and _"));
        }
    }

    fn smpp(&mut self, key: &str, value: Option<&Value>, secrets: &Secrets) -> Option<Channel> {
        let Some(value) = value else {
            self.add(
                key,
                "the section [lane.smpp] is missing; it holds address, system_id, password and source",
            );
            return None;
        };
        let mut settings: SmppSettings = self.read(key, value.clone())?;
        let place = value.find_ref("password").and_then(Value::as_str).unwrap_or_default();
        match secrets.read(place) {
            Ok(password) => settings.password = loa_smpp::Password::new(password),
            Err(why) => self.add(format!("{key}.password"), why),
        }
        for complaint in settings.check() {
            self.add(format!("{key}.{}", complaint.key), complaint.text);
        }
        Some(Channel::Smpp(Box::new(settings)))
    }
}
