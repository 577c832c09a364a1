use simulators::smsc::SmscScript;
use simulators::smsc::script::{FaultKind, IdStyle, Outcome, When};

#[test]
fn a_script_is_read_from_text_and_knows_its_fields() {
    let script: SmscScript = toml::from_str(
        r#"
        rate_per_s = 500
        ids = "hex_then_decimal"
        accounts = [{ system_id = "loa", password = "a-long-password" }]
        faults = [
            { what = "drop_before_response", when = { every = 1000 } },
            { what = { late_response = { ms = 900 } }, when = { share = 0.01 } },
        ]
        [bind]
        kinds = ["transceiver"]
        [receipts]
        delay_ms = 200
        mix = [{ outcome = "delivered", weight = 97 }, { outcome = "silent", weight = 3 }]
        forms = [{ style = "text", without_dates = true }]
        "#,
    )
    .unwrap();
    assert_eq!((script.rate_per_s, script.ids), (Some(500), IdStyle::HexThenDecimal));
    assert_eq!(script.faults[0].when, When::Every(1000));
    assert_eq!(script.faults[1].what, FaultKind::LateResponse { ms: 900 });
    assert_eq!(script.receipts.mix[1].outcome, Outcome::Silent);
    assert_eq!(script.window, SmscScript::default().window, "what is not said is as by default");

    let unknown = toml::from_str::<SmscScript>("rate_per_second = 500").unwrap_err();
    assert!(unknown.to_string().contains("rate_per_second"), "{unknown}");

    let written = toml::to_string(&SmscScript::odd_receipts()).unwrap();
    assert_eq!(toml::from_str::<SmscScript>(&written).unwrap(), SmscScript::odd_receipts());
}
