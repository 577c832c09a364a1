use crate::kit::*;
use reqwest::Method;
use simulators::facebook::error::DOCUMENTED;
use simulators::facebook::{Calls, Fault, FaultKind, GraphError, When};
use std::time::{Duration, Instant};

async fn faulty(what: FaultKind, when: When) -> Graph {
    graph(|script| script.faults = vec![Fault::new(what, when)]).await
}

#[tokio::test]
async fn an_answer_says_failed_and_the_post_is_there_or_not() {
    for (what, status, code, exists) in [
        (FaultKind::CommitThenCode2, 500, (2, 0), true),
        (FaultKind::FailBeforeCommit, 500, (2, 0), false),
        (FaultKind::CommitThenCode1, 500, (1, 99), true),
        (FaultKind::CommitThenError(GraphError::new(80_001, "too many")), 400, (80_001, 0), true),
    ] {
        let graph = faulty(what.clone(), When::Once(1)).await;
        let answer = graph.publish("[VN-1]").await;
        assert_eq!((answer.status, answer.code()), (status, code), "{what:?}");
        assert_eq!(graph.facebook.posts().len(), usize::from(exists), "{what:?}");
        assert_eq!(graph.list(&[]).await.ids().len(), usize::from(exists), "{what:?}");
        let counts = graph.facebook.counts();
        assert_eq!((counts.answers_spoilt, counts.posts_created), (u64::from(exists), u64::from(exists)));
        assert_eq!(graph.publish("[VN-1]").await.status, 200, "once only");
        assert_eq!(graph.facebook.counts().duplicate_posts, u64::from(exists), "what a resend does");
    }
    let bare = faulty(FaultKind::CommitThenCode1, When::Every(1)).await;
    let error = bare.publish("m").await.json()["error"].clone();
    assert!(error.get("type").is_none() && error.get("fbtrace_id").is_none(), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_id_or_without_json() {
    for (what, status, text, exists) in [
        (FaultKind::CommitThenNoId, 200, r#"{"success":true}"#, true),
        (FaultKind::CommitThenEmptyBody, 200, "", true),
        (FaultKind::CommitThenHtml502, 502, "<html>", true),
        (FaultKind::Html502, 502, "<html>", false),
    ] {
        let graph = faulty(what.clone(), When::Once(1)).await;
        let answer = graph.publish("m").await;
        assert_eq!(answer.status, status, "{what:?}");
        assert!(answer.text.starts_with(text), "{answer:?}");
        assert_eq!(graph.facebook.posts().len(), usize::from(exists), "{what:?}");
    }
}

#[tokio::test]
async fn the_connection_ends_before_within_or_instead_of_the_answer() {
    for (what, exists) in [
        (FaultKind::CommitThenTimeout { ms: 60 }, true),
        (FaultKind::CutBeforeCommit, false),
        (FaultKind::CommitThenCutBody, true),
    ] {
        let graph = faulty(what.clone(), When::Once(1)).await;
        let started = Instant::now();
        let lost = graph.try_publish("m").await.unwrap_err();
        assert!(!lost.is_timeout() && !lost.is_connect(), "{what:?} {lost:?}");
        let held = matches!(what, FaultKind::CommitThenTimeout { .. });
        assert!(!held || started.elapsed() >= Duration::from_millis(59));
        assert_eq!(lost.is_decode() || lost.is_body(), what == FaultKind::CommitThenCutBody, "{lost:?}");
        assert_eq!(graph.facebook.posts().len(), usize::from(exists), "{what:?}");
        assert_eq!(graph.publish("n").await.status, 200, "a new connection works");
    }
}

#[tokio::test]
async fn a_client_that_does_not_wait_leaves_the_post_behind() {
    let graph = faulty(FaultKind::CommitThenTimeout { ms: 60_000 }, When::Once(1)).await;
    let request = graph.request(Method::POST, &format!("{PAGE}/feed")).form(&[("message", "m")]);
    let lost = Graph::try_send(request.timeout(Duration::from_millis(200))).await.unwrap_err();
    assert!(lost.is_timeout());
    assert_eq!(graph.facebook.posts().len(), 1);
    let held = graph.request(Method::POST, &format!("{PAGE}/feed")).form(&[("message", "n")]);
    graph.facebook.script_update(|_| {});
    let held = tokio::spawn(held.send());
    assert!(graph.facebook.wait_for(|counts| counts.posts_created == 2, PATIENCE).await);
    let started = Instant::now();
    graph.facebook.stop().await;
    assert!(held.await.unwrap().is_err(), "stopping ends what is held");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_body_may_come_slowly() {
    let graph = faulty(FaultKind::SlowBody { ms: 80 }, When::Once(1)).await;
    let started = Instant::now();
    let id = graph.publish("m").await.id();
    assert!(started.elapsed() >= Duration::from_millis(79));
    assert_eq!(graph.facebook.posts()[0].id, id);
    assert_eq!(graph.facebook.counts().answers_spoilt, 0);
}

#[tokio::test]
async fn every_documented_error_can_be_injected() {
    let graph = graph(|_| {}).await;
    for (error, &(code, subcode, text)) in GraphError::all().zip(DOCUMENTED) {
        graph.facebook.script_update(|script| {
            script.faults = vec![Fault::new(FaultKind::Error(error.clone()), When::Every(1))];
        });
        let answer = graph.publish("m").await;
        assert_eq!((answer.status, answer.code()), (error.http, (u64::from(code), u64::from(subcode))));
        assert_eq!(answer.json()["error"]["message"], text);
    }
    let counts = graph.facebook.counts();
    assert_eq!(counts.refused_by_code.values().sum::<u64>(), DOCUMENTED.len() as u64);
    assert_eq!(counts.posts_created, 0);
    assert_eq!(GraphError::documented(190, Some(1)), None);
}

#[tokio::test]
async fn the_data_of_an_error_is_an_object_or_a_string() {
    let mut error = GraphError::documented(368, Some(1_346_003)).unwrap();
    for as_string in [false, true] {
        error.data_as_string = as_string;
        let graph = faulty(FaultKind::Error(error.clone()), When::Once(1)).await;
        let data = graph.publish("m").await.json()["error"]["error_data"].clone();
        assert_eq!((data.is_string(), data.is_object()), (as_string, !as_string), "{data}");
    }
}

#[tokio::test]
async fn when_is_once_after_every_or_a_share() {
    for (when, expected) in [
        (When::Once(2), vec![2]),
        (When::After(4), vec![5, 6]),
        (When::Every(3), vec![3, 6]),
        (When::Share(1.0), vec![1, 2, 3, 4, 5, 6]),
        (When::Share(0.0), vec![]),
    ] {
        let graph = faulty(FaultKind::FailBeforeCommit, when).await;
        let mut struck = Vec::new();
        for nth in 1..=6 {
            graph.list(&[]).await.ids();
            if graph.publish("m").await.status == 500 {
                struck.push(nth);
            }
        }
        assert_eq!(struck, expected, "{when:?}: reads do not count");
    }
}

#[tokio::test]
async fn faults_strike_only_the_calls_they_are_for() {
    let error = || FaultKind::Error(GraphError::new(2, "later"));
    let graph = graph(|_| {}).await;
    let id = graph.publish("alert").await.id();
    let (feed, comments, insights) =
        (format!("{PAGE}/feed"), format!("{id}/comments"), format!("{id}/insights"));
    let calls: [(Calls, Method, &str, Fields<'_>); 6] = [
        (Calls::Posts, Method::POST, &feed, &[("message", "m")]),
        (Calls::Comments, Method::POST, &comments, &[("message", "m")]),
        (Calls::Edits, Method::POST, &id, &[("message", "m")]),
        (Calls::Listings, Method::GET, "me/published_posts", &[]),
        (Calls::Insights, Method::GET, &insights, &[("metric", "post_clicks")]),
        (Calls::Deletes, Method::DELETE, &id, &[]),
    ];
    for (on, ..) in &calls {
        graph.facebook.script_update(|script| {
            script.faults = vec![Fault::new(error(), When::Once(1)).on(*on)];
        });
        for (call, method, path, query) in &calls {
            if *call == Calls::Deletes && on != call {
                continue;
            }
            let answer = Graph::send(graph.request(method.clone(), path).query(query)).await;
            assert_eq!(answer.status == 500, on == call, "{on:?} {call:?} {answer:?}");
        }
    }
    graph.facebook.script_update(|script| {
        script.faults = vec![Fault::new(error(), When::Once(1)).on(Calls::Uploads)];
    });
    assert_eq!(graph.upload(JPEG.to_vec(), &[]).await.status, 200, "with a post");
    assert_eq!(graph.upload(JPEG.to_vec(), &[("published", "false")]).await.status, 500);
}

#[tokio::test]
async fn garbage_is_answered_and_breaks_nothing() {
    let graph = graph(|_| {}).await;
    for path in ["", "_", "1_", "_1", "99999999999999999999_1", "1_2_3", "me", "%20", "v26.0", "1/comments/2"]
    {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT] {
            let request = graph.request(method.clone(), path).query(&[("message", "m")]);
            let status = Graph::send(request).await.status;
            assert!(status == 200 || status == 400, "{method} {path}: {status}");
        }
    }
    let broken = graph.request(Method::POST, &format!("{PAGE}/photos"));
    let broken = broken.header("content-type", "multipart/form-data; boundary=x").body("--x\r\nnothing");
    assert_eq!(Graph::send(broken).await.code(), (2_500, 0));
    assert_eq!(graph.publish("m").await.status, 200);
}
