//! Receipts: whose they are, what they close, what has to wait.
//!
//! Most batches name messages that are known; they are written without holding up the lanes. A batch with a receipt that
//! matches nothing starts again and keeps the lanes from settling meanwhile: otherwise its submission could be committed
//! between our look and our note that it waits, and the two would never meet.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::columns::{Keys, each, ordinal, position};
use super::failure::Halt;
use super::rows::{add_closings, shift};
use super::settle::{NewReference, take_retries};
use super::{Postgres, locks, sql};
use crate::domain::{LaneId, MessageKey, State};
use crate::ledger::batch::stored::{
    key, micros, number, time, time_option, verdict_from, verdict_word, word,
};
use crate::ledger::batch::{
    ClosingRow, Folded, Matched, RulesByDispatch, Shifts, closing_row, dispatch_of, each_once, plan_record,
    rules_of,
};
use crate::ledger::{KnownPart, ReceiptFact, Recorded, Result};

/// How far a batch gets.
enum Passage {
    Done(Recorded),
    /// A receipt matches nothing: again, with the lanes held.
    HoldLanes,
}

impl Postgres {
    pub(super) async fn record_once(&self, receipts: &[ReceiptFact]) -> Result<Recorded, Halt> {
        if receipts.is_empty() {
            return Ok(Recorded::default());
        }
        match self.record_passage(receipts, false).await? {
            Passage::Done(recorded) => Ok(recorded),
            Passage::HoldLanes => match self.record_passage(receipts, true).await? {
                Passage::Done(recorded) => Ok(recorded),
                Passage::HoldLanes => Ok(Recorded::default()),
            },
        }
    }

    async fn record_passage(&self, receipts: &[ReceiptFact], hold_lanes: bool) -> Result<Passage, Halt> {
        let mut tx = self.begin().await?;
        if hold_lanes {
            let lanes: BTreeSet<LaneId> = receipts.iter().map(|receipt| receipt.lane).collect();
            locks::hold_lanes(&mut tx, &lanes).await?;
        }
        let parts = resolve(&mut tx, receipts, hold_lanes).await?;
        if parts.len() < receipts.len() && !hold_lanes {
            return Ok(Passage::HoldLanes);
        }
        let dispatches = parts.values().map(|part| dispatch_of(part.key)).collect();
        let rules = locks::rules(&mut tx, &dispatches).await?;
        let strays = strays(&mut tx, parts.values()).await?;
        if !strays.unsent.is_empty() && !hold_lanes {
            return Ok(Passage::HoldLanes);
        }
        let matched: Vec<Matched> = parts
            .iter()
            .map(|(position, part)| matched(&receipts[*position], *part, strays.closed.contains(&part.key)))
            .collect();
        let mut shifts = Shifts::default();
        let closed = close(&mut tx, &matched, &rules, &mut shifts).await?;
        let waiting: Vec<&ReceiptFact> = (0..receipts.len())
            .filter(|position| !parts.contains_key(position))
            .map(|position| &receipts[position])
            .collect();
        let unmatched = waiting.len();
        wait(&mut tx, waiting).await?;
        shift(&mut tx, &shifts).await?;
        tx.commit().await?;
        Ok(Passage::Done(Recorded { closed, unmatched, stayed: matched.len() - closed }))
    }
}

/// Receipts that waited for one of these references: they are recorded now. Returns how many.
pub(super) async fn waiting_receipts(
    connection: &mut PgConnection,
    lane: LaneId,
    references: &[NewReference],
    rules: &RulesByDispatch,
    shifts: &mut Shifts,
) -> Result<usize, Halt> {
    let found = waiting_matches(connection, lane, references).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    query(sql::UNMATCHED_DROP).bind(ids).execute(&mut *connection).await?;
    let strays = strays(connection, found.iter().map(|(_, matched)| &matched.part)).await?;
    let matched: Vec<Matched> = found
        .into_iter()
        .map(|(_, mut matched)| {
            matched.closed = strays.closed.contains(&matched.part.key);
            matched
        })
        .collect();
    // This transaction itself may have added doubts and retries since the rules were read.
    let mut rules = rules.clone();
    for rules in rules.values_mut() {
        (rules.doubts, rules.retries) = (true, true);
    }
    close(connection, &matched, &rules, shifts).await?;
    Ok(matched.len())
}

