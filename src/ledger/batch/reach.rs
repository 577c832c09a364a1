//! Persons as reports show them: how far each message has come, and where a page of persons ends.

use crate::domain::{State, verdict::hope};
use crate::ledger::{ReachRow, Result, TargetRow};

use super::stored::{route, word};

/// Each state with its rank, as statements take it.
pub(in crate::ledger) fn hopes() -> Vec<(&'static str, i64)> {
    State::ALL.iter().map(|state| (state.as_str(), i64::from(hope(*state)))).collect()
}

/// Those who were found by commune or group, each once; `None` if they are more than a list should be.
pub(in crate::ledger) fn listed(mut found: Vec<i64>, listed_max: usize) -> Option<Vec<i64>> {
    let few = found.len() <= listed_max;
    few.then(|| {
        found.sort_unstable();
        found.dedup();
        found
    })
}

/// Bits of a cursor that hold a message's number; the route stands above them. Where persons have several messages the
/// cursor is the number of the target.
const SEQ_BITS: u32 = 40;

pub(in crate::ledger) fn split_cursor(cursor: i64) -> (i64, i64) {
    (cursor >> SEQ_BITS, cursor & ((1 << SEQ_BITS) - 1))
}

type PersonColumns = (i64, i64, Option<String>, String, String, i64);

pub(in crate::ledger) fn reach_rows(rows: Vec<PersonColumns>, several: bool) -> Result<Vec<ReachRow>> {
    rows.into_iter()
        .map(|(seq, target_seq, phone, area, state, on)| {
            let cursor = if several { target_seq } else { (on << SEQ_BITS) | seq };
            let state = word(&state, "message", "state")?;
            Ok(ReachRow { cursor, target_seq, phone, area, state, route: Some(route(on, "message")?) })
        })
        .collect()
}

type TargetColumns = (i64, Option<String>, Option<i64>);

/// Targets with their other addresses; both in the order of `seq`.
pub(in crate::ledger) fn target_rows(
    rows: Vec<TargetColumns>,
    legs: Vec<(i64, i64, String)>,
) -> Result<Vec<TargetRow>> {
    let mut legs = legs.into_iter().peekable();
    let mut targets = Vec::with_capacity(rows.len());
    for (seq, phone, sms) in rows {
        let sms = sms.map(|on| route(on, "target")).transpose()?;
        let mut target = TargetRow { seq, sms: sms.zip(phone), legs: Vec::new() };
        while let Some((_, on, address)) = legs.next_if(|(leg, _, _)| *leg <= seq) {
            target.legs.push((route(on, "leg")?, address));
        }
        targets.push(target);
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RouteId;

    #[test]
    fn cursors_are_taken_apart_as_they_were_put_together() {
        let rows = vec![(9, 30, Some("84520".into()), "05977".into(), "sent".into(), 7)];
        let cursor = reach_rows(rows, false).unwrap()[0].cursor;
        assert_eq!(split_cursor(cursor), (7, 9));
    }

    #[test]
    fn addresses_stay_with_their_target() {
        let targets =
            vec![(1, Some("84520".into()), Some(1)), (2, None, None), (3, Some("84521".into()), None)];
        let legs = vec![(2, 5, "u2".into()), (3, 5, "u3".into()), (3, 6, "84521".into())];
        let rows = target_rows(targets, legs).unwrap();
        assert_eq!(rows[0].sms, Some((RouteId(1), "84520".into())));
        assert_eq!((rows[0].legs.len(), rows[1].legs.len(), rows[2].legs.len()), (0, 1, 2));
        assert_eq!(rows[2].sms, None);
    }
}
