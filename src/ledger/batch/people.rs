//! From the rows of an import to people made, changed or left as they are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::ledger::{CarrierSource, ImportCounts, PersonRow, RefusedRow};

/// A person as the ledger has it, in the terms of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) struct KnownPerson {
    pub(in crate::ledger) phone: Option<String>,
    pub(in crate::ledger) carrier: Option<String>,
    pub(in crate::ledger) carrier_source: Option<CarrierSource>,
    pub(in crate::ledger) area: String,
    pub(in crate::ledger) name: Option<String>,
    pub(in crate::ledger) opted_out: bool,
    pub(in crate::ledger) groups: BTreeSet<String>,
}

/// The verdict on one line, as `import_row` keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) struct MemoRow {
    pub(in crate::ledger) line: i64,
    pub(in crate::ledger) verdict: &'static str,
    pub(in crate::ledger) field: Option<String>,
    pub(in crate::ledger) note: Option<String>,
}

#[derive(Debug, Default)]
pub(in crate::ledger) struct ImportPlan {
    /// Made or changed, by external id: as they shall be.
    pub(in crate::ledger) people: BTreeMap<String, KnownPerson>,
    pub(in crate::ledger) rows: Vec<MemoRow>,
    pub(in crate::ledger) counts: ImportCounts,
}

/// Decides what a batch of lines means; lines in `done` were recorded before and count for nothing.
///
/// Later lines win over earlier ones of the same external id. A carrier known from elsewhere than the prefix stays while
/// the number stays; whoever opted out stays out, whatever a list says.
pub(in crate::ledger) fn plan_import(
    good: &[PersonRow],
    refused: &[RefusedRow],
    done: &HashSet<i64>,
    mut known: BTreeMap<String, KnownPerson>,
) -> ImportPlan {
    let mut plan = ImportPlan::default();
    let mut lines = done.clone();
    for row in good {
        if !lines.insert(row.line) {
            continue;
        }
        let before = known.get(&row.external_id);
        let after = merged(row, before);
        let verdict = match before {
            None => "new",
            Some(before) if *before == after => "same",
            Some(_) => "changed",
        };
        match verdict {
            "new" => plan.counts.new += 1,
            "same" => plan.counts.same += 1,
            _ => plan.counts.changed += 1,
        }
        plan.counts.warned += i64::from(row.warning.is_some());
        plan.rows.push(MemoRow { line: row.line, verdict, field: None, note: row.warning.clone() });
        if verdict != "same" {
            known.insert(row.external_id.clone(), after.clone());
            plan.people.insert(row.external_id.clone(), after);
        }
    }
    for row in refused {
        if lines.insert(row.line) {
            plan.counts.refused += 1;
            plan.rows.push(MemoRow {
                line: row.line,
                verdict: "refused",
                field: Some(row.field.clone()),
                note: Some(row.note.clone()),
            });
        }
    }
    plan.counts.total = i64::try_from(plan.rows.len()).unwrap_or(i64::MAX);
    plan
}

fn merged(row: &PersonRow, before: Option<&KnownPerson>) -> KnownPerson {
    let told = before.filter(|before| {
        before.carrier_source == Some(CarrierSource::Override)
            && row.carrier_source == CarrierSource::Prefix
            && before.phone.as_deref() == Some(row.phone.as_str())
    });
    KnownPerson {
        phone: Some(row.phone.clone()),
        carrier: told.map_or_else(|| row.carrier.clone(), |before| before.carrier.clone()),
        carrier_source: Some(told.map_or(row.carrier_source, |_| CarrierSource::Override)),
        area: row.area.clone(),
        name: row.name.clone(),
        opted_out: row.opted_out || before.is_some_and(|before| before.opted_out),
        groups: row.groups.iter().cloned().collect(),
    }
}
