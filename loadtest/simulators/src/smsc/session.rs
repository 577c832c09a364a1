//! A connection with its socket: reads much, takes a turn, writes once. Generic over the stream, so that
//! TLS is the same session.

use super::centre::{Centre, Now};
use super::link::Link;
use super::timing::{Seen, Span};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Octets asked for in one read: some hundred submits.
const READ_OCTETS: usize = 64 << 10;

/// What sessions, the ticker and the handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    centre: Mutex<Centre>,
    started: Instant,
    started_wall_s: u64,
    /// Something was counted.
    pub(crate) changed: Notify,
    /// A receipt is due before the ticker would look.
    pub(crate) alarm: Notify,
}

impl Shared {
    pub(crate) fn new(centre: Centre, wall_s: u64) -> Self {
        Self {
            centre: Mutex::new(centre),
            started: Instant::now(),
            started_wall_s: wall_s,
            changed: Notify::new(),
            alarm: Notify::new(),
        }
    }

    /// A panic elsewhere leaves counters that are still worth reading.
    pub(crate) fn centre(&self) -> MutexGuard<'_, Centre> {
        self.centre.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Now {
        let us = self.started.elapsed().as_micros() as u64;
        Now { us, wall_s: (self.started_wall_s + us / 1_000_000) as u32 }
    }

    pub(crate) fn span(&self, seen: &Seen) -> Span {
        let at = |us| self.started + Duration::from_micros(us);
        Span { first: at(seen.first_us), last: at(seen.last_us), parts: seen.parts }
    }

    pub(crate) fn instant(&self, ms: u64) -> Instant {
        self.started + Duration::from_millis(ms)
    }
}

enum Event {
    Wrote(usize),
    Flushed,
    Woken,
    Ended,
}

/// Serves one connection until it ends.
pub(crate) async fn serve<R, W>(shared: Arc<Shared>, mut reader: R, mut writer: W)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let wake = Arc::new(Notify::new());
    let id = shared.centre().connect(Arc::clone(&wake));
    let mut link = Link::new(id, Arc::clone(&wake));
    let mut flushed = true;
    loop {
        let now = shared.now();
        let due_ms = take_turn(&shared, &mut link, now);
        if link.is_over(now) {
            break;
        }
        let writable = link.writable(now);
        let may_read = link.may_read(now);
        link.incoming.reserve(READ_OCTETS);
        let (out, incoming) = (&link.out[writable], &mut link.incoming);
        let event = tokio::select! { biased;
            written = push(&mut writer, out), if !out.is_empty() || !flushed => match written {
                Ok(0) => Event::Flushed,
                Ok(octets) => Event::Wrote(octets),
                Err(_) => Event::Ended,
            },
            read = reader.read_buf(incoming), if may_read => match read {
                Ok(0) | Err(_) => Event::Ended,
                Ok(_) => Event::Woken,
            },
            () = wake.notified() => Event::Woken,
            () = sleep_until(shared.instant(due_ms.unwrap_or_default())), if due_ms.is_some() => Event::Woken,
        };
        match event {
            Event::Wrote(octets) => {
                link.wrote(octets, now);
                flushed = false;
            }
            Event::Flushed => flushed = true,
            Event::Woken => {}
            Event::Ended => break,
        }
    }
    link.leave(&mut shared.centre());
    shared.changed.notify_waiters();
    // The connection ends either way; a peer that is gone already is no failure.
    drop(writer.shutdown().await);
}

/// Makes receipts ready when their time comes: one look per millisecond at most, none when nothing waits.
pub(crate) async fn tick(shared: Arc<Shared>) {
    loop {
        let next_ms = shared.centre().tick(shared.now().ms());
        let due = shared.instant(next_ms.unwrap_or_default());
        tokio::select! {
            () = sleep_until(due), if next_ms.is_some() => {}
            () = shared.alarm.notified() => {}
        }
    }
}

/// Writes some of it, or, when there is nothing to write, what TLS still holds.
async fn push<W: AsyncWrite + Unpin>(writer: &mut W, out: &[u8]) -> io::Result<usize> {
    if out.is_empty() {
        writer.flush().await?;
        return Ok(0);
    }
    match writer.write(out).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        octets => Ok(octets),
    }
}

fn take_turn(shared: &Shared, link: &mut Link, now: Now) -> Option<u64> {
    let mut centre = shared.centre();
    link.turn(&mut centre, now);
    let due_ms = link.next_due_ms(&centre, now);
    let late = std::mem::take(&mut centre.ticker_late);
    drop(centre);
    if late {
        shared.alarm.notify_one();
    }
    shared.changed.notify_waiters();
    due_ms
}
