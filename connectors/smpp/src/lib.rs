//! SMPP for carriers of SMS: one account, its binds, and an own session over each.
//!
//! In reading order: `config` and `check` (the settings), `frame` and `wire` (octets), `codes` (what a status
//! means), `message` (parts of one SMS), `pending` and `mailbox` (the window), `outbound` and `inbound` (the
//! two halves of a session, without I/O), `session` (the socket and the clock), `bind`, `links` and `board`
//! (keeping several of them up).
//!
//! What was given to the socket and has no answer is uncertain; what was not is proved unsent. A delivery is
//! acknowledged only after the sink has made it durable.

mod alphabet;
mod bind;
mod board;
mod check;
mod codes;
mod config;
mod frame;
mod inbound;
mod links;
mod mailbox;
mod message;
mod outbound;
mod pending;
mod receipt;
mod receipt_text;
mod reference;
mod session;
mod tls;
mod wire;

#[cfg(test)]
mod mutation;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{Connector, Context, Health, Profile, Rate, Submission};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

pub use check::Complaint;
pub use config::{
    Alphabet, BindKind, LongMessages, Password, ReceiptDates, ReceiptIds, SmppSettings, StatusClass,
    TlsSettings,
};

use links::Lane;

/// Largest batch worth handing over at once: one coalesced write.
const BATCH_MAX: usize = 500;
/// Beyond the grace of closing: time for the unbind and for the last reports.
const CLOSE_MARGIN: Duration = Duration::from_secs(3);

/// What a lane with these settings can carry, before any bind is up.
#[must_use]
pub fn profile(settings: &SmppSettings, rate: Rate) -> Profile {
    let in_flight_max = settings.binds.saturating_mul(settings.window).max(1);
    let part_header_octets = match settings.long {
        LongMessages::Udh16 => 7,
        // With the other two the SMSC writes the header, and writes it short.
        LongMessages::Udh8 | LongMessages::Sar | LongMessages::Payload => 6,
    };
    Profile { rate, in_flight_max, batch_max: in_flight_max.min(BATCH_MAX), part_header_octets }
}

/// One SMPP account with all its binds.
pub struct SmppConnector {
    profile: Profile,
    lane: Arc<Lane>,
}

impl std::fmt::Debug for SmppConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmppConnector").field("lane", &self.lane.context.lane).finish_non_exhaustive()
    }
}

impl SmppConnector {
    /// Starts binding in the background; must be called inside a Tokio runtime. `settings` should have
    /// passed [`SmppSettings::check`]; if not, the binds fail and health says why.
    #[must_use]
    pub fn start(settings: SmppSettings, rate: Rate, context: Context) -> Arc<Self> {
        let profile = profile(&settings, rate);
        let lane = Arc::new(Lane::new(settings, context));
        lane.start();
        Arc::new(Self { profile, lane })
    }
}

#[async_trait]
impl Connector for SmppConnector {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.lane.board.subscribe()
    }

    async fn submit(&self, batch: Vec<Submission>) {
        self.lane.submit(batch).await;
    }

    async fn close(&self, grace: Duration) {
        self.lane.stop.send_replace(Some(Instant::now() + grace));
        self.lane.tasks.close();
        if timeout(grace + CLOSE_MARGIN, self.lane.tasks.wait()).await.is_err() {
            self.lane.kill.cancel();
            self.lane.tasks.wait().await;
        }
    }
}

impl Drop for SmppConnector {
    /// Without [`Connector::close`] nothing is waited for, but no task is left behind.
    fn drop(&mut self) {
        self.lane.kill.cancel();
    }
}
