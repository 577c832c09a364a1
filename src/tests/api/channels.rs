//! Several channels: plans, what each channel will show, and what one of them lacks.

use contract::{Finding, TemplateFacts, TemplateParameter};
use loa::ledger::Role;
use serde_json::{Value, json};

use super::desk::{Desk, form};
use super::pictures::picture;

fn fields(preview: &Value, list: &str, name: &str) -> Vec<String> {
    let rows = preview[list].as_array().unwrap();
    rows.iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}

/// First Zalo and the page, then SMS.
fn storm() -> Value {
    let mut form = form();
    form["plan"] = json!("storm");
    form["content"]["zalo"] = json!({"template": "7", "parameters": {"kind": "Lũ quét", "time": "18h"}});
    form["content"]["post"] =
        json!({"text": "Lũ quét: bà con rời ven suối.", "link": "https://loa.example.vn/lu"});
    form
}

impl Desk {
    /// What the lane learns of its templates.
    async fn learn_template(&self, enabled: bool) {
        let parameter = |name: &str, max_length| TemplateParameter {
            name: name.to_owned(),
            required: true,
            min_length: 1,
            max_length,
        };
        let facts = TemplateFacts {
            id: "7".into(),
            name: "Cảnh báo thiên tai".into(),
            enabled,
            parameters: vec![parameter("kind", 30), parameter("time", 20)],
            price_dong: Some(300),
        };
        let route = self.office.setup.load().route_named("zalo").unwrap().id;
        let found = [Finding::Template(facts)];
        self.office.store.ledger.keep_findings(self.office.clock.now(), route, &found).await.unwrap();
    }

    async fn preview(&self, form: &Value) -> Value {
        self.post(Role::Author, "/preview", form).await.expect(200)
    }
}

#[tokio::test]
async fn a_plan_is_named_or_written_out_and_every_fault_in_it_has_its_place() {
    let desk = Desk::open().await;
    let plans = desk.get(Role::Auditor, "/plans").await.expect(200);
    assert_eq!(
        (&plans["rows"][0]["name"], &plans["rows"][0]["steps"][1]["wait_s"]),
        (&json!("storm"), &json!(600))
    );
    let alert = desk.post(Role::Author, "/alerts", &storm()).await.expect(201);
    assert_eq!(alert["plan"]["steps"], plans["rows"][0]["steps"]);
    assert_eq!(alert["content"]["zalo"]["parameters"]["time"], "18h");
    let plain = desk.post(Role::Author, "/alerts", &form()).await.expect(201);
    assert_eq!(plain["plan"], json!({"steps": [{"channels": ["sms"], "wait_s": 0}]}));

    let table = [
        (json!("flood"), "plan"),
        (json!(7), "plan"),
        (json!({"steps": []}), "plan.steps"),
        (json!({"steps": [{"channels": ["pigeon"]}]}), "plan.steps[0].channels[0]"),
        (json!({"steps": [{"channels": ["zalo"]}, {"channels": ["sms"]}]}), "plan.steps[1].wait_s"),
        (
            json!({"steps": [{"channels": ["sms"]}, {"channels": ["facebook"], "wait_s": 9}]}),
            "plan.steps[1].channels",
        ),
        (json!({"steps": [{"channels": ["sms", "sms"]}]}), "plan.steps[0].channels"),
    ];
    for (plan, field) in table {
        let mut wrong = form();
        wrong["plan"] = plan;
        let problem = desk.post(Role::Author, "/alerts", &wrong).await.expect(422);
        assert_eq!(fields(&problem, "errors", "field"), [field], "{problem}");
    }
    let mut unknown = form();
    unknown["plan"] = json!("flood");
    let problem = desk.post(Role::Author, "/alerts", &unknown).await.expect(422);
    assert_eq!(problem["errors"][0]["remedy"], "use one of: storm");
}

