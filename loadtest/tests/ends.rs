//! The tool itself, from its command line to its exit code.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper of tests fails like a test")]

use std::process::{Command, Output};

use serde_json::Value;

fn loadtest(arguments: &[&str]) -> (Value, Output) {
    let out = Command::new(env!("CARGO_BIN_EXE_loadtest"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
        .args(arguments)
        .output()
        .expect("the tool starts");
    let figures = serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out.stderr)));
    (figures, out)
}

fn number(figures: &Value, path: &str) -> f64 {
    figures.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {path}: {figures}"))
}

#[test]
fn a_small_scenario_is_measured_and_holds() {
    let (figures, out) = loadtest(&["small", "--json"]);
    assert!(out.status.success() && figures["holds"] == true, "{figures}");
    assert_eq!(number(&figures, "/counts/delivered"), 1202.0);
    assert_eq!(number(&figures, "/provider_messages"), 1202.0);
    assert_eq!(number(&figures, "/compared/messages"), 1202.0, "the report was read to its end");
    assert!(number(&figures, "/approve_to_first_submit_ms/extreme/p50") > 0.0);
    assert_eq!(number(&figures, "/receipt_kept_ms/count"), 1204.0, "a receipt for every part");
    for path in
        ["/gateway/cpu_s", "/gateway/rss_max_mb", "/simulators/cpu_s", "/api_ms/counts/p99", "/csv_mb"]
    {
        assert!(number(&figures, path) > 0.0, "{path}");
    }
    for lane in figures["lanes"].as_array().expect("lanes") {
        // Whether it stays within the grant is for a machine at rest to say.
        assert!(number(lane, "/sliding_second_max") > 0.0 && number(lane, "/share_held") > 0.0, "{lane}");
    }
}

#[test]
fn kills_lose_nothing_and_repeat_nothing_without_a_word() {
    let (figures, out) = loadtest(&["crash", "crash-small.toml", "--kills", "2", "--seed", "7", "--json"]);
    assert!(out.status.success() && figures["holds"] == true, "{figures}");
    assert_eq!(number(&figures, "/kills_in_mid_send"), 2.0, "{figures}");
    assert!(number(&figures, "/in_doubt_total") > 0.0, "{figures}");
    assert_eq!(number(&figures, "/compared/lost") + number(&figures, "/compared/unannounced"), 0.0);
}

#[test]
fn a_broken_promise_is_the_exit_code() {
    // This gateway is allowed to claim one message at a time, which is less than what it has in flight when it is killed.
    let (figures, out) = loadtest(&["crash", "crash-greedy.toml", "--kills", "1", "--seed", "7", "--json"]);
    assert_eq!(out.status.code(), Some(1), "{figures}");
    assert!(figures["complaints"].to_string().contains("more than one claim"), "{figures}");
}

#[test]
fn a_scenario_nobody_knows_is_told_with_those_there_are() {
    let out = Command::new(env!("CARGO_BIN_EXE_loadtest")).arg("nonsense").output().expect("the tool starts");
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success() && told.contains("granted-rate"), "{told}");
}
