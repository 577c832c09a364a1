//! What providers say afterwards: finds the message of each receipt, closes it, keeps what decides nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::SqliteConnection;

use super::failure::Halt;
use super::rows::{add_closings, apply_shifts, json, keys, load_rules, take_retries};
use super::{Sqlite, sql};
use crate::domain::{LaneId, MessageKey, PartVerdict, State};
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{
    ClosingRow, Folded, Matched, RulesByDispatch, Shifts, SubmissionRow, closing_row, dispatch_of, each_once,
    plan_record, rules_of,
};
use crate::ledger::{KnownPart, ReceiptFact, Recorded, Result};

impl Sqlite {
    pub(super) async fn record_batch(&self, receipts: &[ReceiptFact]) -> Result<Recorded, Halt> {
        let mut tx = self.begin_write().await?;
        let parts = find_parts(&mut tx, receipts).await?;
        let mut matched = Vec::with_capacity(receipts.len());
        let mut strangers = Vec::new();
        for (receipt, part) in receipts.iter().zip(parts) {
            match part {
                Some((part, closed)) => matched.push(matched_by(receipt, part, closed)),
                None => strangers.push(receipt),
            }
        }
        let mut shifts = Shifts::default();
        let total = matched.len();
        let closed = apply_receipts(&mut tx, matched, &mut shifts).await?;
        let unmatched = strangers.len();
        keep_unmatched(&mut tx, strangers).await?;
        apply_shifts(&mut tx, &shifts).await?;
        tx.commit().await?;
        Ok(Recorded { closed, unmatched, stayed: total.saturating_sub(closed) })
    }
}

