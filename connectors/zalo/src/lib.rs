//! Zalo for Official Accounts: templates to phones and followers, consultation messages, broadcast articles.
//!
//! In reading order: `config` and `check` (the settings), `sign` and `lenient` (what the wire needs), `http` (one call and
//! how it ends), `codes` (what an error means), `hours` and `app` (when and how fast), `oauth` and `tokens` (the pair of
//! tokens), `board` (health), `lane`, `send` and `survey` (the lane at work), `callbacks` and `events` (the webhook),
//! `validate` (values against a template).
//!
//! A call that broke off after it was sent is uncertain and never repeated here. A new pair of tokens is stored before
//! it is used.

mod app;
mod board;
mod callbacks;
mod check;
mod codes;
mod config;
mod events;
mod hours;
mod http;
mod lane;
mod lenient;
mod oauth;
mod send;
mod sign;
mod survey;
mod tokens;
mod validate;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{Connector, Context, Health, Profile, Rate, Submission};
use tokio::{sync::watch, time::timeout};

pub use app::App;
pub use callbacks::ZaloCallbacks;
pub use check::Complaint;
pub use config::{Mode, Secret, ZaloSettings};
pub use oauth::{ExchangeError, consent_url, exchange};
pub use sign::{Pkce, pkce};
pub use validate::{FaultKind, ParameterFault, validate};

use lane::Lane;

/// Largest batch worth handing over at once.
const BATCH_MAX: usize = 100;

/// What a lane with these settings can carry.
#[must_use]
pub fn profile(settings: &ZaloSettings, rate: Rate) -> Profile {
    let in_flight_max = settings.in_flight_max.max(1);
    Profile { rate, in_flight_max, batch_max: in_flight_max.min(BATCH_MAX), part_header_octets: 0 }
}

/// The name of the pair of tokens: one for each app and Official Account.
#[must_use]
pub fn keychain_name(settings: &ZaloSettings) -> String {
    format!("zalo/{}/{}", settings.app_id, settings.oa_id)
}

/// One way of sending through one Official Account.
pub struct ZaloConnector {
    profile: Profile,
    lane: Arc<Lane>,
}

impl std::fmt::Debug for ZaloConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZaloConnector").field("lane", &self.lane.context.lane).finish_non_exhaustive()
    }
}

impl ZaloConnector {
    /// Starts looking after tokens and account in the background; must be called inside a Tokio runtime. `settings` should
    /// have passed [`ZaloSettings::check`]; `app` is shared by all lanes of the app in this process.
    #[must_use]
    pub fn start(settings: ZaloSettings, rate: Rate, app: Arc<App>, context: Context) -> Arc<Self> {
        let profile = profile(&settings, rate);
        let lane = Arc::new(Lane::new(settings, app, context));
        lane.start();
        Arc::new(Self { profile, lane })
    }
}

#[async_trait]
impl Connector for ZaloConnector {
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
        self.lane.closing.cancel();
        self.lane.tasks.close();
        if timeout(grace, self.lane.tasks.wait()).await.is_err() {
            self.lane.kill.cancel();
            self.lane.tasks.wait().await;
        }
        // A renewal of tokens is never cut short; it has a bound of its own.
        self.lane.keeper.close().await;
    }
}

impl Drop for ZaloConnector {
    /// Without [`Connector::close`] nothing is waited for, but no task is left behind.
    fn drop(&mut self) {
        self.lane.closing.cancel();
        self.lane.kill.cancel();
    }
}
