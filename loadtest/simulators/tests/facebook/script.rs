use crate::kit::*;
use simulators::facebook::script::FacebookScript;
use simulators::facebook::{Calls, Facebook, Fault, FaultKind, GraphError, When};

#[test]
fn a_script_is_data() {
    let written = r#"
        proof_required = true
        duplicate_window_ms = 60000
        rate_block = "page"
        faults = [
            { what = "commit_then_code2", when = { once = 1 } },
            { what = { commit_then_timeout = { ms = 500 } }, when = { every = 10 }, on = "posts" },
            { what = { error = { http = 400, code = 368, subcode = 1390008, text = "later" } }, when = { share = 0.5 } },
        ]
        [token]
        kind = "SYSTEM_USER"
        [listing]
        delayed_ms = 5000
    "#;
    let script: FacebookScript = toml::from_str(written).unwrap();
    assert!(script.proof_required);
    assert_eq!(script.listing.delayed_ms, 5_000);
    assert_eq!(script.faults[1].on, Calls::Posts);
    let mut error = GraphError::new(368, "later");
    error.subcode = Some(1_390_008);
    assert_eq!(script.faults[2], Fault::new(FaultKind::Error(error), When::Share(0.5)));
    assert_eq!(script.page_id, PAGE, "what is not said is usual");
    let again: FacebookScript = serde_json::from_value(serde_json::to_value(&script).unwrap()).unwrap();
    assert_eq!(again, script);
}

#[test]
fn unknown_keys_are_refused() {
    for bad in ["prof_required = true", "[listing]\nshufled = true", "[token]\nkind = \"PAGES\""] {
        assert!(toml::from_str::<FacebookScript>(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn it_serves_this_machine_only() {
    for bad in ["0.0.0.0:0", "192.0.2.1:80", "nonsense", "127.0.0.1"] {
        assert!(Facebook::start(FacebookScript::default(), bad).await.is_err(), "{bad}");
    }
}

#[tokio::test]
async fn many_run_in_one_process_and_the_port_is_given_back() {
    let (one, two) = (graph(|_| {}).await, graph(|_| {}).await);
    one.publish("one").await;
    assert_eq!((one.facebook.posts().len(), two.facebook.posts().len()), (1, 0));
    let address = one.facebook.address().to_string();
    one.facebook.stop().await;
    let again = Facebook::start(FacebookScript::default(), &address).await.unwrap();
    assert_eq!(again.base(), format!("http://{address}"));
}
