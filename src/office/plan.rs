//! Which channels an alert uses and in which order, as somebody asks for it: a plan of the settings by its name, or the
//! steps themselves.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{Act, Complaint, Complaints, Office, Result, Text, accounts::require};
use crate::{
    domain::{Channel, Plan, PlanRefusal},
    engine::Reach,
    ledger::Account,
};

/// How a plan is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PlanForm {
    /// As the settings call it.
    Named(String),
    Steps(Plan),
}

/// A plan of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedPlan {
    pub name: String,
    pub plan: Plan,
}

/// By hand, because an untagged enum would not say which field of the steps is wrong.
impl<'de> Deserialize<'de> for PlanForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = PlanForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a plan, or its steps")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> std::result::Result<PlanForm, E> {
                Ok(PlanForm::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<PlanForm, A::Error> {
                Plan::deserialize(MapAccessDeserializer::new(map)).map(PlanForm::Steps)
            }
        }

        deserializer.deserialize_any(Form)
    }
}

impl Office {
    /// The plans that an alert may name.
    ///
    /// # Errors
    /// `by` may not.
    pub fn plans(&self, by: &Account) -> Result<Vec<NamedPlan>> {
        require(by, Act::Read)?;
        let setup = self.setup.load();
        let plans = setup.plans.iter();
        Ok(plans.map(|(name, plan)| NamedPlan { name: name.clone(), plan: plan.clone() }).collect())
    }

    /// The plan that is asked for; none if it cannot be used, and the complaint why.
    pub(super) fn planned(&self, asked: Option<&PlanForm>, complaints: &mut Complaints) -> Option<Plan> {
        let plan = match asked {
            None => Plan::default(),
            Some(PlanForm::Steps(plan)) => plan.clone(),
            Some(PlanForm::Named(name)) => match self.setup.load().plans.get(name) {
                Some(plan) => plan.clone(),
                None => {
                    complaints.0.push(self.unknown(name));
                    return None;
                }
            },
        };
        if let Err(refusal) = plan.check() {
            complaints.0.push(plan_complaint(&refusal));
            return None;
        }
        let mut found = self.unserved(&plan);
        found.extend(self.late_pages(&plan));
        if found.is_empty() {
            return Some(plan);
        }
        complaints.0.extend(found);
        None
    }

    /// What goes to nobody in particular, on a later step: it cannot be for those who were not reached before. (That a post
    /// is such a one is known without the settings.)
    fn late_pages(&self, plan: &Plan) -> Vec<Complaint> {
        let setup = self.setup.load();
        let is_page = |channel: Channel| {
            let mut routes = setup.routes.iter().filter(|route| route.channel == channel);
            routes.any(|route| matches!(route.reach, Reach::Page(_)))
        };
        let mut found = Vec::new();
        for (n, step) in plan.steps.iter().enumerate().skip(1) {
            for channel in step.channels.iter().filter(|channel| is_page(**channel)) {
                found.push(page_late(n, *channel));
            }
        }
        found
    }

    fn unknown(&self, name: &str) -> Complaint {
        let setup = self.setup.load();
        let names: Vec<&str> = setup.plans.keys().map(String::as_str).collect();
        let remedy = if names.is_empty() {
            Text::of("ghi từng bước", "write the steps; the settings have no plans")
        } else {
            let names = names.join(", ");
            Text::from((format!("chọn một trong: {names}"), format!("use one of: {names}")))
        };
        Complaint::new("plan", name, ("không có kế hoạch này", "there is no such plan"), remedy)
    }

    /// Channels that no lane serves: nothing would ever leave on them.
    fn unserved(&self, plan: &Plan) -> Vec<Complaint> {
        let setup = self.setup.load();
        let served = |channel: Channel| {
            setup.routes.iter().any(|route| route.channel == channel && !route.lanes.is_empty())
        };
        let mut found = Vec::new();
        for (n, step) in plan.steps.iter().enumerate() {
            for channel in step.channels.iter().filter(|channel| !served(**channel)) {
                found.push(Complaint::new(
                    &format!("plan.steps[{n}].channels"),
                    channel.as_str(),
                    ("không có đường gửi nào cho kênh này", "no lane serves this channel"),
                    (
                        "bỏ kênh này, hoặc thêm đường gửi vào cấu hình",
                        "take it out, or add a lane for it to the settings",
                    ),
                ));
            }
        }
        found
    }
}

fn plan_complaint(refusal: &PlanRefusal) -> Complaint {
    let step_field = |step: usize, field: &str| format!("plan.steps[{step}].{field}");
    match refusal {
        PlanRefusal::Empty => Complaint::new(
            "plan.steps",
            "",
            ("kế hoạch không có bước nào", "a plan without steps"),
            ("chọn ít nhất một kênh", "name at least one channel"),
        ),
        PlanRefusal::TooManySteps { steps } => Complaint::new(
            "plan.steps",
            &steps.to_string(),
            ("quá nhiều bước", "too many steps"),
            ("dùng mỗi kênh một lần", "use each channel once"),
        ),
        PlanRefusal::NoChannel { step } => Complaint::new(
            &step_field(*step, "channels"),
            "",
            ("bước này không có kênh nào", "a step without channels"),
            ("thêm kênh, hoặc bỏ bước này", "name a channel, or take the step out"),
        ),
        PlanRefusal::Twice { step, channel } => Complaint::new(
            &step_field(*step, "channels"),
            channel.as_str(),
            ("kênh này dùng hai lần", "this channel is used twice"),
            ("giữ lại một lần", "keep one of them"),
        ),
        PlanRefusal::FirstWaits { wait_s } => Complaint::new(
            &step_field(0, "wait_s"),
            &wait_s.to_string(),
            ("bước đầu bắt đầu ngay, không chờ", "the first step begins at once"),
            ("ghi 0", "set 0"),
        ),
        PlanRefusal::Wait { step, wait_s } => Complaint::new(
            &step_field(*step, "wait_s"),
            &wait_s.to_string(),
            ("thời gian chờ không hợp lệ", "not a time to wait"),
            ("ghi từ 1 giây đến một ngày (86400)", "set 1 second to one day (86400)"),
        ),
        PlanRefusal::PageLate { step } => page_late(*step, Channel::Facebook),
    }
}

fn page_late(step: usize, channel: Channel) -> Complaint {
    Complaint::new(
        &format!("plan.steps[{step}].channels"),
        channel.as_str(),
        (
            "bài đăng không gửi cho riêng ai, không thể là bước sau",
            "a post reaches nobody in particular and cannot follow on a step",
        ),
        ("chuyển lên bước đầu", "move it to the first step"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_by_name_or_step_by_step_and_a_wrong_step_is_named() {
        let read = |text: &str| serde_json::from_str::<PlanForm>(text);
        assert_eq!(read("\"storm\"").unwrap(), PlanForm::Named("storm".into()));
        let steps = r#"{"steps":[{"channels":["zalo"],"wait_s":0},{"channels":["sms"],"wait_s":600}]}"#;
        let form = read(steps).unwrap();
        assert_eq!(serde_json::to_string(&form).unwrap(), steps);
        let wrong = read(r#"{"steps":[{"channels":["pigeon"]}]}"#).unwrap_err();
        assert!(wrong.to_string().contains("`pigeon` is not known; use one of: sms, zalo"), "{wrong}");
        assert!(read("7").is_err());
    }
}
