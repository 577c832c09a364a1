//! Ready-made carriers for demonstrations: three that every gateway meets sooner or later.

use super::script::{
    Fault, FaultKind, IdStyle, KeyCase, Outcome, ReceiptForm, ReceiptScript, ReceiptStyle, SmscScript,
    Weight, When,
};

/// Receipts of these carriers come so long after the submit.
const RECEIPT_DELAY_MS: u64 = 50;

impl SmscScript {
    /// Holds its client to a granted rate and says `ESME_RTHROTTLED` above it.
    pub fn throttling(rate_per_s: u32) -> Self {
        Self { rate_per_s: Some(rate_per_s), receipts: soon(), ..Self::default() }
    }

    /// Accepts a message and ends the connection before answering, at every `every_submits`-th submit.
    pub fn dropping(every_submits: u64) -> Self {
        let fault = Fault::new(FaultKind::DropBeforeResponse, When::Every(every_submits));
        Self { faults: vec![fault], receipts: soon(), ..Self::default() }
    }

    /// Answers ids in hexadecimal and writes them in decimal in receipts that follow no single form;
    /// some come twice, some contradict the one before, some come first.
    pub fn odd_receipts() -> Self {
        let faults = vec![
            Fault::new(FaultKind::DuplicateReceipt, When::Every(11)),
            Fault::new(FaultKind::ContradictingReceipt, When::Every(101)),
            Fault::new(FaultKind::ReceiptBeforeResponse, When::Every(7)),
        ];
        let mix = [
            (Outcome::Delivered, 90),
            (Outcome::Enroute, 3),
            (Outcome::Undeliverable, 3),
            (Outcome::Expired, 2),
            (Outcome::Rejected, 1),
            (Outcome::Unknown, 1),
        ];
        let receipts = ReceiptScript {
            mix: mix.map(|(outcome, weight)| Weight { outcome, weight }).to_vec(),
            forms: odd_forms(),
            delay_jitter_ms: RECEIPT_DELAY_MS,
            ..soon()
        };
        Self { ids: IdStyle::HexThenDecimal, faults, receipts, ..Self::default() }
    }
}

fn soon() -> ReceiptScript {
    ReceiptScript { delay_ms: RECEIPT_DELAY_MS, ..ReceiptScript::default() }
}

fn odd_forms() -> Vec<ReceiptForm> {
    let text = ReceiptForm { style: ReceiptStyle::Text, ..ReceiptForm::default() };
    let tlvs = ReceiptForm { style: ReceiptStyle::Tlvs, ..ReceiptForm::default() };
    vec![
        text,
        tlvs,
        ReceiptForm::default(),
        ReceiptForm { without_counts: true, ..text },
        ReceiptForm { without_dates: true, ..text },
        ReceiptForm { dates_with_seconds: true, capital_text: true, ..text },
        ReceiptForm { keys: KeyCase::Upper, ..text },
        ReceiptForm { keys: KeyCase::Capital, lower_case_state: true, ..text },
        ReceiptForm { err_4_digits: true, ..text },
        ReceiptForm { tlv_without_nul: true, ..tlvs },
        ReceiptForm { state_in_2_octets: true, stray_octets: 2, ..ReceiptForm::default() },
        ReceiptForm { as_data_sm: true, ..ReceiptForm::default() },
    ]
}
