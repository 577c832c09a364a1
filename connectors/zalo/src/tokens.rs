//! The lane's tokens: read from the keychain, renewed by one node at a time, stored before they are used.

use std::{sync::Arc, time::Duration};

use contract::{Clock, Health, Keychain, Stored, Tokens, Turn};
use jiff::Timestamp;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use tokio_util::task::TaskTracker;

use crate::{
    config::ZaloSettings,
    http::Http,
    keychain_name,
    oauth::{self, NoPair, after},
};

/// A bootstrap access token is of unknown age: it is good for one try and renewed soon.
const BOOTSTRAP_LIFE_S: i64 = 60;
/// Pause between two looks whether the other node is done.
const BUSY_PAUSE: Duration = Duration::from_millis(100);
/// The hold must outlast two requests and the store.
const HOLD_MARGIN: Duration = Duration::from_secs(30);

/// Why there is no token to call with; the health to show.
pub(crate) type Trouble = Health;

pub(crate) struct Keeper {
    name: String,
    settings: Arc<ZaloSettings>,
    http: Http,
    keychain: Arc<dyn Keychain>,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Held {
    stored: Option<Stored>,
    /// A pair that follows this edition and could not be stored yet; not to be used.
    unsaved: Option<(i64, Tokens)>,
    /// The refresh token of this edition is over, and why.
    dead: Option<(i64, String)>,
    /// A reply for this edition was lost: a refusal then means that the new pair was lost with it.
    doubted: Option<i64>,
    /// Renewing this edition failed at this moment, and why: those who waited behind it must not each try again.
    failed: Option<(i64, Instant, String)>,
    /// The platform refused the access token of this edition.
    spent: Option<i64>,
}

impl Held {
    /// Why this pair is of no use any more, if it is not.
    fn over(&self, stored: &Stored, now: Timestamp) -> Option<String> {
        let (edition, why) = self.dead.as_ref()?;
        let spent = self.spent == Some(stored.edition) || stored.tokens.access_until <= now;
        (*edition == stored.edition && spent).then(|| why.clone())
    }
}

impl Keeper {
    pub(crate) fn new(
        settings: Arc<ZaloSettings>,
        http: Http,
        keychain: Arc<dyn Keychain>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let name = keychain_name(&settings);
        Self { name, settings, http, keychain, clock, held: Mutex::default(), tasks: TaskTracker::new() }
    }

    /// The pair to call with, renewed first where it has ended.
    pub(crate) async fn current(self: &Arc<Self>) -> Result<Stored, Trouble> {
        let this = Arc::clone(self);
        self.whole(async move {
            let mut held = this.held.lock().await;
            let stored = this.load(&mut held).await?;
            if let Some(why) = held.over(&stored, this.clock.now()) {
                return Err(Health::Stopped(why));
            }
            if stored.tokens.access_until > this.clock.now() {
                Ok(stored)
            } else {
                this.next(&mut held, stored).await
            }
        })
        .await
    }

    /// The pair after edition `seen`, whose access token the platform refused.
    pub(crate) async fn renew(self: &Arc<Self>, seen: i64) -> Result<Stored, Trouble> {
        let this = Arc::clone(self);
        self.whole(async move {
            let mut held = this.held.lock().await;
            held.spent = Some(seen);
            let stored = this.load(&mut held).await?;
            if stored.edition == seen { this.next(&mut held, stored).await } else { Ok(stored) }
        })
        .await
    }

    /// Takes up what another node or the console stored; renews what ends soon. With it comes what a person should know.
    pub(crate) async fn tend(self: &Arc<Self>) -> Result<(Stored, Option<String>), Trouble> {
        let this = Arc::clone(self);
        self.whole(async move {
            let mut held = this.held.lock().await;
            if let Some(newest) = this.keychain.tokens(&this.name).await.map_err(|error| unasked(&error))? {
                held.stored = Some(newest);
            }
            let stored = this.load(&mut held).await?;
            let now = this.clock.now();
            if let Some(why) = held.over(&stored, now) {
                return Err(Health::Stopped(why));
            }
            let before_s = i64::try_from(this.settings.refresh_before_s).unwrap_or(0);
            if stored.tokens.access_until > after(now, before_s) {
                let warning = this.warning(&stored, now);
                return Ok((stored, warning));
            }
            match this.next(&mut held, stored.clone()).await {
                Ok(stored) => {
                    let warning = this.warning(&stored, now);
                    Ok((stored, warning))
                }
                // Renewal was early: the pair at hand serves until it ends.
                Err(Health::Down(why) | Health::Stopped(why))
                    if stored.tokens.access_until > now && !stored.tokens.access.is_empty() =>
                {
                    Ok((stored, Some(why)))
                }
                Err(trouble) => Err(trouble),
            }
        })
        .await
    }

    /// Runs to its end even if nobody waits for it any more: a renewal cut in two would lose the new pair.
    async fn whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ) -> Result<T, Trouble> {
        let ended = self.tasks.spawn(work).await;
        ended.unwrap_or_else(|_| Err(Health::Down("the work on the tokens broke off".to_owned())))
    }

    /// Waits until nothing is being renewed.
    pub(crate) async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn load(&self, held: &mut Held) -> Result<Stored, Trouble> {
        let is_dead =
            |stored: &Stored| held.dead.as_ref().is_some_and(|(edition, _)| *edition == stored.edition);
        if let Some(stored) = held.stored.clone().filter(|stored| !is_dead(stored)) {
            return Ok(stored);
        }
        let found = self.keychain.tokens(&self.name).await.map_err(|error| unasked(&error))?;
        let stored = match found {
            Some(stored) => stored,
            None => self.bootstrap().await?,
        };
        held.stored = Some(stored.clone());
        Ok(stored)
    }

