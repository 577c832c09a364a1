//! A script made ready for use: look-ups instead of lists, and the counters that start with it.

use super::chance::Chance;
use super::script::{FaultKind, NumberScript, Outcome, ReceiptForm, SmscScript, When};
use std::collections::HashMap;

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) script: SmscScript,
    numbers: HashMap<u64, NumberScript>,
    weights_total: u64,
    forms: Vec<ReceiptForm>,
    pub(crate) submits: u64,
    pub(crate) binds: u64,
}

/// What goes wrong with one submit.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mishaps {
    pub(crate) drop_before_accept: bool,
    pub(crate) drop_before_response: bool,
    pub(crate) no_response: bool,
    pub(crate) late_ms: u64,
    pub(crate) receipt_first: bool,
    pub(crate) receipt_twice: bool,
    pub(crate) receipt_contradicts: bool,
    pub(crate) split_octets: u32,
    pub(crate) unknown_command: bool,
    pub(crate) garbage: bool,
    pub(crate) unbind: bool,
    pub(crate) stop_reading_ms: u64,
}

impl Plan {
    pub(crate) fn new(script: SmscScript) -> Self {
        let numbers = script.numbers.iter().map(|number| (number.number, *number)).collect();
        let weights_total = script.receipts.mix.iter().map(|share| u64::from(share.weight)).sum();
        let forms = if script.receipts.forms.is_empty() {
            vec![ReceiptForm::default()]
        } else {
            script.receipts.forms.clone()
        };
        Self { script, numbers, weights_total, forms, submits: 0, binds: 0 }
    }

    /// Counts a submit and says what goes wrong with it.
    pub(crate) fn next_submit(&mut self, chance: &mut Chance) -> Mishaps {
        self.submits += 1;
        let mut mishaps = Mishaps::default();
        for fault in &self.script.faults {
            let strikes = match fault.when {
                When::Once(at) => self.submits == at,
                When::After(count) => self.submits > count,
                When::Every(step) => step > 0 && self.submits.is_multiple_of(step),
                When::Share(share) => chance.falls(share),
            };
            if strikes {
                mishaps.add(fault.what);
            }
        }
        mishaps
    }

    /// The status that the script refuses this submit with, if any.
    pub(crate) fn refusal(&self, number: u64, chance: &mut Chance) -> Option<u32> {
        let by_number = self.numbers.get(&number).and_then(|entry| entry.refuse);
        by_number.or_else(|| {
            let struck = self.script.refusals.iter().find(|refusal| chance.falls(refusal.share));
            struck.map(|refusal| refusal.status)
        })
    }

    pub(crate) fn allows_source(&self, source: &[u8]) -> bool {
        let allowed = &self.script.sources_allowed;
        allowed.is_empty() || allowed.iter().any(|name| name.as_bytes() == source)
    }

    pub(crate) fn outcome(&self, number: u64, chance: &mut Chance) -> Outcome {
        if let Some(outcome) = self.numbers.get(&number).and_then(|entry| entry.outcome) {
            return outcome;
        }
        let mix = &self.script.receipts.mix;
        let mut at = match (mix.as_slice(), self.weights_total) {
            ([only], 1..) => return only.outcome,
            (_, 0) => return Outcome::Silent,
            (_, total) => chance.up_to(total - 1),
        };
        for share in mix {
            match at.checked_sub(u64::from(share.weight)) {
                Some(rest) => at = rest,
                None => return share.outcome,
            }
        }
        Outcome::Silent
    }

    /// Forms are used in turn, by message.
    pub(crate) fn form(&self, serial: u64) -> ReceiptForm {
        self.forms[(serial % self.forms.len() as u64) as usize]
    }
}

impl Mishaps {
    fn add(&mut self, what: FaultKind) {
        match what {
            FaultKind::DropBeforeAccept => self.drop_before_accept = true,
            FaultKind::DropBeforeResponse => self.drop_before_response = true,
            FaultKind::NoResponse => self.no_response = true,
            FaultKind::LateResponse { ms } => self.late_ms = self.late_ms.max(ms),
            FaultKind::ReceiptBeforeResponse => self.receipt_first = true,
            FaultKind::DuplicateReceipt => self.receipt_twice = true,
            FaultKind::ContradictingReceipt => self.receipt_contradicts = true,
            FaultKind::SplitWrites { octets } => self.split_octets = octets.max(1),
            FaultKind::UnknownCommand => self.unknown_command = true,
            FaultKind::Garbage => self.garbage = true,
            FaultKind::Unbind => self.unbind = true,
            FaultKind::StopReading { ms } => self.stop_reading_ms = ms,
        }
    }
}
