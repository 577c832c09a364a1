use crate::kit::*;
use serde_json::{Value, json};
use simulators::facebook::script::{RateBlock, Restriction, Usage};
use std::time::Duration;

fn usage(answer: &Answer, header: &str) -> Option<Value> {
    serde_json::from_str(answer.header(header)?).ok()
}

#[tokio::test]
async fn headers_tell_percent_once_there_is_something_to_tell() {
    let graph = graph(|_| {}).await;
    let quiet = graph.publish("a").await;
    assert_eq!((quiet.header("x-app-usage"), quiet.header("x-business-use-case-usage")), (None, None));
    graph.facebook.script_update(|script| {
        script.app_usage = Usage { call_count: 28, total_time: 25, total_cputime: 24 };
        script.page_usage = Usage { call_count: 97, ..Usage::default() };
    });
    let busy = graph.publish("b").await;
    assert_eq!(
        usage(&busy, "x-app-usage"),
        Some(json!({"call_count": 28, "total_time": 25, "total_cputime": 24}))
    );
    let page = usage(&busy, "x-business-use-case-usage").unwrap()[PAGE][0].clone();
    assert_eq!((&page["type"], &page["call_count"]), (&json!("pages"), &json!(97)));
    assert_eq!(page["estimated_time_to_regain_access"], 0);
    assert_eq!(busy.status, 200);
}

#[tokio::test]
async fn at_a_hundred_percent_calls_are_refused() {
    let graph = graph(|script| script.page_usage.total_time = 100).await;
    let page = graph.publish("a").await;
    assert_eq!((page.status, page.code()), (400, (80_001, 0)));
    let told = usage(&page, "x-business-use-case-usage").unwrap()[PAGE][0].clone();
    assert_eq!(told["estimated_time_to_regain_access"], 5);
    graph.facebook.script_update(|script| script.app_usage.call_count = 100);
    let app = graph.list(&[]).await;
    assert_eq!((app.status, app.code()), (403, (4, 0)));
    assert_eq!(app.json()["error"]["is_transient"], true);
    for (block, code) in [(RateBlock::App, 4), (RateBlock::Page, 80_001)] {
        graph.facebook.script_update(|script| {
            (script.app_usage, script.page_usage) = (Usage::default(), Usage::default());
            script.rate_block = Some(block);
        });
        assert_eq!(graph.publish("a").await.code(), (code, 0));
    }
    assert!(graph.facebook.posts().is_empty());
}

#[tokio::test]
async fn calling_on_extends_the_block() {
    let graph = graph(|script| (script.calls_max, script.regain_minutes) = (Some(4), 10)).await;
    for nth in 1..=4 {
        let answer = graph.publish(&format!("{nth}")).await;
        let percent = usage(&answer, "x-business-use-case-usage").unwrap()[PAGE][0]["call_count"].clone();
        assert_eq!((answer.status, percent), (200, json!(25 * nth)));
    }
    assert_eq!(graph.publish("5").await.code(), (80_001, 0));
    graph.facebook.advance(Duration::from_secs(6 * 60));
    let meanwhile = graph.publish("6").await;
    assert_eq!(meanwhile.code(), (80_001, 0));
    let told = usage(&meanwhile, "x-business-use-case-usage").unwrap()[PAGE][0].clone();
    assert_eq!(told["estimated_time_to_regain_access"], 10, "anew");
    graph.facebook.advance(Duration::from_secs(6 * 60));
    assert_eq!(graph.publish("7").await.code(), (80_001, 0), "twelve minutes after the first");
    graph.facebook.advance(Duration::from_secs(11 * 60));
    assert_eq!(graph.publish("8").await.status, 200);
}

#[tokio::test]
async fn a_restricted_page_cannot_publish_and_says_so() {
    let graph = graph(|_| {}).await;
    let path = format!("{PAGE}/page_status");
    assert_eq!(graph.get(&path, &[]).await.json()["status"], "ok");
    graph.facebook.script_update(|script| {
        "restricted".clone_into(&mut script.page_status.status);
        script.page_status.restrictions.push(Restriction {
            feature: "page_publish".to_owned(),
            status: "active".to_owned(),
            applied_time: 1_790_000_000,
            expiration_time: 1_790_086_400,
        });
    });
    let status = graph.get(&path, &[]).await.json();
    assert_eq!(status["status"], "restricted");
    assert_eq!(status["restrictions"][0]["feature"], "page_publish");
    let vietnamese = graph.post(&format!("{PAGE}/feed"), &[("message", "m"), ("locale", "vi_VN")]).await;
    assert_eq!(vietnamese.code(), (368, 0));
    assert_eq!(vietnamese.json()["error"]["error_user_title"], "Bạn tạm thời bị chặn");
}