    async fn bootstrap(&self) -> Result<Stored, Trouble> {
        let Some(refresh) = &self.settings.bootstrap_refresh_token else {
            return Err(Health::Stopped(
                "there are no tokens yet: let an admin of the Official Account consent".to_owned(),
            ));
        };
        let now = self.clock.now();
        let access = self.settings.bootstrap_access_token.as_ref();
        let tokens = Tokens {
            access: access.map_or_else(String::new, |access| access.expose().to_owned()),
            refresh: refresh.expose().to_owned(),
            access_until: if access.is_some() { after(now, BOOTSTRAP_LIFE_S) } else { now },
            refresh_until: after(now, i64::from(self.settings.refresh_life_days) * 86_400),
        };
        self.keychain.replace(&self.name, 0, &tokens).await.map_err(|error| unasked(&error))?;
        let stored = self.keychain.tokens(&self.name).await.map_err(|error| unasked(&error))?;
        stored.ok_or_else(|| Health::Down("the keychain keeps nothing".to_owned()))
    }

    async fn next(&self, held: &mut Held, seen: Stored) -> Result<Stored, Trouble> {
        if let Some((edition, tokens)) = held.unsaved.clone() {
            return self.store(held, edition, tokens).await;
        }
        if let Some((edition, why)) = &held.dead
            && *edition == seen.edition
        {
            return Err(Health::Stopped(why.clone()));
        }
        if let Some((edition, at, why)) = &held.failed
            && *edition == seen.edition
            && at.elapsed() < self.settings.retry()
        {
            return Err(Health::Down(why.clone()));
        }
        let hold = self.settings.request_timeout() * 2 + HOLD_MARGIN;
        // Twice the request's time: the other node may be at its second try.
        let mut looks = 1 + (self.settings.request_timeout() * 2).as_millis() / BUSY_PAUSE.as_millis();
        loop {
            let turn = self.keychain.turn(&self.name, seen.edition, hold).await;
            match turn.map_err(|error| unasked(&error))? {
                Turn::Ours(stored) => return self.refresh(held, stored).await,
                Turn::Newer(stored) => {
                    held.stored = Some(stored.clone());
                    return Ok(stored);
                }
                Turn::Empty => {
                    held.stored = None;
                    return Err(Health::Stopped(
                        "the tokens are gone from the keychain: consent again".to_owned(),
                    ));
                }
                Turn::Busy => {
                    looks -= 1;
                    if looks == 0 {
                        return Err(Health::Down("another node is renewing the tokens".to_owned()));
                    }
                    sleep(BUSY_PAUSE).await;
                }
            }
        }
    }

    async fn refresh(&self, held: &mut Held, stored: Stored) -> Result<Stored, Trouble> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", stored.tokens.refresh.as_str())];
        let mut answer = oauth::ask(&self.http, &self.settings, &form, self.clock.now()).await;
        if let Err(NoPair::Unknown(_)) = answer {
            // Whether the old refresh token is used up is not known: asking once more tells.
            held.doubted = Some(stored.edition);
            answer = oauth::ask(&self.http, &self.settings, &form, self.clock.now()).await;
        }
        let trouble = match answer {
            Ok(tokens) => return self.store(held, stored.edition, tokens).await,
            Err(NoPair::NotSent(why)) => Health::Down(format!("the tokens cannot be renewed: {why}")),
            Err(NoPair::Unknown(why)) => {
                Health::Down(format!("the tokens cannot be renewed: no usable answer ({why})"))
            }
            Err(NoPair::Refused(code)) => {
                let why = if held.doubted == Some(stored.edition) {
                    format!(
                        "the reply with the new tokens was lost ({code}): let an admin of the OA consent again"
                    )
                } else {
                    format!("the refresh token is refused ({code}): let an admin of the OA consent again")
                };
                held.dead = Some((stored.edition, why.clone()));
                Health::Stopped(why)
            }
        };
        if let Health::Down(why) = &trouble {
            held.failed = Some((stored.edition, Instant::now(), why.clone()));
        }
        // If the keychain cannot be told, the hold runs out by itself.
        if let Err(error) = self.keychain.pass(&self.name, stored.edition).await {
            tracing::warn!(%error, "the right to renew tokens was not given back");
        }
        Err(trouble)
    }

    /// Durable first; a pair that is not stored is kept for the next try and not used.
    async fn store(&self, held: &mut Held, edition: i64, tokens: Tokens) -> Result<Stored, Trouble> {
        let stored = match self.keychain.replace(&self.name, edition, &tokens).await {
            Ok(Some(edition)) => Stored { edition, tokens },
            Ok(None) => {
                held.unsaved = None;
                let newer = self.keychain.tokens(&self.name).await.map_err(|error| unasked(&error))?;
                newer.ok_or_else(|| Health::Down("the keychain keeps nothing".to_owned()))?
            }
            Err(error) => {
                held.unsaved = Some((edition, tokens));
                return Err(Health::Down(format!(
                    "the new tokens could not be stored and are not used: {}",
                    error.0
                )));
            }
        };
        (held.unsaved, held.dead, held.doubted, held.spent) = (None, None, None, None);
        held.stored = Some(stored.clone());
        Ok(stored)
    }

    /// What to say about the end of the refresh token, if it is near.
    fn warning(&self, stored: &Stored, now: Timestamp) -> Option<String> {
        let left = stored.tokens.refresh_until.duration_since(now).as_hours() / 24;
        (left <= i64::from(self.settings.refresh_warn_days))
            .then(|| format!("the refresh token ends in {left} days: let an admin of the OA consent again"))
    }
}

fn unasked(error: &contract::NotRecorded) -> Trouble {
    Health::Down(format!("the keychain cannot be asked: {}", error.0))
}