async fn waiting_matches(
    connection: &mut PgConnection,
    lane: LaneId,
    references: &[NewReference],
) -> Result<Vec<(i64, Matched)>, Halt> {
    type Row = (i64, i64, i64, i64, i64, i64, String, Option<String>, Option<i64>, i64, Option<String>);
    let keys: Keys = references.iter().map(|(part, _)| part.key).collect();
    let rows: Vec<Row> = query_as(sql::UNMATCHED_MATCH)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(references, |(part, _)| i64::from(part.attempt)))
        .bind(each(references, |(part, _)| i64::from(part.part)))
        .bind(each(references, |(_, reference)| reference.as_str()))
        .bind(vec![i64::from(lane.0); references.len()])
        .fetch_all(connection)
        .await?;
    let mut found: Vec<(i64, Matched)> = Vec::new();
    for (id, alert, route, seq, attempt, part, verdict, code, provider_at, received_at, raw) in rows {
        // The best match of a receipt comes first.
        if found.last().is_some_and(|(last, _)| *last == id) {
            continue;
        }
        let matched = Matched {
            part: known_part(alert, route, seq, attempt, part)?,
            closed: false,
            verdict: verdict_from(&verdict)?,
            code,
            provider_at: time_option(provider_at, "unmatched_receipt", "provider_at")?,
            received_at: time(received_at, "unmatched_receipt", "received_at")?,
            raw,
        };
        found.push((id, matched));
    }
    Ok(found)
}

fn matched(receipt: &ReceiptFact, part: KnownPart, closed: bool) -> Matched {
    Matched {
        part,
        closed,
        verdict: receipt.verdict,
        code: receipt.code.clone(),
        provider_at: receipt.provider_at,
        received_at: receipt.received_at,
        raw: receipt.raw.clone(),
    }
}

/// The part that each receipt speaks of, by position: known, by reference, or by number. With the lanes held what is
/// said to be known is checked against what was submitted; otherwise that is done later, with the dispatches locked.
async fn resolve(
    connection: &mut PgConnection,
    receipts: &[ReceiptFact],
    check_known: bool,
) -> Result<BTreeMap<usize, KnownPart>, Halt> {
    let mut parts: BTreeMap<usize, KnownPart> = receipts
        .iter()
        .enumerate()
        .filter_map(|(position, receipt)| Some((position, receipt.known?)))
        .collect();
    if check_known {
        let unsent = strays(connection, parts.values()).await?.unsent;
        parts.retain(|_, part| !unsent.contains(&(part.key, part.attempt)));
    }
    if parts.len() < receipts.len() {
        by_reference(connection, receipts, &mut parts).await?;
    }
    if parts.len() < receipts.len() {
        by_number(connection, receipts, &mut parts).await?;
    }
    Ok(parts)
}

async fn by_reference(
    connection: &mut PgConnection,
    receipts: &[ReceiptFact],
    parts: &mut BTreeMap<usize, KnownPart>,
) -> Result<(), Halt> {
    let open = || receipts.iter().enumerate().filter(|(position, _)| !parts.contains_key(position));
    let forms: Vec<(usize, i64, &ReceiptFact, &str)> = open()
        .flat_map(|(position, receipt)| {
            let references = (0_i64..).zip(&receipt.references);
            references.map(move |(rank, reference)| (position, rank, receipt, reference.as_str()))
        })
        .collect();
    if forms.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, i64, i64, i64, i64, i64)> = query_as(sql::RECORD_LOOKUP)
        .bind(each(&forms, |(position, ..)| ordinal(*position)))
        .bind(each(&forms, |(_, _, receipt, _)| i64::from(receipt.lane.0)))
        .bind(each(&forms, |(.., reference)| *reference))
        .bind(each(&forms, |(_, rank, ..)| *rank))
        .bind(each(&forms, |(_, _, receipt, _)| receipt.address.as_deref()))
        .fetch_all(connection)
        .await?;
    for (n, alert, route, seq, attempt, part) in rows {
        let part = known_part(alert, route, seq, attempt, part)?;
        // The best match comes first.
        parts.entry(position(n)?).or_insert(part);
    }
    Ok(())
}

