//! The binds of a lane: each kept up by a task of its own, submissions spread over those that are up.

use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};

use contract::{Context, Report, Submission};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, error, info, warn};

use crate::{
    bind::{self, BindError},
    board::{Board, LinkState, Role},
    codes::BindEffect,
    config::{BindKind, SmppSettings},
    frame::id,
    mailbox::Mailbox,
    message::{self, Encoder, Unsent},
    session::{self, End},
};

/// Pause after a refusal that only a person can cure. Long, since SMSCs lock accounts that keep trying.
const STOPPED_PAUSE: Duration = Duration::from_secs(300);
/// Refusals in a row after which an ambiguous one counts as such.
const AMBIGUOUS_REFUSALS_MAX: u32 = 5;
/// A session that lasted this long was a good one: its end starts the pauses from the shortest again.
const GOOD_SESSION: Duration = Duration::from_secs(30);
/// Doublings of the pause; beyond it the cap has long been reached.
const DOUBLINGS_MAX: u32 = 16;

/// What all binds of a lane share.
pub(crate) struct Lane {
    pub(crate) settings: Arc<SmppSettings>,
    pub(crate) context: Context,
    pub(crate) encoder: Arc<Encoder>,
    pub(crate) board: Board,
    pub(crate) tasks: TaskTracker,
    /// Set once: by when all sessions shall have ended.
    pub(crate) stop: watch::Sender<Option<Instant>>,
    /// Ends whatever outlasts that.
    pub(crate) kill: CancellationToken,
    links: Vec<(Role, Arc<Mailbox>)>,
    room: Arc<Notify>,
}

enum Spread {
    Done,
    Full,
    NoBind,
}

impl Lane {
    pub(crate) fn new(settings: SmppSettings, context: Context) -> Self {
        let kinds: &[Role] = match settings.bind {
            BindKind::Transceiver => &[Role::Transceiver],
            BindKind::Pair => &[Role::Transmitter, Role::Receiver],
        };
        let roles = kinds.repeat(settings.binds);
        let room = Arc::new(Notify::new());
        let mailbox = |role| (role, Arc::new(Mailbox::new(settings.window, Arc::clone(&room))));
        Self {
            links: roles.iter().copied().map(mailbox).collect(),
            board: Board::new(&roles),
            encoder: Arc::new(Encoder::new(&settings)),
            settings: Arc::new(settings),
            context,
            tasks: TaskTracker::new(),
            stop: watch::Sender::new(None),
            kill: CancellationToken::new(),
            room,
        }
    }

    /// Starts a task for each bind.
    pub(crate) fn start(self: &Arc<Self>) {
        for link in 0..self.links.len() {
            let lane = Arc::clone(self);
            self.tasks.spawn(async move {
                let kill = lane.kill.clone();
                kill.run_until_cancelled(keep(lane, link)).await
            });
        }
    }

    /// Hands the batch to the binds that are up; waits while all their windows are full. With none up it
    /// goes back at once: a queue here would hide from the engine that the lane is down. Not to be dropped
    /// half-way: what was not taken by then would have no outcome.
    pub(crate) async fn submit(&self, batch: Vec<Submission>) {
        let mut batch = VecDeque::from(batch);
        loop {
            let mut room = pin!(self.room.notified());
            // Registered before looking, or a release in between would be missed.
            room.as_mut().enable();
            match self.spread(&mut batch) {
                Spread::Done => return,
                Spread::Full => room.await,
                Spread::NoBind => {
                    let reports =
                        batch.iter().map(|submission| message::unsent(submission, Unsent::NoBind)).collect();
                    return self.report(reports).await;
                }
            }
        }
    }

    fn spread(&self, batch: &mut VecDeque<Submission>) -> Spread {
        let now = Instant::now();
        while !batch.is_empty() {
            let open = || self.links.iter().filter_map(|(_, mailbox)| Some((mailbox.free()?, mailbox)));
            let Some((free, mailbox)) = open().max_by_key(|(free, _)| *free) else { return Spread::NoBind };
            if free == 0 {
                return Spread::Full;
            }
            let share = batch.len().div_ceil(open().count().max(1));
            mailbox.offer(batch, share, now);
        }
        Spread::Done
    }

    /// Waits until the engine takes the reports; unless it is gone, or all shall end.
    pub(crate) async fn report(&self, reports: Vec<Report>) {
        if !reports.is_empty() {
            let sent = self.kill.run_until_cancelled(self.context.reports.send(reports)).await;
            if !matches!(sent, Some(Ok(()))) {
                warn!(lane = %self.context.lane, "reports could not be handed over: nobody takes them any more");
            }
        }
    }
}

