//! Posts on a Facebook Page: publishing, correcting, taking back, and what can be shown of it afterwards.
//!
//! In reading order: `config`, `check` and `versions` (the settings), `reply`, `codes` and `usage` (what Meta says),
//! `sign` and `api` (calls), `board` (health), `lane` and `post` (carrying out), `reconcile` (looking up), `token`
//! (inspection), `evidence` (reading back), `callback` (webhooks).
//!
//! Meta knows no key against sending twice, and its errors do not prove that nothing was posted. So one call of each
//! submission publishes, it is never repeated on a doubt, and the alert's reference in the text is how a post is found.

mod api;
mod board;
mod callback;
mod check;
mod codes;
mod codes_table;
mod config;
mod evidence;
mod lane;
mod post;
mod reconcile;
mod reply;
mod sign;
mod token;
mod usage;
mod versions;
mod words;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{Connector, Context, Doubtful, Health, Profile, Rate, Reconciled, Submission};
use tokio::{sync::watch, time::timeout};

pub use callback::FacebookCallbacks;
pub use check::Complaint;
pub use config::{FacebookSettings, Secret, TokenCheck};

use lane::Lane;

/// What a lane with these settings can carry: one post after the other.
#[must_use]
pub fn profile(_settings: &FacebookSettings, rate: Rate) -> Profile {
    Profile { rate, in_flight_max: 1, batch_max: 1, part_header_octets: 0 }
}

/// One Page's access.
pub struct FacebookConnector {
    profile: Profile,
    lane: Arc<Lane>,
}

impl std::fmt::Debug for FacebookConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FacebookConnector").field("lane", &self.lane.context.lane).finish_non_exhaustive()
    }
}

impl FacebookConnector {
    /// Starts by inspecting the token in the background; must be called inside a Tokio runtime. `settings` should have
    /// passed [`FacebookSettings::check`]; if not, calls fail and health says why.
    #[must_use]
    pub fn start(settings: FacebookSettings, rate: Rate, context: Context) -> Arc<Self> {
        Arc::new(Self { profile: profile(&settings, rate), lane: Lane::start(settings, context) })
    }
}

#[async_trait]
impl Connector for FacebookConnector {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.lane.board.subscribe()
    }

    async fn submit(&self, batch: Vec<Submission>) {
        self.lane.submit(batch).await;
    }

    async fn reconcile(&self, doubtful: Doubtful) -> Reconciled {
        self.lane.resolve(&doubtful).await
    }

    async fn close(&self, grace: Duration) {
        self.lane.closing.cancel();
        self.lane.tasks.close();
        if timeout(grace, self.lane.tasks.wait()).await.is_err() {
            self.lane.kill.cancel();
            self.lane.tasks.wait().await;
        }
    }
}

impl Drop for FacebookConnector {
    /// Without [`Connector::close`] nothing is waited for, but no task is left behind.
    fn drop(&mut self) {
        self.lane.closing.cancel();
        self.lane.kill.cancel();
    }
}
