//! The thread that reads a list: bytes in, batches of judged rows out. It waits when the ledger is slower, and holds a
//! few batches and one row at most, however long the file is.

use std::{
    cell::Cell,
    collections::HashMap,
    io::{self, Read},
    rc::Rc,
};

use csv::ByteRecord;
use tokio::sync::mpsc;

use super::rows::Rows;
use crate::{
    ledger::{PersonRow, RefusedRow},
    office::words::Text,
};

/// Rows of one transaction: large enough that a commit is small beside them, small enough for many imports at once.
const BATCH_ROWS: usize = 1_000;
/// Batches that may wait for the ledger.
pub(super) const BATCHES_AHEAD: usize = 2;
pub(super) const READ_BYTES: usize = 64 * 1024;
/// One row with its quoted line breaks. More means that a quote was opened and never closed.
const RECORD_BYTES_MAX: usize = 256 * 1024;
/// The header is line 1.
const FIRST_LINE: i64 = 2;

/// Judged rows on their way into the ledger.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// In each wave every id occurs once; a row whose id occurs again is in a later wave.
    pub(super) waves: Vec<Vec<PersonRow>>,
    pub(super) refused: Vec<RefusedRow>,
    rows: usize,
    waves_of: HashMap<String, usize>,
}

/// Reading ended before the end of the file.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) line: i64,
    pub(super) why: Text,
}

/// Reads to the end; `Some` if it did not come to it.
pub(super) fn read(reader: impl Read, mut rows: Rows, batches: &mpsc::Sender<Batch>) -> Option<Stopped> {
    let budget = Rc::new(Cell::new(RECORD_BYTES_MAX));
    let lines = Lines { inner: reader, budget: budget.clone(), ended: false };
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(rows.header.delimiter)
        .buffer_capacity(READ_BYTES)
        .from_reader(lines);
    let (mut record, mut batch) = (ByteRecord::new(), Batch::default());
    loop {
        budget.set(RECORD_BYTES_MAX);
        match csv.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = first_line(csv.position().line(), &record);
                batch.add(rows.judge(line, &record));
            }
            Err(error) => {
                let line = i64::try_from(csv.position().line()).unwrap_or(i64::MAX) + FIRST_LINE - 1;
                let _gone = batches.blocking_send(batch);
                return Some(stopped(line, &error));
            }
        }
        if batch.rows >= BATCH_ROWS && batches.blocking_send(std::mem::take(&mut batch)).is_err() {
            // Nobody takes them any more: whoever stopped says why.
            return None;
        }
    }
    if batch.rows > 0 {
        let _gone = batches.blocking_send(batch);
    }
    None
}

impl Batch {
    fn add(&mut self, judged: Option<Result<PersonRow, RefusedRow>>) {
        match judged {
            None => return,
            Some(Err(refused)) => self.refused.push(refused),
            Some(Ok(person)) => {
                let wave = self.waves_of.entry(person.external_id.clone()).or_insert(0);
                if self.waves.len() <= *wave {
                    self.waves.push(Vec::new());
                }
                if let Some(rows) = self.waves.get_mut(*wave) {
                    rows.push(person);
                }
                *wave += 1;
            }
        }
        self.rows += 1;
    }
}

/// The line on which the record just read began, from the line after it and the line breaks inside it.
fn first_line(after: u64, record: &ByteRecord) -> i64 {
    let inside: usize = record.iter().map(|cell| cell.iter().filter(|byte| **byte == b'\n').count()).sum();
    let ended = i64::try_from(after).unwrap_or(i64::MAX) - 1;
    ended - i64::try_from(inside).unwrap_or(0) + FIRST_LINE - 1
}

fn stopped(line: i64, error: &csv::Error) -> Stopped {
    let too_long =
        matches!(error.kind(), csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge);
    let why = if too_long {
        Text::of(
            "dấu ngoặc kép mở mà không đóng; sửa rồi gửi lại tệp",
            "a quote is opened and never closed; correct it and send the file again",
        )
    } else {
        Text::of(
            "tệp bị đứt; các dòng trước đã nhập, gửi lại tệp",
            "the upload broke off; the rows before it stay, send the file again",
        )
    };
    Stopped { line, why }
}

/// A text whose lines all end in one LF, the last one too, so that lines can be counted; and which refuses to go on
/// when one record takes more than the budget.
struct Lines<R> {
    inner: R,
    budget: Rc<Cell<usize>>,
    ended: bool,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.get();
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        loop {
            let read = self.inner.read(buffer)?;
            if read == 0 {
                return Ok(self.last_line_end(buffer));
            }
            let kept = drop_carriage_returns(buffer, read);
            if kept > 0 {
                self.budget.set(left.saturating_sub(kept));
                return Ok(kept);
            }
        }
    }
}

impl<R> Lines<R> {
    fn last_line_end(&mut self, buffer: &mut [u8]) -> usize {
        match buffer.first_mut() {
            Some(first) if !self.ended => {
                self.ended = true;
                *first = b'\n';
                1
            }
            Some(_) | None => 0,
        }
    }
}

/// Moves the bytes that stay to the front; how many there are.
fn drop_carriage_returns(buffer: &mut [u8], read: usize) -> usize {
    let Some(filled) = buffer.get_mut(..read) else { return 0 };
    if !filled.contains(&b'\r') {
        return read;
    }
    let cells = Cell::from_mut(filled).as_slice_of_cells();
    let mut kept = 0;
    for byte in cells.iter().map(Cell::get) {
        if byte != b'\r' {
            if let Some(place) = cells.get(kept) {
                place.set(byte);
            }
            kept += 1;
        }
    }
    kept
}
