//! The simulated Zalo Official Account with its followers and the simulated Facebook Page, and the lanes to them.

use std::{fmt::Write as _, path::Path, time::Duration};

use anyhow::Context as _;
use simulators::{
    facebook::{
        Facebook, FacebookScript,
        fault::{Calls, Fault, FaultKind, When},
        script::ListingScript,
    },
    zalo::{
        Event, Zalo, ZaloScript,
        script::{Fate, Follower},
    },
};

use super::people;

/// One in so many people follows the Official Account, at most so many.
const FOLLOWS_ONE_IN: u32 = 20;
const FOLLOWERS_MAX: u32 = 1_000;
/// A real app has 4,000 a minute; this one has more, so that the demonstration ends.
const REQUESTS_PER_MINUTE: u32 = 60_000;
/// The first post is made and its answer never comes.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) struct Platforms {
    pub(super) zalo: Zalo,
    pub(super) facebook: Facebook,
    pub(super) followers: u32,
}

impl Platforms {
    pub(super) async fn start(recipients: u32) -> anyhow::Result<Self> {
        let followers = (recipients / FOLLOWS_ONE_IN).clamp(1, FOLLOWERS_MAX);
        let follower = |n: u32| Follower {
            fate: match n % 20 {
                0 | 1 => Fate::Never,
                2 => Fate::Late { ms: 60_000 },
                _ => Fate::Delivered,
            },
            ..Follower::new(user(n))
        };
        let script = ZaloScript {
            followers: (0..followers).map(follower).collect(),
            rate_per_minute: REQUESTS_PER_MINUTE,
            uid_quota: FOLLOWERS_MAX * 2,
            ..ZaloScript::default()
        };
        let zalo = Zalo::start(script, "127.0.0.1:0").await.context("simulated Zalo")?;
        let lost =
            FaultKind::CommitThenTimeout { ms: u64::try_from(SILENCE.as_millis()).unwrap_or(u64::MAX) };
        let script = FacebookScript {
            proof_required: true,
            listing: ListingScript { delayed_ms: 1_500, ..ListingScript::default() },
            faults: vec![Fault::new(lost, When::Once(1)).on(Calls::Posts)],
            ..FacebookScript::default()
        };
        let facebook = Facebook::start(script, "127.0.0.1:0").await.context("simulated Facebook")?;
        Ok(Self { zalo, facebook, followers })
    }

    /// The lanes that lead here, as settings.
    pub(super) fn lanes(&self, folder: &Path) -> anyhow::Result<String> {
        let (zalo, page) = (ZaloScript::default(), FacebookScript::default());
        let granted = self.zalo.grant();
        let secret = |name: &str, value: &str| -> anyhow::Result<toml::Value> {
            let file = folder.join(name);
            std::fs::write(&file, value).with_context(|| format!("can't write to {}", folder.display()))?;
            Ok(toml::Value::from(format!("file:{}", file.display())))
        };
        let mut text = String::new();
        writeln!(
            text,
            "[[lane]]\nname = \"zalo-1\"\nkind = \"zalo\"\nserves = [\"zalo\"]\nrate = \"300/s\"\n[lane.zalo]\n\
             mode = \"follower\"\napp_id = \"{}\"\napp_secret = {}\noa_id = \"{}\"\noa_secret = {}\n\
             bootstrap_access_token = {}\nbootstrap_refresh_token = {}\nrequests_per_minute = {REQUESTS_PER_MINUTE}\n\
             oauth_url = \"{base}\"\nopenapi_url = \"{base}\"\nbusiness_url = \"{base}\"",
            zalo.app_id,
            secret("zalo-app", &zalo.app_secret)?,
            zalo.oa_id,
            secret("zalo-oa", &zalo.oa_secret)?,
            secret("zalo-access", &granted.access_token)?,
            secret("zalo-refresh", &granted.refresh_token)?,
            base = self.zalo.base(),
        )?;
        writeln!(
            text,
            "[[lane]]\nname = \"facebook-1\"\nkind = \"facebook\"\nserves = [\"page\"]\nrate = \"1/s\"\n[lane.facebook]\n\
             page_id = \"{}\"\npage_token = {}\napp_id = \"{}\"\napp_secret = {}\nverify_token = {}\n\
             api_url = \"{}\"\nrequest_timeout_ms = 2000",
            page.page_id,
            secret("page-token", &page.page_token)?,
            page.app_id,
            secret("page-app", &page.app_secret)?,
            secret("page-verify", &page.verify_token)?,
            self.facebook.base(),
        )?;
        Ok(text)
    }

    /// From now on both platforms call back.
    pub(super) async fn call_back(&self, address: std::net::SocketAddr) -> anyhow::Result<()> {
        let zalo = format!("http://{address}/callback/zalo-1");
        self.zalo.set_webhook(Some(zalo)).await.context("Zalo's callback")?;
        let verified = self.facebook.set_webhook(Some(format!("http://{address}/callback/facebook-1"))).await;
        anyhow::ensure!(verified, "the page's callback was not verified");
        Ok(())
    }

    /// The followers give the account their telephone number, which says who of the list they are.
    pub(super) fn introduce(&self) {
        for n in 0..self.followers {
            self.zalo.tell(Event::UserSubmittedInfo {
                user_id: user(n),
                name: String::new(),
                phone: people::international(n),
                ward: String::new(),
            });
        }
    }

    pub(super) async fn stop(self) {
        self.zalo.stop().await;
        self.facebook.stop().await;
    }
}

/// A follower as the account knows them.
fn user(n: u32) -> String {
    format!("25125236{n:011}")
}