/// Keeps one bind up until the lane stops.
async fn keep(lane: Arc<Lane>, link: usize) {
    let Some((role, mailbox)) = lane.links.get(link).cloned() else { return };
    let name = format!("{}#{} {}", lane.context.lane, link + 1, role.word());
    let mut stop = lane.stop.subscribe();
    let mut tries = Tries::default();
    while stop.borrow().is_none() {
        let opened = tokio::select! {
            opened = bind::open(&lane.settings, command(role)) => opened,
            _ = stop.wait_for(Option::is_some) => return,
        };
        let pause = match opened {
            Ok(bound) => {
                info!(link = %name, "bound");
                if role.sends() {
                    mailbox.open();
                }
                lane.board.set(link, LinkState::Up);
                let since = Instant::now();
                let end = session::carry(&lane, name.clone(), Arc::clone(&mailbox), bound, &mut stop).await;
                let why = match end {
                    End::Closed => {
                        info!(link = %name, "session closed");
                        lane.board.set(link, LinkState::Down("closed".to_owned()));
                        return;
                    }
                    End::Unbound => "the carrier ended the session (unbind)".to_owned(),
                    End::Lost(why) => why,
                };
                warn!(link = %name, %why, "session over");
                lane.board.set(link, LinkState::Down(why));
                tries.session_over(since.elapsed() >= GOOD_SESSION);
                tries.pause(&lane.settings)
            }
            Err(error) => refused(&lane, link, &name, &mut tries, &error),
        };
        tokio::select! {
            () = sleep(pause) => {}
            _ = stop.wait_for(Option::is_some) => return,
        }
    }
}

fn command(role: Role) -> u32 {
    match role {
        Role::Transceiver => id::BIND_TRANSCEIVER,
        Role::Transmitter => id::BIND_TRANSMITTER,
        Role::Receiver => id::BIND_RECEIVER,
    }
}

/// Says why there is no bind, once per reason, and how long to wait.
fn refused(lane: &Lane, link: usize, name: &str, tries: &mut Tries, error: &BindError) -> Duration {
    let why = error.to_string();
    let is_news = tries.refused(&why);
    let is_final = match error.effect() {
        BindEffect::BackOff => false,
        BindEffect::Stop => true,
        BindEffect::StopIfRepeated => tries.refusals > AMBIGUOUS_REFUSALS_MAX,
    };
    match (is_final, is_news) {
        (true, true) => error!(link = %name, %why, "cannot bind: a person must act"),
        (false, true) => warn!(link = %name, %why, "cannot bind: will try again"),
        (_, false) => debug!(link = %name, %why, "cannot bind"),
    }
    let (state, pause) = if is_final {
        (LinkState::Stopped(why), STOPPED_PAUSE)
    } else {
        (LinkState::Down(why), tries.pause(&lane.settings))
    };
    lane.board.set(link, state);
    pause
}

/// How often it went wrong in a row, and what was last said about it.
#[derive(Debug, Default)]
struct Tries {
    failures: u32,
    refusals: u32,
    said: String,
}

impl Tries {
    fn refused(&mut self, why: &str) -> bool {
        self.refusals = self.refusals.saturating_add(1);
        let is_news = self.said != why;
        self.said = why.to_owned();
        is_news
    }

    fn session_over(&mut self, was_good: bool) {
        self.refusals = 0;
        self.said.clear();
        if was_good {
            self.failures = 0;
        }
    }

    /// Doubles up to the cap; half of it is chance, so that many gateways don't knock at the same instant.
    fn pause(&mut self, settings: &SmppSettings) -> Duration {
        let doubled = settings.reconnect_min_ms.saturating_mul(1 << self.failures.min(DOUBLINGS_MAX));
        self.failures = self.failures.saturating_add(1);
        let ms = doubled.min(settings.reconnect_max_ms).max(2);
        Duration::from_millis(rand::random_range(ms / 2..=ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Password;

    #[test]
    fn pauses_double_up_to_the_cap_and_start_again_after_a_good_session() {
        let settings = SmppSettings {
            reconnect_min_ms: 100,
            reconnect_max_ms: 1000,
            ..SmppSettings::new("127.0.0.1:1", "loa", Password::new("secret"), "LANGSON")
        };
        let mut tries = Tries::default();
        for ms in [100, 200, 400, 800, 1000, 1000] {
            let pause = tries.pause(&settings).as_millis();
            assert!((ms / 2..=ms).contains(&pause), "{pause} of {ms}");
        }
        tries.session_over(false);
        assert!(tries.pause(&settings).as_millis() >= 500);
        tries.session_over(true);
        assert!(tries.pause(&settings).as_millis() <= 100);
    }

    #[test]
    fn a_reason_is_said_once() {
        let mut tries = Tries::default();
        let said: Vec<_> = ["a", "a", "b", "a"].iter().map(|why| tries.refused(why)).collect();
        assert_eq!(said, [true, false, true, true]);
    }
}