fn matched_by(receipt: &ReceiptFact, part: KnownPart, closed: bool) -> Matched {
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

/// The part of each receipt, and whether its message is closed; `None`: unknown.
type Parts = Vec<Option<(KnownPart, bool)>>;

/// Memory first, then references, then the number. Memory is believed only if the submission is there.
async fn find_parts(connection: &mut SqliteConnection, receipts: &[ReceiptFact]) -> Result<Parts, Halt> {
    let mut parts: Parts = vec![None; receipts.len()];
    let remembered: BTreeMap<usize, KnownPart> =
        receipts.iter().enumerate().filter_map(|(place, receipt)| Some((place, receipt.known?))).collect();
    check_parts(connection, &remembered, &mut parts).await?;
    let mut unknown: Vec<usize> = (0..receipts.len()).filter(|place| parts[*place].is_none()).collect();
    if unknown.is_empty() {
        return Ok(parts);
    }
    let mut found = by_reference(connection, receipts, &unknown).await?;
    unknown.retain(|place| !found.contains_key(place));
    found.extend(by_number(connection, receipts, &unknown).await?);
    check_parts(connection, &found, &mut parts).await?;
    Ok(parts)
}

/// Fills in the parts whose attempt was submitted.
async fn check_parts(
    connection: &mut SqliteConnection,
    found: &BTreeMap<usize, KnownPart>,
    parts: &mut Parts,
) -> Result<(), Halt> {
    if found.is_empty() {
        return Ok(());
    }
    let asked: Vec<_> =
        found.values().map(|part| (part.key.alert, part.key.route, part.key.seq, part.attempt)).collect();
    let rows: Vec<(i64, bool)> =
        sqlx::query_as(sql::RECORD_STRAYS).bind(json(&asked)?).fetch_all(connection).await?;
    let strays: HashMap<i64, bool> = rows.into_iter().collect();
    for (asked, (place, part)) in (0_i64..).zip(found) {
        parts[*place] = match strays.get(&asked) {
            None => Some((*part, false)),
            Some(true) => Some((*part, true)),
            Some(false) => None,
        };
    }
    Ok(())
}

async fn by_reference(
    connection: &mut SqliteConnection,
    receipts: &[ReceiptFact],
    unknown: &[usize],
) -> Result<BTreeMap<usize, KnownPart>, Halt> {
    let mut asked = Vec::new();
    for place in unknown {
        let receipt = &receipts[*place];
        for (rank, reference) in receipt.references.iter().enumerate() {
            asked.push((place, receipt.lane, reference, rank, &receipt.address));
        }
    }
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(i64, i64, i64, i64, i64, i64)> =
        sqlx::query_as(sql::RECORD_LOOKUP).bind(json(&asked)?).fetch_all(connection).await?;
    let mut found = BTreeMap::new();
    for (place, alert, route, seq, attempt, part) in rows {
        let part = KnownPart {
            key: stored::key(alert, route, seq)?,
            attempt: stored::number(attempt, "submission", "attempt")?,
            part: stored::number(part, "submission", "part")?,
        };
        // The rows of a receipt come with the likeliest first.
        found.entry(stored::number(place, "receipt", "place")?).or_insert(part);
    }
    Ok(found)
}

async fn by_number(
    connection: &mut SqliteConnection,
    receipts: &[ReceiptFact],
    unknown: &[usize],
) -> Result<BTreeMap<usize, KnownPart>, Halt> {
    let asked: Vec<_> = unknown
        .iter()
        .filter_map(|place| {
            let receipt = &receipts[*place];
            Some((place, receipt.lane, receipt.address.as_ref()?))
        })
        .collect();
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(i64, i64, i64, i64, i64)> =
        sqlx::query_as(sql::RECORD_DOUBTFUL).bind(json(&asked)?).fetch_all(connection).await?;
    rows.into_iter()
        .map(|(place, alert, route, seq, attempt)| {
            let attempt = stored::number(attempt, "doubt", "attempt")?;
            let part = KnownPart { key: stored::key(alert, route, seq)?, attempt, part: 1 };
            Ok((stored::number(place, "receipt", "place")?, part))
        })
        .collect()
}

/// Keeps and applies receipts whose message is known. Returns how many messages they closed.
pub(super) async fn apply_receipts(
    connection: &mut SqliteConnection,
    receipts: Vec<Matched>,
    shifts: &mut Shifts,
) -> Result<usize, Halt> {
    if receipts.is_empty() {
        return Ok(0);
    }
    let rules = load_rules(connection, receipts.iter().map(|receipt| dispatch_of(receipt.part.key))).await?;
    let mut plan = plan_record(&receipts, &rules)?;
    keep(connection, plan.kept.iter().map(|place| &receipts[*place])).await?;
    plan.closings.extend(fold_parts(connection, &receipts, &plan.to_fold, &rules).await?);
    let from = states_left(connection, &plan.closings, &rules).await?;
    add_closings(connection, &plan.closings).await?;
    for closing in &plan.closings {
        let from = from.get(&closing.key).copied().unwrap_or(State::Sent);
        shifts.shift(closing.key, from, closing.verdict);
    }
    Ok(plan.closings.len())
}

async fn keep(
    connection: &mut SqliteConnection,
    receipts: impl Iterator<Item = &Matched>,
) -> Result<(), Halt> {
    let batch: Vec<_> = receipts
        .map(|receipt| {
            let KnownPart { key, attempt, part } = receipt.part;
            let (verdict, provider_at) =
                (stored::verdict_word(receipt.verdict), receipt.provider_at.map(micros));
            let at = micros(receipt.received_at);
            (
                key.alert,
                key.route,
                key.seq,
                attempt,
                part,
                verdict,
                &receipt.code,
                provider_at,
                at,
                &receipt.raw,
            )
        })
        .collect();
    if !batch.is_empty() {
        sqlx::query(sql::RECEIPT_ADD).bind(json(&batch)?).execute(connection).await?;
    }
    Ok(())
}

/// The ends of messages of several parts, from all receipts there are for them.
async fn fold_parts(
    connection: &mut SqliteConnection,
    receipts: &[Matched],
    to_fold: &BTreeMap<MessageKey, usize>,
    rules: &RulesByDispatch,
) -> Result<Vec<ClosingRow>, Halt> {
    if to_fold.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i64, String, i64)> =
        sqlx::query_as(sql::RECORD_FOLD).bind(keys(to_fold.keys().copied())?).fetch_all(connection).await?;
    let mut folded: BTreeMap<i64, Folded> = BTreeMap::new();
    for (place, part, verdict, _) in rows {
        let verdict = if verdict == "delivered" { PartVerdict::Delivered } else { PartVerdict::Failed };
        folded.entry(place).or_default().add(part, verdict);
    }
    let mut closings = Vec::new();
    for (place, (message, last)) in (0_i64..).zip(to_fold) {
        let parts = rules_of(rules, *message)?.parts;
        if let Some(verdict) = folded.get(&place).and_then(|folded| folded.verdict(parts)) {
            closings.push(closing_row(&receipts[*last], verdict));
        }
    }
    Ok(closings)
}

/// The states that messages about to be closed leave, where that is not `sent`; what said so is removed.
async fn states_left(
    connection: &mut SqliteConnection,
    closings: &[ClosingRow],
    rules: &RulesByDispatch,
) -> Result<HashMap<MessageKey, State>, Halt> {
    let mut left = HashMap::new();
    let (mut doubtful, mut waiting) = (Vec::new(), Vec::new());
    for closing in closings {
        let rules = rules_of(rules, closing.key)?;
        if rules.doubts {
            doubtful.push(closing.key);
        }
        if rules.retries {
            waiting.push(closing.key);
        }
    }
    if !doubtful.is_empty() {
        let rows: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sql::DOUBT_TAKE).bind(keys(doubtful)?).fetch_all(&mut *connection).await?;
        for (alert, route, seq, kind) in rows {
            left.insert(stored::key(alert, route, seq)?, stored::word(&kind, "doubt", "kind")?);
        }
    }
    for (message, under_way) in take_retries(connection, &waiting).await? {
        left.insert(message, if under_way { State::Claimed } else { State::Queued });
    }
    Ok(left)
}

