//! Lists of people, as files: read as they arrive, row by row, whatever their length. A bad row never stops a list: it
//! gets its verdict, and the rest goes in. What was read before an interruption stays, and the file may be sent again.

mod header;
mod notes;
mod reading;
mod rows;

use std::collections::HashMap;

use bytes::Bytes;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    sync::mpsc,
};
use tokio_util::io::SyncIoBridge;

use self::{
    header::{HEADER_BYTES_MAX, Header},
    reading::{BATCHES_AHEAD, Batch, READ_BYTES, Stopped, read},
    rows::{Rows, Seen, group_key},
};
use super::{
    Act, Complaint, CsvStream, Office, OfficeError, Result,
    accounts::require,
    people::page,
    report_csv::{line, paged},
};
use crate::{
    domain::ImportId,
    ledger::{Account, Import, ImportRow, ImportState},
};

pub(super) use rows::carrier_named;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Code of the province in which communes are looked up by name. Without it only codes are understood.
    pub province: Option<String>,
}

/// Which verdicts an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdicts {
    All,
    /// Refusals and warnings only: what somebody has to look at.
    Noted,
}

/// Names of imports stand in lists.
const NAME_CHARS_MAX: usize = 200;
/// Verdicts read from the ledger at a time for an export.
const VERDICTS_PAGE_ROWS: usize = 5_000;

