//! What leaves for Redis without anybody waiting: news, and references to remember. In batches, one round trip each.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::link::Link;
use crate::{
    coordination::{News, Sent},
    domain::{AlertId, LaneId, MessageKey, RouteId},
    ledger::KnownPart,
};

/// Receipts of most messages come within minutes; after that the ledger's index serves.
const REMEMBER: Duration = Duration::from_secs(15 * 60);
const BATCH_MAX: usize = 256;

pub(super) enum Outgoing {
    News(News),
    Sent { account: String, sent: Vec<(String, Sent)> },
}

/// News on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Letter {
    /// Who says so: nobody hears himself twice.
    pub(super) from: String,
    pub(super) news: News,
}

pub(super) struct Post {
    pub(super) link: Arc<Link>,
    pub(super) prefix: String,
    pub(super) channel: String,
    pub(super) origin: String,
}

impl Post {
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Outgoing>, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            tokio::select! {
                // What was said before the end (a lane given back) is still passed on.
                biased;
                count = waiting.recv_many(&mut batch, BATCH_MAX) => if count == 0 { return },
                () = stop.cancelled() => return,
            }
            self.pass_on(&mut batch).await;
        }
    }

    async fn pass_on(&self, batch: &mut Vec<Outgoing>) {
        let Some(mut connection) = self.link.connection() else {
            batch.clear();
            return;
        };
        let mut pipe = redis::pipe();
        for item in batch.drain(..) {
            match item {
                Outgoing::News(news) => {
                    let letter = Letter { from: self.origin.clone(), news };
                    if let Ok(text) = serde_json::to_string(&letter) {
                        pipe.cmd("PUBLISH").arg(&self.channel).arg(text).ignore();
                    }
                }
                Outgoing::Sent { account, sent } => {
                    for (reference, sent) in sent {
                        let key = reference_key(&self.prefix, &account, &reference);
                        pipe.cmd("SET")
                            .arg(key)
                            .arg(written(sent))
                            .arg("EX")
                            .arg(REMEMBER.as_secs())
                            .ignore();
                    }
                }
            }
        }
        if let Err(error) = pipe.query_async::<()>(&mut connection).await {
            self.link.failed(&error);
        }
    }
}

pub(super) fn reference_key(prefix: &str, account: &str, reference: &str) -> String {
    format!("{prefix}:sent:{account}:{reference}")
}

fn written(sent: Sent) -> String {
    let KnownPart { key, attempt, part } = sent.part;
    let mut text = String::new();
    // Writing to a string can't fail.
    _ = write!(text, "{}.{}.{}.{}.{attempt}.{part}", sent.lane.0, key.alert.0, key.route.0, key.seq);
    text
}

/// Anything that is not what we wrote is not remembered.
pub(super) fn read(text: &str) -> Option<Sent> {
    let mut fields = text.split('.');
    let lane = LaneId(fields.next()?.parse().ok()?);
    let alert = AlertId(fields.next()?.parse().ok()?);
    let route = RouteId(fields.next()?.parse().ok()?);
    let seq = fields.next()?.parse().ok()?;
    let attempt = fields.next()?.parse().ok()?;
    let part = fields.next()?.parse().ok()?;
    let key = MessageKey { alert, route, seq };
    fields.next().is_none().then_some(Sent { lane, part: KnownPart { key, attempt, part } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_read_as_it_was_written() {
        let key = MessageKey { alert: AlertId(7), route: RouteId(3), seq: 1_000_000 };
        let sent = Sent { lane: LaneId(2), part: KnownPart { key, attempt: 4, part: 2 } };
        assert_eq!(read(&written(sent)), Some(sent));
        for garbage in ["", "1.2.3", "1.2.3.4.5.6.7", "a.b.c.d.e.f", "1.2.3.4.5.600"] {
            assert_eq!(read(garbage), None, "{garbage}");
        }
    }
}