/// A receipt without a known reference belongs to the one message that is uncertain at its number.
async fn by_number(
    connection: &mut PgConnection,
    receipts: &[ReceiptFact],
    parts: &mut BTreeMap<usize, KnownPart>,
) -> Result<(), Halt> {
    let open: Vec<(usize, &ReceiptFact, &str)> = receipts
        .iter()
        .enumerate()
        .filter(|(position, _)| !parts.contains_key(position))
        .filter_map(|(position, receipt)| Some((position, receipt, receipt.address.as_deref()?)))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, i64, i64, i64, i64)> = query_as(sql::RECORD_DOUBTFUL)
        .bind(each(&open, |(position, ..)| ordinal(*position)))
        .bind(each(&open, |(_, receipt, _)| i64::from(receipt.lane.0)))
        .bind(each(&open, |(.., address)| *address))
        .fetch_all(connection)
        .await?;
    for (n, alert, route, seq, attempt) in rows {
        parts.insert(position(n)?, known_part(alert, route, seq, attempt, 1)?);
    }
    Ok(())
}

/// Receipts that cannot simply close their message.
struct Strays {
    /// Messages that have their verdict.
    closed: HashSet<MessageKey>,
    /// Attempts of which nothing was recorded.
    unsent: HashSet<(MessageKey, i32)>,
}

async fn strays<'a>(
    connection: &mut PgConnection,
    parts: impl Iterator<Item = &'a KnownPart>,
) -> Result<Strays, Halt> {
    let parts: Vec<KnownPart> = parts.copied().collect();
    let mut strays = Strays { closed: HashSet::new(), unsent: HashSet::new() };
    if parts.is_empty() {
        return Ok(strays);
    }
    let keys: Keys = parts.iter().map(|part| part.key).collect();
    let rows: Vec<(i64, bool)> = query_as(sql::RECORD_STRAYS)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(&parts, |part| i64::from(part.attempt)))
        .fetch_all(connection)
        .await?;
    for (n, closed) in rows {
        let part = parts[position(n)?];
        if closed {
            strays.closed.insert(part.key);
        } else {
            strays.unsent.insert((part.key, part.attempt));
        }
    }
    Ok(strays)
}

/// Writes matched receipts and closes what they decide. Returns how many messages ended.
async fn close(
    connection: &mut PgConnection,
    matched: &[Matched],
    rules: &RulesByDispatch,
    shifts: &mut Shifts,
) -> Result<usize, Halt> {
    let plan = plan_record(matched, rules)?;
    keep(connection, plan.kept.iter().map(|position| &matched[*position]).collect()).await?;
    let mut closings = plan.closings;
    closings.extend(folded(connection, matched, &plan.to_fold, rules).await?);
    closings.sort_unstable_by_key(|closing| closing.key);
    add_closings(connection, &closings).await?;
    let from = leave(connection, &closings, rules).await?;
    for closing in &closings {
        let from = from.get(&closing.key).copied().unwrap_or(State::Sent);
        shifts.shift(closing.key, from, closing.verdict);
    }
    Ok(closings.len())
}

/// Takes messages out of doubt and out of the retry queue. Those it does not name were plainly sent.
async fn leave(
    connection: &mut PgConnection,
    closings: &[ClosingRow],
    rules: &RulesByDispatch,
) -> Result<HashMap<MessageKey, State>, Halt> {
    let (mut doubtful, mut queued) = (Keys::default(), Keys::default());
    for closing in closings {
        let rules = rules_of(rules, closing.key)?;
        if rules.doubts {
            doubtful.push(closing.key);
        }
        if rules.retries {
            queued.push(closing.key);
        }
    }
    let mut from: HashMap<_, _> = take_retries(connection, queued).await?.into_iter().collect();
    if doubtful.is_empty() {
        return Ok(from);
    }
    let doubts: Vec<(i64, i64, i64, String)> = query_as(sql::DOUBT_TAKE)
        .bind(doubtful.alerts)
        .bind(doubtful.routes)
        .bind(doubtful.seqs)
        .fetch_all(connection)
        .await?;
    for (alert, route, seq, kind) in doubts {
        from.insert(key(alert, route, seq)?, word(&kind, "doubt", "kind")?);
    }
    Ok(from)
}

/// The ends of messages of several parts, from all receipts there are for them.
async fn folded(
    connection: &mut PgConnection,
    matched: &[Matched],
    to_fold: &BTreeMap<MessageKey, usize>,
    rules: &RulesByDispatch,
) -> Result<Vec<ClosingRow>, Halt> {
    if to_fold.is_empty() {
        return Ok(Vec::new());
    }
    let messages: Vec<(MessageKey, usize)> =
        to_fold.iter().map(|(key, position)| (*key, *position)).collect();
    let keys: Keys = messages.iter().map(|(key, _)| *key).collect();
    let rows: Vec<(i64, i64, String, i64)> = query_as(sql::RECORD_FOLD)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .fetch_all(connection)
        .await?;
    let mut heard: HashMap<usize, Folded> = HashMap::new();
    for (n, part, verdict, _) in rows {
        heard.entry(position(n)?).or_default().add(part, word(&verdict, "receipt", "verdict")?);
    }
    let mut closings = Vec::new();
    for (n, (key, receipt)) in messages.iter().enumerate() {
        let parts = rules_of(rules, *key)?.parts;
        if let Some(verdict) = heard.get(&n).and_then(|heard| heard.verdict(parts)) {
            closings.push(closing_row(&matched[*receipt], verdict));
        }
    }
    Ok(closings)
}

