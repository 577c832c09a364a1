//! A webhook by hand: keeps what comes and answers as it is told.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::client::{APP, PATIENCE};

#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) headers: HeaderMap,
    pub(crate) raw: String,
    pub(crate) body: Value,
}

impl Came {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn event(&self) -> &str {
        self.body["event_name"].as_str().unwrap_or("")
    }

    /// Signed with the OA's secret: app id, body as received, timestamp, secret.
    pub(crate) fn is_signed(&self) -> bool {
        let timestamp = self.body["timestamp"].as_str().unwrap_or("");
        let text = format!("{APP}{}{timestamp}oa-secret-key", self.raw);
        let expected = hex::encode(Sha256::digest(text.as_bytes()));
        let given = self.header("X-ZEvent-Signature").unwrap_or("");
        given.strip_prefix("mac=").unwrap_or(given).eq_ignore_ascii_case(&expected)
    }
}

#[derive(Debug, Default)]
struct Inbox {
    came: Mutex<Vec<Came>>,
    changed: Notify,
    /// Requests that are answered 500 before all goes well.
    fail: Mutex<u32>,
    /// While `true` nothing is answered.
    held: watch::Sender<bool>,
}

#[derive(Debug)]
pub(crate) struct Hook {
    inbox: Arc<Inbox>,
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hook {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback", listener.local_addr().unwrap());
        let inbox = Arc::new(Inbox::default());
        let router = Router::new().fallback(take).with_state(Arc::clone(&inbox));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inbox, url, task }
    }

    pub(crate) fn fail(&self, times: u32) {
        *self.inbox.fail.lock().unwrap() = times;
    }

    /// Answers nothing from now on (`true`), or again.
    pub(crate) fn hold(&self, hold: bool) {
        self.inbox.held.send_replace(hold);
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.inbox.came.lock().unwrap().clone()
    }

    /// The events with this name, once there are so many.
    pub(crate) async fn events(&self, name: &str, count: usize) -> Vec<Came> {
        let found = || self.came().into_iter().filter(|came| came.event() == name).collect::<Vec<_>>();
        let enough = async {
            loop {
                let changed = self.inbox.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if found().len() >= count {
                    return;
                }
                changed.await;
            }
        };
        if timeout(PATIENCE, enough).await.is_err() {
            panic!("{count} {name} expected: {:?}", self.came());
        }
        found()
    }
}

async fn take(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let raw = String::from_utf8(body.to_vec()).unwrap();
    let body = serde_json::from_str(&raw).unwrap_or(Value::Null);
    inbox.came.lock().unwrap().push(Came { headers, raw, body });
    inbox.changed.notify_waiters();
    inbox.held.subscribe().wait_for(|held| !held).await.unwrap();
    let mut fail = inbox.fail.lock().unwrap();
    if *fail == 0 {
        return StatusCode::OK;
    }
    *fail -= 1;
    StatusCode::INTERNAL_SERVER_ERROR
}
