//! What the lane looks up by itself: account, quota, templates, followers; and the task that does it.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
    time::Duration,
};

use contract::{Finding, Follower, TemplateFacts, TemplateParameter};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    codes::{self, Class, Host},
    config::Mode,
    http::{Lost, Reply},
    lane::{Ask, Lane, NoReply, Stage},
    lenient::{boolean, integer, text, word},
};

/// Templates looked at.
const TEMPLATES_MAX: usize = 500;
const TEMPLATES_PAGE: usize = 100;
/// What the platform gives of followers in one page, and how far its pages go for one filter.
const FOLLOWERS_PAGE: usize = 50;
const FOLLOWERS_OFFSET_MAX: usize = 9_951;
const TAGS_MAX: usize = 1_000;
/// Before its end a package is called ending.
const PACKAGE_WARN_DAYS: i64 = 14;
/// How often the lane looks whether a hold has ended.
const TICK: Duration = Duration::from_millis(200);
/// A reading that was throttled or cut goes on after so long, so often.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_MAX: u32 = 90;

impl Lane {
    pub(crate) fn start(self: &Arc<Self>) {
        let lane = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = lane.closing.cancelled() => {}
                () = lane.kill.cancelled() => {}
                () = lane.tend() => {}
                () = lane.watch() => {}
            }
        });
    }

    async fn watch(&self) {
        loop {
            sleep(TICK).await;
            self.board.tick(self.now());
        }
    }

    async fn tend(&self) {
        let hours = |hours: u32| SignedDuration::from_hours(i64::from(hours));
        let (mut surveyed, mut synced): (Option<Timestamp>, Option<Timestamp>) = (None, None);
        let follows = matches!(self.settings.mode, Mode::Follower | Mode::Consult)
            && self.settings.follower_sync_hours > 0;
        loop {
            let tended = self.keeper.tend().await;
            let now = self.now();
            match tended {
                Ok((_, warning)) => {
                    self.board.tokens(now, None);
                    self.board.limit(now, "tokens", warning);
                    let recheck = i64::try_from(self.settings.recheck_s).unwrap_or(i64::MAX);
                    let survey_due = match self.board.stopped_since() {
                        // An account that answers is no proof that its trouble is over: the stop stands for its time.
                        Some(since) => is_due(Some(since), SignedDuration::from_secs(recheck), now),
                        None => is_due(surveyed, hours(self.settings.survey_hours), now),
                    };
                    if self.board.is_unreached() || survey_due {
                        self.survey().await;
                        surveyed = Some(now);
                    }
                    if follows
                        && self.board.subscribe().borrow().can_send()
                        && is_due(synced, hours(self.settings.follower_sync_hours), now)
                        && self.followers().await
                    {
                        synced = Some(now);
                    }
                }
                Err(trouble) => self.board.tokens(now, Some(trouble)),
            }
            sleep(self.settings.retry()).await;
        }
    }

    async fn survey(&self) {
        let reply = self.ask(&Ask::get(Host::Oa, "/v2.0/oa/getoa", Vec::new()), &Stage::default()).await;
        let now = self.now();
        match reply {
            Ok(reply) if reply.code == 0 => self.account(&reply),
            Ok(reply) => {
                let reason = codes::reason(reply.code, codes::look_up(Host::Oa, reply.code, &reply.message));
                if codes::look_up(Host::Oa, reply.code, &reply.message).class == Class::Config {
                    self.board.stopped(now, &reason.text);
                } else {
                    self.board.unreached(now, &reason.text);
                }
                return;
            }
            Err(no) => return self.silent(no),
        }
        if self.settings.mode == Mode::Phone {
            // Messages go to the other host, so that one must answer as well.
            let ask = Ask::get(Host::Zns, "/message/quota", Vec::new());
            match self.ask(&ask, &Stage::default()).await {
                Ok(reply) if integer(&reply.data()["remainingQuota"]) == Some(0) => self.hold_for_reset(),
                Ok(_) => {}
                Err(no) => return self.silent(no),
            }
        }
        if matches!(self.settings.mode, Mode::Phone | Mode::Follower) {
            // What was refused may have been approved since; the next send tells.
            self.board.limit(self.now(), "template", None);
            self.templates().await;
        }
        self.board.reached(self.now());
    }

    /// A host that should answer does not.
    fn silent(&self, no: NoReply) {
        let now = self.now();
        match no {
            NoReply::Lost(Lost::NotSent(why)) => self.board.unreached(now, why),
            NoReply::Lost(Lost::Unknown { text, .. }) => self.board.unreached(now, &text),
            NoReply::Tokens(trouble) => self.board.tokens(now, Some(trouble)),
            NoReply::Budget(_) => self.board.unreached(now, "the app's calls of this minute are used up"),
        }
    }

    fn account(&self, reply: &Reply) {
        let (now, data) = (self.now(), reply.data());
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = text_of(data, "name");
        let unverified = boolean(&data["is_verified"]) == Some(false);
        let text = unverified
            .then(|| "the Official Account is not verified: verify it with the platform".to_owned());
        self.board.limit(now, "verified", text);
        let end = package_end(&text_of(data, "package_valid_through_date"));
        let left = end.map(|end| end.duration_since(now).as_hours() / 24);
        let text = left
            .filter(|left| *left <= PACKAGE_WARN_DAYS)
            .map(|left| format!("the Official Account's package ends in {left} days: renew it"));
        self.board.limit(now, "package", text);
    }

    async fn templates(&self) {
        let mut findings = Vec::new();
        let mut offset = 0;
        while offset < TEMPLATES_MAX {
            let query = vec![
                ("offset", offset.to_string()),
                ("limit", TEMPLATES_PAGE.to_string()),
                // A number: enabled. A word is refused.
                ("status", "1".to_owned()),
                ("filterPreset", "0".to_owned()),
            ];
            let Some(reply) = self.look(&Ask::get(Host::Zns, "/template/all", query)).await else { break };
            let rows = reply.data().as_array().cloned().unwrap_or_default();
            for row in &rows {
                let Some(id) = word(&row["templateId"]) else { continue };
                let ask = Ask::get(Host::Zns, "/template/info/v2", vec![("template_id", id.clone())]);
                let Some(reply) = self.look(&ask).await else { continue };
                findings.push(Finding::Template(template(id, reply.data(), self.settings.mode)));
            }
            if rows.len() < TEMPLATES_PAGE {
                break;
            }
            offset += rows.len();
        }
        self.found(findings).await;
    }

    /// First everybody, then each commune's tag, so that the commune is what stands. False: it was cut short.
    async fn followers(&self) -> bool {
        let mut tags: Vec<Option<String>> = vec![None];
        let Some(reply) = self.look(&Ask::get(Host::Oa, "/v2.0/oa/tag/gettagsofoa", Vec::new())).await else {
            return false;
        };
        let names = reply.data().as_array().map(Vec::as_slice).unwrap_or_default();
        let communes = names.iter().filter_map(word).filter(|name| self.commune(name).is_some());
        tags.extend(communes.take(TAGS_MAX).map(Some));
        let mut seen = BTreeSet::new();
        // The communes go first; whoever is in none of them follows without an area.
        for tag in tags.into_iter().rev() {
            if !self.page_through(tag.as_deref(), &mut seen).await {
                return false;
            }
        }
        true
    }

    async fn page_through(&self, tag: Option<&str>, seen: &mut BTreeSet<String>) -> bool {
        let area = tag.and_then(|tag| self.commune(tag));
        let mut offset = 0;
        while offset <= FOLLOWERS_OFFSET_MAX {
            let mut data = json!({ "offset": offset, "count": FOLLOWERS_PAGE, "is_follower": true });
            if let Some(tag) = tag {
                data["tag_name"] = json!(tag);
            }
            let ask = Ask::get(Host::Oa, "/v3.0/oa/user/getlist", vec![("data", data.to_string())]);
            let Some(reply) = self.look(&ask).await else { return false };
            let users = reply.data()["users"].as_array().map(Vec::as_slice).unwrap_or_default();
            let fresh =
                users.iter().filter_map(|user| word(&user["user_id"])).filter(|id| seen.insert(id.clone()));
            let findings: Vec<_> = fresh
                .map(|address| {
                    let area = area.clone();
                    Finding::Follower(Follower {
                        address,
                        follows: true,
                        area,
                        phone: None,
                        last_interaction: None,
                    })
                })
                .collect();
            self.found(findings).await;
            offset += users.len();
            let total = integer(&reply.data()["total"]).and_then(|total| usize::try_from(total).ok());
            if users.is_empty() || total.is_some_and(|total| offset >= total) {
                break;
            }
        }
        true
    }

    fn commune(&self, tag: &str) -> Option<String> {
        let code = tag.strip_prefix(self.settings.commune_tag_prefix.as_str())?;
        Some(code.to_owned()).filter(|code| !code.is_empty())
    }

    /// A call that only reads: tried again while the platform is busy. `None`: it will not answer now.
    async fn look(&self, ask: &Ask) -> Option<Reply> {
        for _ in 0..AGAIN_MAX {
            match self.ask(ask, &Stage::default()).await {
                Ok(reply) if reply.code == 0 => return Some(reply),
                Ok(reply) => {
                    let row = codes::look_up(ask.host, reply.code, &reply.message);
                    if row.class == Class::Limit {
                        self.app.exhausted(self.now());
                    } else if row.class != Class::Retry {
                        tracing::warn!(
                            lane = self.context.lane,
                            path = ask.path,
                            code = reply.code,
                            "not told"
                        );
                        return None;
                    }
                }
                Err(NoReply::Budget(_)) => {}
                Err(NoReply::Tokens(_) | NoReply::Lost(_)) => return None,
            }
            sleep(AGAIN).await;
        }
        None
    }
}

