//! The connection that everything but listening uses: there or not there, never waited for.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use redis::{AsyncConnectionConfig, Client, RedisError, aio::MultiplexedConnection};
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::coordination::Standing;

/// Between two looks at a connection that works, and two tries at one that doesn't.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A connection may take longer to make than an answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

pub(super) struct Link {
    client: Client,
    timeout: Duration,
    state: Mutex<State>,
    broken: Notify,
}

struct State {
    connection: Option<MultiplexedConnection>,
    standing: Standing,
}

impl Link {
    pub(super) fn new(client: Client, timeout: Duration) -> Self {
        let standing = Standing::Away("not connected yet".into());
        Self {
            client,
            timeout,
            state: Mutex::new(State { connection: None, standing }),
            broken: Notify::new(),
        }
    }

    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        self.lock().connection.clone()
    }

    pub(super) fn standing(&self) -> Standing {
        self.lock().standing.clone()
    }

    /// From now on nobody asks until a probe has been answered.
    pub(super) fn failed(&self, error: &RedisError) {
        self.away(&error.to_string());
        self.broken.notify_one();
    }

    pub(super) async fn keep(self: std::sync::Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.probe().await;
            tokio::select! {
                () = tokio::time::sleep(PROBE_EVERY) => {}
                () = self.broken.notified() => {
                    // Not at once again: whatever just failed would fail again.
                    tokio::select! {
                        () = tokio::time::sleep(PROBE_EVERY) => {}
                        () = stop.cancelled() => {}
                    }
                }
                () = stop.cancelled() => {}
            }
        }
    }

    async fn probe(&self) {
        let connection = match self.connection() {
            Some(connection) => connection,
            None => match self.connect().await {
                Ok(connection) => connection,
                Err(error) => return self.away(&error.to_string()),
            },
        };
        let mut probed = connection.clone();
        match redis::cmd("PING").query_async::<String>(&mut probed).await {
            Ok(_) => self.ready(connection),
            Err(error) => self.away(&error.to_string()),
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(self.timeout));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        match timeout(CONNECT_WITHIN, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err((redis::ErrorKind::Io, "no connection in time").into()),
        }
    }

    fn ready(&self, connection: MultiplexedConnection) {
        let mut state = self.lock();
        state.connection = Some(connection);
        if state.standing != Standing::Ready {
            state.standing = Standing::Ready;
            tracing::info!("the coordinator is there; quotas are shared again");
        }
    }

    fn away(&self, why: &str) {
        let mut state = self.lock();
        state.connection = None;
        if state.standing == Standing::Ready {
            tracing::warn!(why, "the coordinator is away; this node works with its own share of quotas");
        }
        state.standing = Standing::Away(why.to_owned());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
