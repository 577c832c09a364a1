//! The end: what the ledger says of each message is explained by what the carriers' own books say, and the other way
//! round.

use std::collections::BTreeMap;

use contract::ReceiptVerdict;
use loa::domain::{AlertId, State};
use loa::ledger::{MessageFilter, MessageRow};

use super::{
    provider::Booked,
    world::{World, lock},
};

const ROWS_MAX: usize = 100_000;

impl World {
    /// Nothing waits and nothing is under way any more.
    pub(super) fn at_rest(&self) -> bool {
        let alerts: Vec<AlertId> = lock(&self.watch).alerts.keys().copied().collect();
        let open = |alert: &AlertId| {
            let row = self.at_once(self.store.catalog.alert(*alert)).unwrap().expect("the alert is there");
            let by_route = self.at_once(self.store.ledger.counts(*alert)).unwrap();
            let open = |counts: &loa::domain::Counts| counts.pending() + counts.sent > 0;
            !row.phase.is_final() || by_route.iter().any(|(_, counts)| open(counts))
        };
        lock(&self.provider).at_rest() && !alerts.iter().any(open)
    }

    pub(super) fn compare(&self) {
        let alerts: Vec<_> =
            lock(&self.watch).alerts.iter().map(|(alert, seen)| (*alert, seen.parts)).collect();
        for (alert, parts) in alerts {
            let all = MessageFilter::default();
            let rows = self.at_once(self.store.reports.messages(alert, &all, None, ROWS_MAX)).unwrap();
            for row in &rows {
                self.explain(row, parts);
            }
            self.add_up(alert, &rows, parts);
        }
    }

    fn explain(&self, row: &MessageRow, parts: usize) {
        let provider = lock(&self.provider);
        let none = Booked::default();
        let books: Vec<&Booked> =
            (1..=parts).map(|part| provider.books.get(&(row.key, part as u8)).unwrap_or(&none)).collect();
        let whole = books.iter().all(|booked| !booked.accepted.is_empty());
        let heard = |booked: &Booked, verdict| booked.receipts.iter().any(|receipt| receipt.1 == verdict);
        let explained = match row.state {
            State::Queued | State::Claimed | State::Sent => false,
            State::Delivered => whole && books.iter().all(|part| heard(part, ReceiptVerdict::Delivered)),
            State::Undelivered => books.iter().any(|part| heard(part, ReceiptVerdict::Failed)),
            State::Unconfirmed => whole && !self.forgotten(row, &books),
            State::Failed | State::Expired | State::Cancelled => !whole,
            State::Uncertain => self.doubtful(row),
        };
        let state = format!("{} is {}", row.key, row.state);
        self.note(&state);
        if !explained {
            self.wrong(&format!("{state}, and the carriers say {books:?}"));
        }
    }

    /// A receipt that was acknowledged, for a part whose reference the ledger has, decided nothing.
    fn forgotten(&self, row: &MessageRow, books: &[&Booked]) -> bool {
        let trail = self.at_once(self.store.reports.trail(row.key)).unwrap();
        let known = |reference: &str| trail.iter().any(|entry| entry.reference.as_deref() == Some(reference));
        let said =
            |verdict: ReceiptVerdict| matches!(verdict, ReceiptVerdict::Delivered | ReceiptVerdict::Failed);
        books.iter().all(|booked| {
            booked
                .receipts
                .iter()
                .any(|(reference, verdict, kept)| *kept && said(*verdict) && known(reference))
        })
    }

    /// Some attempt at it is without an answer.
    fn doubtful(&self, row: &MessageRow) -> bool {
        let trail = self.at_once(self.store.reports.trail(row.key)).unwrap();
        trail.iter().any(|entry| entry.what == "uncertain")
    }

    fn add_up(&self, alert: AlertId, rows: &[MessageRow], parts: usize) {
        let by_route = self.at_once(self.store.ledger.counts(alert)).unwrap();
        let provider = lock(&self.provider);
        for (route, counts) in by_route {
            let of_route = |key: &loa::domain::MessageKey| key.alert == alert && key.route == route;
            let mut states: BTreeMap<State, i64> = BTreeMap::new();
            for row in rows.iter().filter(|row| of_route(&row.key)) {
                *states.entry(row.state).or_default() += 1;
            }
            for state in State::ALL {
                let found = states.get(state).copied().unwrap_or_default();
                if counts.of(*state) != found {
                    self.wrong(&format!(
                        "alert {alert} route {route}: {found} are {state}, counted {counts:?}"
                    ));
                }
            }
            let books = provider.books.iter().filter(|((key, _), _)| of_route(key));
            let (mut taken, mut repeats) = (0, BTreeMap::new());
            for ((key, _), booked) in books {
                taken += booked.accepted.len() as i64;
                let more = booked.accepted.len().saturating_sub(1) as i64;
                let most: &mut i64 = repeats.entry(*key).or_default();
                *most = more.max(*most);
            }
            let repeats: i64 = repeats.values().sum();
            let total = format!(
                "alert {alert} route {route} of {parts} parts: the carriers took {taken}, {repeats} messages again; {counts:?}"
            );
            self.note(&total);
            if counts.parts_submitted > taken || repeats > counts.possible_repeats {
                self.wrong(&total);
            }
        }
    }
}
