//! Listening, on a connection of its own, for as long as the process lives.

use std::time::Duration;

use futures::StreamExt as _;
use redis::{Client, RedisError};
use tokio::{sync::broadcast, time::timeout};
use tokio_util::sync::CancellationToken;

use super::post::Letter;
use crate::coordination::News;

const RETRY_EVERY: Duration = Duration::from_secs(1);
/// A silent connection is asked whether it is still there.
const PROBE_EVERY: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

pub(super) async fn listen(
    client: Client,
    channel: String,
    origin: String,
    news: broadcast::Sender<News>,
    answer_within: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        tokio::select! {
            ended = hear(&client, &channel, &origin, &news, answer_within) => if let Err(error) = ended {
                tracing::debug!(%error, "no news for now");
            },
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn hear(
    client: &Client,
    channel: &str,
    origin: &str,
    news: &broadcast::Sender<News>,
    answer_within: Duration,
) -> Result<(), RedisError> {
    let late = |_| RedisError::from((redis::ErrorKind::Io, "no answer in time"));
    let mut pubsub = timeout(CONNECT_WITHIN, client.get_async_pubsub()).await.map_err(late)??;
    timeout(CONNECT_WITHIN, pubsub.subscribe(channel)).await.map_err(late)??;
    let (mut sink, mut stream) = pubsub.split();
    // What was said while we did not listen: look for ourselves.
    let _heard = news.send(News::Look);
    loop {
        match timeout(PROBE_EVERY, stream.next()).await {
            Ok(Some(message)) => {
                let text: String = message.get_payload()?;
                match serde_json::from_str::<Letter>(&text) {
                    Ok(letter) if letter.from != origin => {
                        let _heard = news.send(letter.news);
                    }
                    Ok(_) => {}
                    Err(error) => tracing::debug!(%error, "news not understood; of another version?"),
                }
            }
            Ok(None) => return Ok(()),
            Err(_) => {
                // A new connection takes longer than an answer on this one.
                let patience = answer_within.max(CONNECT_WITHIN);
                timeout(patience, sink.ping::<redis::Value>()).await.map_err(late)??;
            }
        }
    }
}