fn is_due(last: Option<Timestamp>, pause: SignedDuration, now: Timestamp) -> bool {
    last.is_none_or(|last| now.duration_since(last).abs() >= pause)
}

fn text_of(data: &Value, key: &str) -> String {
    text(&data[key])
}

/// `30/04/2027`; other forms are not read.
fn package_end(written: &str) -> Option<Timestamp> {
    let mut cells = written.split('/');
    let mut cell = || cells.next()?.trim().parse::<i16>().ok();
    let (day, month, year) = (cell()?, cell()?, cell()?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn template(id: String, data: &Value, mode: Mode) -> TemplateFacts {
    let number = |value: &Value| integer(value).and_then(|number| u32::try_from(number).ok());
    let rows = data["listParams"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parameter = |row: &Value| {
        Some(TemplateParameter {
            name: word(&row["name"])?,
            required: boolean(&row["require"]).unwrap_or(true),
            min_length: number(&row["minLength"]).unwrap_or(0),
            max_length: number(&row["maxLength"]).unwrap_or(0),
        })
    };
    let price = if mode == Mode::Phone { &data["price_sdt"] } else { &data["price_uid"] };
    TemplateFacts {
        id,
        name: text(&data["templateName"]),
        enabled: text(&data["status"]).eq_ignore_ascii_case("ENABLE"),
        parameters: rows.iter().filter_map(parameter).collect(),
        price_dong: number(price).or_else(|| number(&data["price"])),
    }
}
