use crate::kit::*;
use simulators::facebook::script::{REMOVED_METRICS, VALID_METRICS};
use std::time::Duration;

async fn value(graph: &Graph, post: &str, metric: &str) -> serde_json::Value {
    let answer = graph.get(&format!("{post}/insights"), &[("metric", metric), ("period", "lifetime")]).await;
    let row = answer.json()["data"][0].clone();
    assert_eq!((&row["name"], &row["period"]), (&metric.into(), &"lifetime".into()), "{answer:?}");
    row["values"][0]["value"].clone()
}

#[tokio::test]
async fn numbers_grow_with_time_and_stop_at_the_most() {
    let graph = graph(|script| script.engagement.views_max = 5_000).await;
    let id = graph.publish("alert").await.id();
    graph.facebook.advance(Duration::from_secs(60));
    let early = value(&graph, &id, "post_media_view").await.as_u64().unwrap();
    assert!((600..700).contains(&early), "{early}");
    graph.facebook.advance(Duration::from_secs(86_400));
    assert_eq!(value(&graph, &id, "post_media_view").await, 5_000);
    assert_eq!(value(&graph, &id, "post_total_media_view_unique").await, 3_500);
    assert_eq!(value(&graph, &id, "post_clicks").await, 500);
    assert_eq!(value(&graph, &id, "post_reactions_love_total").await, 50);
    assert_eq!(value(&graph, &id, "post_reactions_by_type_total").await["like"], 150);
    let fields = "shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)";
    let counters = graph.get(&id, &[("fields", fields)]).await.json();
    assert_eq!(counters["shares"]["count"], 100);
    assert_eq!(counters["reactions"]["summary"]["total_count"], 250);
    assert_eq!(counters["comments"]["summary"]["total_count"], 0);
    assert_eq!(graph.facebook.counts().insight_reads, 6);
}

#[tokio::test]
async fn shares_are_absent_at_first_and_unseen_posts_have_no_views() {
    let graph = graph(|script| script.dev_mode = true).await;
    let id = graph.publish("unseen").await.id();
    graph.facebook.advance(Duration::from_secs(86_400));
    assert_eq!(value(&graph, &id, "post_media_view").await, 0);
    assert!(graph.get(&id, &[("fields", "shares")]).await.json().get("shares").is_none());
}

#[tokio::test]
async fn one_bad_metric_fails_the_whole_call() {
    let graph = graph(|_| {}).await;
    let insights = format!("{}/insights", graph.publish("alert").await.id());
    for metric in VALID_METRICS {
        assert_eq!(graph.get(&insights, &[("metric", metric)]).await.status, 200, "{metric}");
    }
    for metric in REMOVED_METRICS.into_iter().chain(["nonsense"]) {
        let both = format!("post_media_view,{metric}");
        let answer = graph.get(&insights, &[("metric", &both)]).await;
        assert_eq!(answer.code(), (100, 0), "{metric}");
        assert!(answer.text.contains("must be a valid insights metric"));
    }
    assert_eq!(graph.get(&insights, &[]).await.code(), (3_001, 1_504_028));
    assert_eq!(graph.get("1_2/insights", &[("metric", "post_clicks")]).await.code(), (100, 33));
}

#[tokio::test]
async fn numbers_may_be_missing_stale_or_withheld() {
    let graph = graph(|script| script.insights.missing = vec!["post_clicks".to_owned()]).await;
    let insights = format!("{}/insights", graph.publish("alert").await.id());
    let read = async |metric: &str| graph.get(&insights, &[("metric", metric)]).await;
    assert!(read("post_clicks").await.ids().is_empty(), "missing is not 0");
    graph.facebook.script_update(|script| script.insights.stale_day_rows = true);
    let rows = read("post_media_view").await.json()["data"].clone();
    assert_eq!((&rows[0]["period"], &rows[1]["period"]), (&"day".into(), &"lifetime".into()));
    graph.facebook.script_update(|script| script.insights.too_few_followers = true);
    assert_eq!(read("post_media_view").await.code(), (2_874_008, 0));
    graph.facebook.script_update(|script| {
        script.insights.too_few_followers = false;
        script.token.scopes.retain(|scope| scope != "read_insights");
    });
    assert!(read("post_media_view").await.ids().is_empty(), "without the permission there is no error");
}

#[tokio::test]
async fn one_gated_field_fails_the_whole_read() {
    let graph = graph(|script| script.token.scopes.retain(|scope| scope != "pages_read_user_content")).await;
    let id = graph.publish("alert").await.id();
    let fields = "message,comments.limit(0).summary(total_count)";
    assert_eq!(graph.get(&id, &[("fields", fields)]).await.code(), (10, 0));
    assert_eq!(graph.get(&id, &[("fields", "message,reactions.summary(true)")]).await.status, 200);
    assert_eq!(graph.get(&id, &[("fields", "message,nonsense")]).await.code(), (100, 0));
}