/// Keeps receipts as such.
async fn keep(connection: &mut PgConnection, receipts: Vec<&Matched>) -> Result<(), Halt> {
    if receipts.is_empty() {
        return Ok(());
    }
    let keys: Keys = receipts.iter().map(|receipt| receipt.part.key).collect();
    query(sql::RECEIPT_ADD)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(&receipts, |receipt| i64::from(receipt.part.attempt)))
        .bind(each(&receipts, |receipt| i64::from(receipt.part.part)))
        .bind(each(&receipts, |receipt| verdict_word(receipt.verdict)))
        .bind(each(&receipts, |receipt| receipt.code.as_deref()))
        .bind(each(&receipts, |receipt| receipt.provider_at.map(micros)))
        .bind(each(&receipts, |receipt| micros(receipt.received_at)))
        .bind(each(&receipts, |receipt| receipt.raw.as_deref()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Those that do not wait here already.
async fn not_waiting<'a>(
    connection: &mut PgConnection,
    receipts: Vec<&'a ReceiptFact>,
) -> Result<Vec<&'a ReceiptFact>, Halt> {
    if receipts.is_empty() {
        return Ok(receipts);
    }
    let waiting: Vec<i64> = query_scalar(sql::UNMATCHED_KNOWN)
        .bind(each(&receipts, |receipt| i64::from(receipt.lane.0)))
        .bind(each(&receipts, |receipt| receipt.references.first().map(String::as_str)))
        .bind(each(&receipts, |receipt| verdict_word(receipt.verdict)))
        .bind(each(&receipts, |receipt| receipt.address.as_deref()))
        .fetch_all(connection)
        .await?;
    let waiting: HashSet<i64> = waiting.into_iter().collect();
    let new = (0..).zip(receipts).filter(|(place, _)| !waiting.contains(place));
    Ok(new.map(|(_, receipt)| receipt).collect())
}

/// Keeps receipts until their submission turns up.
async fn wait(connection: &mut PgConnection, strangers: Vec<&ReceiptFact>) -> Result<(), Halt> {
    let receipts = &not_waiting(connection, each_once(strangers)).await?;
    if receipts.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<i64> = query_scalar(sql::UNMATCHED_ADD)
        .bind(each(receipts, |receipt| i64::from(receipt.lane.0)))
        .bind(each(receipts, |receipt| receipt.address.as_deref()))
        .bind(each(receipts, |receipt| verdict_word(receipt.verdict)))
        .bind(each(receipts, |receipt| receipt.code.as_deref()))
        .bind(each(receipts, |receipt| receipt.provider_at.map(micros)))
        .bind(each(receipts, |receipt| micros(receipt.received_at)))
        .bind(each(receipts, |receipt| receipt.raw.as_deref()))
        .fetch_all(&mut *connection)
        .await?;
    // Numbers are given in the order of the batch.
    ids.sort_unstable();
    let names: Vec<(i64, &str, i64, i64)> = receipts
        .iter()
        .zip(ids)
        .flat_map(|(receipt, id)| {
            let lane = i64::from(receipt.lane.0);
            (0_i64..).zip(&receipt.references).map(move |(rank, name)| (lane, name.as_str(), rank, id))
        })
        .collect();
    query(sql::UNMATCHED_REFERENCE_ADD)
        .bind(each(&names, |(lane, ..)| *lane))
        .bind(each(&names, |(_, name, ..)| *name))
        .bind(each(&names, |(_, _, rank, _)| *rank))
        .bind(each(&names, |(.., id)| *id))
        .execute(connection)
        .await?;
    Ok(())
}

fn known_part(alert: i64, route: i64, seq: i64, attempt: i64, part: i64) -> Result<KnownPart> {
    Ok(KnownPart {
        key: key(alert, route, seq)?,
        attempt: number(attempt, "submission", "attempt")?,
        part: number(part, "submission", "part")?,
    })
}