async fn keep_unmatched(connection: &mut SqliteConnection, strangers: Vec<&ReceiptFact>) -> Result<(), Halt> {
    let receipts = not_waiting(connection, each_once(strangers)).await?;
    if receipts.is_empty() {
        return Ok(());
    }
    let batch: Vec<_> = receipts
        .iter()
        .map(|receipt| {
            let (verdict, provider_at) =
                (stored::verdict_word(receipt.verdict), receipt.provider_at.map(micros));
            let at = micros(receipt.received_at);
            (receipt.lane, &receipt.address, verdict, &receipt.code, provider_at, at, &receipt.raw)
        })
        .collect();
    let mut ids: Vec<i64> =
        sqlx::query_scalar(sql::UNMATCHED_ADD).bind(json(&batch)?).fetch_all(&mut *connection).await?;
    // Ids grow in the order of the batch, whatever the order in which they are returned.
    ids.sort_unstable();
    let mut references = Vec::new();
    for (id, receipt) in ids.iter().zip(&receipts) {
        for (rank, reference) in receipt.references.iter().enumerate() {
            references.push((receipt.lane, reference, rank, id));
        }
    }
    if !references.is_empty() {
        sqlx::query(sql::UNMATCHED_REFERENCE_ADD).bind(json(&references)?).execute(connection).await?;
    }
    Ok(())
}

/// Those that do not wait here already.
async fn not_waiting<'a>(
    connection: &mut SqliteConnection,
    receipts: Vec<&'a ReceiptFact>,
) -> Result<Vec<&'a ReceiptFact>, Halt> {
    if receipts.is_empty() {
        return Ok(receipts);
    }
    let asked: Vec<_> = receipts
        .iter()
        .map(|receipt| {
            let verdict = stored::verdict_word(receipt.verdict);
            (receipt.lane, receipt.references.first(), verdict, &receipt.address)
        })
        .collect();
    let waiting: HashSet<i64> = sqlx::query_scalar(sql::UNMATCHED_KNOWN)
        .bind(json(&asked)?)
        .fetch_all(connection)
        .await?
        .into_iter()
        .collect();
    let new = (0..).zip(receipts).filter(|(place, _)| !waiting.contains(place));
    Ok(new.map(|(_, receipt)| receipt).collect())
}

/// Receipts that waited for one of these parts; they wait no longer.
pub(super) async fn waiting_receipts(
    connection: &mut SqliteConnection,
    lane: LaneId,
    new: impl Iterator<Item = &SubmissionRow>,
) -> Result<Vec<Matched>, Halt> {
    type Row = (i64, i64, i64, i64, i64, i64, String, Option<String>, Option<i64>, i64, Option<String>);
    let asked: Vec<_> = new
        .filter_map(|row| {
            let reference = row.reference.as_ref()?;
            Some((row.key.alert, row.key.route, row.key.seq, row.attempt, row.part, reference))
        })
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sqlx::query_as(sql::UNMATCHED_MATCH)
        .bind(json(&asked)?)
        .bind(lane.0)
        .fetch_all(&mut *connection)
        .await?;
    let mut matched: BTreeMap<i64, Matched> = BTreeMap::new();
    for (id, alert, route, seq, attempt, part, verdict, code, provider_at, received_at, raw) in rows {
        if matched.contains_key(&id) {
            continue;
        }
        let attempt = stored::number(attempt, "submission", "attempt")?;
        let part = stored::number(part, "submission", "part")?;
        matched.insert(
            id,
            Matched {
                part: KnownPart { key: stored::key(alert, route, seq)?, attempt, part },
                closed: false,
                verdict: stored::verdict_from(&verdict)?,
                code,
                provider_at: stored::time_option(provider_at, "unmatched_receipt", "at")?,
                received_at: stored::time(received_at, "unmatched_receipt", "at")?,
                raw,
            },
        );
    }
    drop_matched(connection, &mut matched).await?;
    Ok(matched.into_values().collect())
}

async fn drop_matched(
    connection: &mut SqliteConnection,
    matched: &mut BTreeMap<i64, Matched>,
) -> Result<(), Halt> {
    if matched.is_empty() {
        return Ok(());
    }
    let parts: BTreeMap<usize, KnownPart> =
        matched.values().map(|receipt| receipt.part).enumerate().collect();
    let mut checked: Parts = vec![None; matched.len()];
    check_parts(connection, &parts, &mut checked).await?;
    for (receipt, checked) in matched.values_mut().zip(checked) {
        receipt.closed = checked.is_some_and(|(_, closed)| closed);
    }
    let ids: Vec<&i64> = matched.keys().collect();
    sqlx::query(sql::UNMATCHED_DROP).bind(json(&ids)?).execute(connection).await?;
    Ok(())
}