#[tokio::test]
async fn every_channel_is_shown_before_anybody_approves() {
    let desk = Desk::open().await;
    desk.with_people(6).await.expect(201);
    desk.learn_template(true).await;
    let stored = desk.picture(Role::Author, "image/png", &picture(800, 600)).await.expect(200);
    let mut form = storm();
    form["content"]["post"]["pictures"] = json!([{"hash": stored["hash"], "alt": "bản đồ"}]);
    let preview = desk.preview(&form).await;
    assert_eq!((&preview["refusals"], &preview["targets"]), (&json!([]), &json!(6)));
    assert_eq!(fields(&preview, "channels", "route"), ["zalo", "page", "viettel", "mobifone"]);
    let channels = preview["channels"].as_array().unwrap();
    let [zalo, page, viettel, _] = channels.as_slice() else { panic!("{channels:?}") };

    let template = &zalo["template"];
    assert_eq!(
        (&zalo["step"], &zalo["targets"], &template["cost_dong"]),
        (&json!(1), &json!(6), &json!(1800))
    );
    assert_eq!(
        template["parameters"][0],
        json!({"name": "kind", "value": "Lũ quét", "chars": 7, "chars_max": 30})
    );
    let post = &page["post"];
    assert_eq!((&page["targets"], &post["pictures"][0]["media_type"]), (&json!(0), &json!("image/png")));
    assert_eq!(post["text"], "Lũ quét: bà con rời ven suối.\n\n[public reference]");
    assert_eq!((&viettel["step"], &viettel["targets"]), (&json!(2), &json!(3)));
    assert_eq!(viettel["sms"]["part_texts"][0], form["content"]["sms_accented"]);
    // The second step begins after ten minutes.
    assert!(viettel["finish"][2]["seconds"].as_f64().unwrap() > 600.0, "{viettel}");
    assert!(preview["finish"][2]["seconds"].as_f64().unwrap() < 600.0, "{preview}");

    // Kept, it has a reference.
    let id = desk.post(Role::Author, "/alerts", &form).await.expect(201)["id"].clone();
    let kept = desk.get(Role::Author, &format!("/alerts/{id}/preview")).await.expect(200);
    assert!(kept["channels"][1]["post"]["text"].as_str().unwrap().contains(&format!("[LOA-{id}-")), "{kept}");
}

#[tokio::test]
async fn what_a_channel_lacks_is_refused_before_it_is_submitted() {
    let desk = Desk::open().await;
    desk.with_people(2).await.expect(201);
    let refusals = async |form: &Value| fields(&desk.preview(form).await, "refusals", "field");
    // Nothing is known of the account's templates yet: it may be sent, and somebody should look.
    let unchecked = desk.preview(&storm()).await;
    assert_eq!(fields(&unchecked, "warnings", "code"), ["template-unchecked"], "{unchecked}");

    desk.learn_template(true).await;
    let mut none = storm();
    none["content"]["zalo"] = Value::Null;
    assert_eq!(refusals(&none).await, ["content.zalo"]);
    let mut odd = storm();
    odd["content"]["zalo"]["parameters"] = json!({"kind": "x".repeat(31), "where": "Đông Kinh"});
    assert_eq!(refusals(&odd).await, ["content.zalo.parameters"; 3], "missing, too long, not known");
    odd["content"]["zalo"]["template"] = json!("8");
    assert_eq!(refusals(&odd).await[0], "content.zalo.template");
    let mut unseen = storm();
    unseen["content"]["post"]["pictures"] = json!([{"hash": "0".repeat(64)}]);
    assert_eq!(refusals(&unseen).await, ["content.post.pictures"]);
    desk.learn_template(false).await;
    assert_eq!(refusals(&storm()).await, ["content.zalo.template"]);
    let id = desk.post(Role::Author, "/alerts", &storm()).await.expect(201)["id"].clone();
    desk.post(Role::Author, &format!("/alerts/{id}/submit"), &Value::Null).await.expect(422);
}

#[tokio::test]
async fn a_post_alone_needs_nobody_chosen() {
    let desk = Desk::open().await;
    let mut form = form();
    form["audience"] = json!({});
    form["plan"] = json!({"steps": [{"channels": ["facebook"]}]});
    let preview = desk.preview(&form).await;
    assert_eq!((&preview["refusals"], &preview["targets"]), (&json!([]), &json!(0)));
    let id = desk.approved_as(&form).await;
    desk.fan_out(id).await;
    let counts = desk.get(Role::Auditor, &format!("/alerts/{id}/counts")).await.expect(200);
    assert_eq!((&counts["total"]["queued"], &counts["people"]["queued"]), (&json!(1), &json!(0)));
    assert_eq!(counts["routes"][0]["channel"], "facebook");
    let exhibits = desk.get(Role::Auditor, &format!("/alerts/{id}/exhibits")).await.expect(200);
    assert_eq!(exhibits["rows"], json!([]));
}
