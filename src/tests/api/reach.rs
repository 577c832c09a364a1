//! Whom an alert reached over all its channels, and its correction to exactly those.

use loa::ledger::Role;
use serde_json::{Value, json};

use super::desk::{Desk, form};

#[tokio::test]
async fn each_person_counts_once_with_the_best_of_all_channels() {
    let desk = Desk::open().await;
    desk.with_people(6).await.expect(201);
    let mut form = form();
    form["plan"] = json!({"steps": [{"channels": ["zalo", "sms"]}]});
    form["content"]["zalo"] = json!({"template": "7", "parameters": {"kind": "Lũ"}});
    let id = desk.approved_as(&form).await;
    desk.fan_out(id).await;
    desk.sent_on("zalo").await;
    desk.call_back("good", "delivered ref-2").await;

    let counts = desk.get(Role::Auditor, &format!("/alerts/{id}/counts?people=folded")).await.expect(200);
    assert_eq!(counts["total"]["accepted"], 12, "messages");
    let people = &counts["people"];
    assert_eq!(
        (&people["targets"], &people["delivered"], &people["sent"]),
        (&json!(6), &json!(1), &json!(5))
    );
    assert_eq!(people["queued"], 0, "{people}");

    let path = format!("/alerts/{id}/people");
    let delivered = desk.get(Role::Author, &format!("{path}?state=delivered")).await.expect(200);
    let rows = delivered["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["route"]), (1, &json!("zalo")));
    assert!(rows[0]["number"].as_str().unwrap().contains("***"), "{rows:?}");
    let page = desk.get(Role::Author, &format!("{path}?limit=4")).await.expect(200);
    let rest =
        desk.get(Role::Author, &format!("{path}?limit=4&after={}", page["next"].as_str().unwrap())).await;
    assert_eq!(rest.expect(200)["rows"].as_array().unwrap().len(), 2);
    let areas = desk.get(Role::Auditor, &format!("/alerts/{id}/areas")).await.expect(200);
    assert_eq!(areas["rows"][0]["counts"]["accepted"], 6, "persons, not messages");

    let lines = async |query: &str| {
        let file = desk.get(Role::Auditor, &format!("{path}.csv{query}")).await;
        assert_eq!(
            file.header("content-disposition"),
            format!("attachment; filename=\"loa-alert-{id}-people.csv\"")
        );
        file.text.lines().count() - 1
    };
    assert_eq!((lines("").await, lines("?reached=yes").await), (6, 1));
    assert_eq!((lines("?reached=unknown").await, lines("?reached=no").await), (5, 0));
    let whole = desk.get(Role::Auditor, &format!("{path}.csv?numbers=full&reached=yes")).await;
    assert!(whole.text.contains(",+849") && whole.text.contains(",delivered,"), "{}", whole.text);
    desk.get(Role::Author, &format!("{path}.csv?numbers=full")).await.expect(403);
    desk.get(Role::Author, &format!("{path}.csv?reached=maybe")).await.expect(400);
}

#[tokio::test]
async fn persons_of_one_channel_come_page_by_page_to_the_end() {
    let desk = Desk::open().await;
    desk.with_people(7).await.expect(201);
    let id = desk.approved().await;
    desk.fan_out(id).await;
    let (mut targets, mut after) = (Vec::new(), String::new());
    loop {
        let page = desk.get(Role::Author, &format!("/alerts/{id}/people?limit=3{after}")).await.expect(200);
        targets.extend(page["rows"].as_array().unwrap().iter().map(|row| row["target"].as_i64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
        assert!(targets.len() < 20, "the pages have no end");
    }
    targets.sort_unstable();
    assert_eq!(targets, [1, 2, 3, 4, 5, 6, 7]);
    let file = desk.get(Role::Author, &format!("/alerts/{id}/people.csv?reached=no")).await;
    assert_eq!(file.text.lines().count(), 8, "{}", file.text);
}

#[tokio::test]
async fn a_correction_goes_to_exactly_those_reached() {
    let desk = Desk::open().await;
    desk.with_people(6).await.expect(201);
    let wrong = desk.approved().await;
    desk.fan_out(wrong).await;
    desk.send_first_route().await;

    let mut form = desk.get(Role::Author, &format!("/alerts/{wrong}/correction")).await.expect(200);
    assert_eq!((&form["kind"], &form["audience"]["reached_by"]), (&json!("correction"), &json!(wrong)));
    let preview = desk.post(Role::Author, "/preview", &form).await.expect(200);
    assert_eq!(
        (&preview["targets"], &preview["refusals"]),
        (&json!(3), &json!([])),
        "those on Viettel have it"
    );
    let codes: Vec<_> =
        preview["warnings"].as_array().unwrap().iter().map(|warning| &warning["code"]).collect();
    assert!(codes.contains(&&json!("refers-still-sending")), "{preview}");
    let right = desk.approved_as(&form).await;
    desk.fan_out(right).await;
    let counts = desk.get(Role::Auditor, &format!("/alerts/{right}/counts")).await.expect(200);
    assert_eq!(counts["targets"], 3);

    // Left empty it is filled in; to others it does not go.
    form["audience"] = json!({});
    let filled = desk.post(Role::Author, "/alerts", &form).await.expect(201);
    assert_eq!(filled["audience"]["reached_by"], wrong);
    form["audience"] = json!({"areas": ["05977"]});
    let problem = desk.post(Role::Author, "/alerts", &form).await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "audience.reached_by", "{problem}");
    form["kind"] = json!("update");
    form["audience"] = json!({"areas": ["05977"], "reached_by": wrong});
    let problem = desk.post(Role::Author, "/alerts", &form).await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "audience.reached_by", "{problem}");
    form["audience"] = json!({"reached_by": 999});
    desk.post(Role::Author, "/alerts", &form).await.expect(422);
    desk.get(Role::Auditor, &format!("/alerts/{wrong}/correction")).await.expect(403);
}

#[tokio::test]
async fn a_correction_of_a_post_stands_under_it_and_leaves_a_template_blank() {
    let desk = Desk::open().await;
    desk.with_people(2).await.expect(201);
    let mut wrong = form();
    wrong["plan"] = json!("storm");
    wrong["content"]["zalo"] = json!({"template": "7", "parameters": {"kind": "Lũ"}});
    let wrong = desk.approved_as(&wrong).await;
    let form = desk.get(Role::Author, &format!("/alerts/{wrong}/correction")).await.expect(200);
    assert_eq!(form["plan"]["steps"], json!([{"channels": ["zalo", "facebook", "sms"], "wait_s": 0}]));
    assert_eq!(form["content"]["post"]["correcting"], "comment");
    assert_eq!(form["content"]["zalo"], json!({"template": "7", "parameters": {"kind": ""}}));
    let preview = desk.post(Role::Author, "/preview", &form).await.expect(200);
    let blamed: Vec<&Value> =
        preview["refusals"].as_array().unwrap().iter().map(|refusal| &refusal["field"]).collect();
    assert!(blamed.contains(&&json!("content.zalo.parameters")), "{preview}");
}
