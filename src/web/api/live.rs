//! An alert while it is being sent: its counts as they move, over one long answer (server-sent events).
//!
//! Nothing is kept for a caller who reads slowly: what is written next is always the state of that moment.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;

use super::reports::AlertCounts;
use crate::coordination::News;
use crate::domain::AlertId;
use crate::ledger::Account;
use crate::web::Web;
use crate::web::error::{ApiError, Kind};
use crate::web::extract::{Caller, Path};

/// Between two looks at least, however busy the alert is.
const LOOK_MIN: Duration = Duration::from_millis(250);
/// And at most: news may have been lost.
const LOOK_MAX: Duration = Duration::from_secs(2);
/// A proxy in between shall see life.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Then the caller connects again, with a key that is still good.
const LONGEST: Duration = Duration::from_secs(3600);
const RETRY_S: u32 = 10;

/// Counts of an alert, live
///
/// Server-sent events: `counts` with the same JSON as `GET /alerts/{id}/counts`, at once and whenever something moved, at
/// most four times a second. Ends after an hour; connect again.
#[utoipa::path(get, path = "/alerts/{id}/live", tag = "reports", operation_id = "watch_alert", params(("id" = i64, Path)), responses((status = 200, body = String, content_type = "text/event-stream")))]
pub(crate) async fn show(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<i64>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let Ok(place) = web.watchers.clone().try_acquire_owned() else {
        return Err(ApiError::new(Kind::Crowded, "Too many callers watch alerts now.")
            .remedy("Ask GET /alerts/{id}/counts now and then, or try again.")
            .retry_after_s(RETRY_S));
    };
    let news = web.office.engine.coordination().listen();
    let alert = AlertId(id);
    // An unknown alert is refused before the stream begins.
    web.office.counts(&by, alert, false).await?;
    let watch = Watch { web, by, alert, news, until: Instant::now() + LONGEST, last: None, _place: place };
    let events = futures::stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Watch {
    web: Web,
    by: Account,
    alert: AlertId,
    news: Receiver<News>,
    until: Instant,
    last: Option<String>,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// The next state that differs from the last one told. `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.last.is_some() {
                self.moved().await;
            }
            if Instant::now() >= self.until || self.web.closing.is_cancelled() {
                return None;
            }
            // A ledger that is away for a moment does not end the watch.
            let Ok(counts) = self.web.office.counts(&self.by, self.alert, false).await else {
                self.last.get_or_insert_default();
                continue;
            };
            let text = serde_json::to_string(&AlertCounts::from(counts)).ok()?;
            if self.last.as_ref() != Some(&text) {
                self.last = Some(text.clone());
                return Some(Event::default().event("counts").data(text));
            }
        }
    }

    /// Waits until the counts may have moved, or the gateway closes.
    async fn moved(&mut self) {
        let closing = self.web.closing.clone();
        tokio::select! {
            () = self.told() => {}
            () = closing.cancelled() => {}
        }
    }

    async fn told(&mut self) {
        let began = Instant::now();
        let latest = tokio::time::sleep_until(began + LOOK_MAX);
        tokio::pin!(latest);
        loop {
            tokio::select! {
                () = &mut latest => return,
                news = self.news.recv() => match news {
                    Ok(News::Moved(alerts)) if !alerts.contains(&self.alert) => {}
                    Ok(News::Released(_)) => {}
                    Ok(News::Moved(_) | News::Look) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return latest.await,
                },
            }
        }
        tokio::time::sleep_until(began + LOOK_MIN).await;
    }
}