impl Office {
    /// Takes in a list as CSV. The work goes on to an orderly end even if the caller stops waiting; `Import::state`
    /// tells whether the file came whole.
    ///
    /// # Errors
    /// A header that cannot be used, an unknown province: nothing is taken in. A ledger out of reach: the rows so far
    /// stay, the import is interrupted.
    pub async fn import_csv<R>(
        &self,
        by: &Account,
        name: &str,
        options: &ImportOptions,
        reader: R,
    ) -> Result<Import>
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        require(by, Act::Import)?;
        self.check_province(options)?;
        let mut reader = BufReader::with_capacity(READ_BYTES, reader);
        let header = read_header(&mut reader).await?;
        let rows = self.rows(header, options).await?;
        let ignored = rows.header.ignored.join(", ");
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
        let id = self.store.catalog.import_begin(self.clock.now(), by.id, &name).await?;
        let work = self.clone();
        // A task of its own: a caller that hangs up must not leave an import that runs for ever.
        let run = tokio::spawn(async move { work.run_import(id, rows, reader, &ignored).await });
        run.await.map_err(|_| OfficeError::Stopped)??;
        self.import_state(id).await
    }

    /// # Errors
    /// No such import, or `by` may not.
    pub async fn import(&self, by: &Account, import: ImportId) -> Result<Import> {
        require(by, Act::Read)?;
        self.import_state(import).await
    }

    /// Verdicts on rows after `after_line`, in order.
    ///
    /// # Errors
    /// No such import, or `by` may not.
    pub async fn import_verdicts(
        &self,
        by: &Account,
        import: ImportId,
        after_line: i64,
        rows_max: usize,
    ) -> Result<Vec<ImportRow>> {
        self.import(by, import).await?;
        Ok(self.store.catalog.import_rows_page(import, after_line, page(rows_max)).await?)
    }

    /// The verdicts as a CSV file: line, verdict, field, note.
    ///
    /// # Errors
    /// No such import, or `by` may not.
    pub async fn import_verdicts_csv(
        &self,
        by: &Account,
        import: ImportId,
        which: Verdicts,
    ) -> Result<CsvStream> {
        self.import(by, import).await?;
        let head = line(["line", "verdict", "field", "note"])?;
        let catalog = self.store.catalog.clone();
        Ok(paged(head, 0, move |after: i64| {
            let catalog = catalog.clone();
            async move {
                let rows = catalog.import_rows_page(import, after, VERDICTS_PAGE_ROWS).await?;
                let Some(last) = rows.last().map(|row| row.line) else { return Ok(None) };
                let shown = rows.iter().filter(|row| which == Verdicts::All || row.note.is_some());
                Ok(Some((verdict_lines(shown)?, last)))
            }
        }))
    }

    async fn import_state(&self, import: ImportId) -> Result<Import> {
        self.store.catalog.import(import).await?.ok_or_else(|| OfficeError::no("import", import))
    }

    fn check_province(&self, options: &ImportOptions) -> Result<()> {
        let Some(code) = &options.province else { return Ok(()) };
        match self.areas.get(code) {
            Some(area) if area.kind.is_province() => Ok(()),
            Some(_) | None => Err(OfficeError::refused(Complaint::new(
                "province",
                code,
                ("không phải mã tỉnh", "not the code of a province"),
                ("ghi mã 2 chữ số, như 20 (Lạng Sơn)", "write its 2 digits, as 20 for Lạng Sơn"),
            ))),
        }
    }

    async fn rows(&self, header: Header, options: &ImportOptions) -> Result<Rows> {
        let mut groups = HashMap::new();
        for group in self.store.catalog.groups().await? {
            groups.insert(group_key(&group.name), group.slug.clone());
            groups.insert(group_key(&group.slug), group.slug);
        }
        let served = self.setup.load().carriers.iter().map(|(carrier, _)| carrier.clone()).collect();
        Ok(Rows {
            header,
            numbers: self.numbers.clone(),
            areas: self.areas.clone(),
            province: options.province.clone(),
            groups,
            served,
            seen: Seen::default(),
            communes: HashMap::new(),
        })
    }

    async fn run_import<R>(
        &self,
        import: ImportId,
        rows: Rows,
        reader: BufReader<R>,
        ignored: &str,
    ) -> Result<()>
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let (batches, mut incoming) = mpsc::channel(BATCHES_AHEAD);
        let reader = SyncIoBridge::new(reader);
        let reading = tokio::task::spawn_blocking(move || read(reader, rows, &batches));
        while let Some(batch) = incoming.recv().await {
            if let Err(error) = self.take_in(import, &batch).await {
                // The ledger may be gone: what the import says of itself is then put right by nobody but a person.
                let note = "sổ cái không ghi được; gửi lại tệp / the ledger could not be written; send the file again";
                let _closed = self.end(import, ImportState::Interrupted, Some(note)).await;
                return Err(error);
            }
        }
        match reading.await {
            Ok(None) => {
                let note = format!("không đọc các cột / columns not read: {ignored}");
                let note = (!ignored.is_empty()).then_some(note.as_str());
                self.end(import, ImportState::Finished, note).await
            }
            Ok(Some(Stopped { line, why })) => {
                let note = format!("dòng {line}: {} / line {line}: {}", why.vi, why.en);
                self.end(import, ImportState::Interrupted, Some(&note)).await
            }
            Err(_) => {
                self.end(import, ImportState::Interrupted, None).await?;
                Err(OfficeError::Stopped)
            }
        }
    }

    async fn take_in(&self, import: ImportId, batch: &Batch) -> Result<()> {
        let catalog = &self.store.catalog;
        // A wave holds each id at most once: within one statement a row could not be overtaken by a later one.
        for (n, wave) in batch.waves.iter().enumerate() {
            let refused = if n == 0 { batch.refused.as_slice() } else { &[] };
            catalog.import_rows(self.clock.now(), import, wave, refused).await?;
        }
        if batch.waves.is_empty() {
            catalog.import_rows(self.clock.now(), import, &[], &batch.refused).await?;
        }
        Ok(())
    }

    async fn end(&self, import: ImportId, state: ImportState, note: Option<&str>) -> Result<()> {
        Ok(self.store.catalog.import_end(self.clock.now(), import, state, note).await?)
    }
}

async fn read_header<R: AsyncRead + Send + Unpin>(reader: &mut BufReader<R>) -> Result<Header> {
    let mut first = Vec::new();
    let read = reader.take(HEADER_BYTES_MAX).read_until(b'\n', &mut first).await;
    if let Err(error) = read {
        tracing::info!(%error, "an upload broke off before its first line was there");
        return Err(OfficeError::refused(Complaint::new(
            "file",
            "",
            ("tệp bị đứt trước dòng đầu tiên", "the upload broke off before its first line"),
            ("gửi lại tệp", "send the file again"),
        )));
    }
    Header::parse(&first)
}

fn verdict_lines<'a>(rows: impl Iterator<Item = &'a ImportRow>) -> Result<Bytes> {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let number = row.line.to_string();
        let (field, note) =
            (row.field.as_deref().unwrap_or_default(), row.note.as_deref().unwrap_or_default());
        out.write_record([number.as_str(), &row.verdict, field, note]).map_err(super::report_csv::broken)?;
    }
    super::report_csv::finished(out)
}
