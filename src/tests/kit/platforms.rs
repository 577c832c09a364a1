//! The simulated Official Account and page of a town, and the lanes to them.

use std::{fmt::Write as _, net::SocketAddr, path::Path};

use simulators::{
    facebook::{Facebook, FacebookScript},
    zalo::{Zalo, ZaloScript},
};

use super::town::Plan;

/// The simulated template: kind, text, time and code.
pub(crate) const TEMPLATE: &str = "410001";

pub(crate) struct Platforms {
    zalo: Option<(Zalo, ZaloScript)>,
    zalo_mode: &'static str,
    facebook: Option<(Facebook, FacebookScript)>,
}

impl Platforms {
    pub(super) async fn start(plan: &Plan) -> Self {
        let mut platforms = Self { zalo: None, zalo_mode: plan.zalo_mode, facebook: None };
        if let Some(script) = &plan.zalo {
            let zalo = Zalo::start(script.clone(), "127.0.0.1:0").await.expect("a simulated account");
            platforms.zalo = Some((zalo, script.clone()));
        }
        if let Some(script) = &plan.facebook {
            let facebook = Facebook::start(script.clone(), "127.0.0.1:0").await.expect("a simulated page");
            platforms.facebook = Some((facebook, script.clone()));
        }
        platforms
    }

    pub(crate) fn zalo(&self) -> &Zalo {
        &self.zalo.as_ref().expect("this town has an Official Account").0
    }

    pub(crate) fn facebook(&self) -> &Facebook {
        &self.facebook.as_ref().expect("this town has a page").0
    }

    pub(super) async fn call_back(&self, address: SocketAddr) {
        if let Some((zalo, _)) = &self.zalo {
            zalo.set_webhook(Some(format!("http://{address}/callback/zalo-1")))
                .await
                .expect("the callback answers");
        }
        if let Some((facebook, _)) = &self.facebook {
            let verified = facebook.set_webhook(Some(format!("http://{address}/callback/page-1"))).await;
            assert!(verified, "the callback repeats the challenge");
        }
    }

    pub(super) fn lanes(&self, folder: &Path) -> String {
        let secret = |name: &str, value: &str| {
            let file = folder.join(name);
            std::fs::write(&file, value).expect("the folder takes a file");
            format!("{:?}", format!("file:{}", file.display()))
        };
        let mut text = String::new();
        if let Some((zalo, script)) = &self.zalo {
            let (granted, base, mode) = (zalo.grant(), zalo.base(), self.zalo_mode);
            writeln!(
                text,
                "[[lane]]\nname = \"zalo-1\"\nkind = \"zalo\"\nserves = [\"zalo\"]\nrate = \"1000/s\"\n[lane.zalo]\n\
                 mode = {mode:?}\napp_id = {:?}\napp_secret = {}\noa_id = {:?}\noa_secret = {}\n\
                 bootstrap_access_token = {}\nbootstrap_refresh_token = {}\nrequests_per_minute = 60000\n\
                 oauth_url = {base:?}\nopenapi_url = {base:?}\nbusiness_url = {base:?}\narticle_poll_ms = 20\nnight_jitter_s = 0",
                script.app_id,
                secret("zalo-app", &script.app_secret),
                script.oa_id,
                secret("zalo-oa", &script.oa_secret),
                secret("zalo-access", &granted.access_token),
                secret("zalo-refresh", &granted.refresh_token),
            )
            .expect("a string grows");
        }
        if let Some((facebook, script)) = &self.facebook {
            writeln!(
                text,
                "[[lane]]\nname = \"page-1\"\nkind = \"facebook\"\nserves = [\"page\"]\nrate = \"10/s\"\n[lane.facebook]\n\
                 page_id = {:?}\npage_token = {}\napp_id = {:?}\napp_secret = {}\nverify_token = {}\n\
                 api_url = {:?}\nrequest_timeout_ms = 1000\nabsence_proved_after_s = 2",
                script.page_id,
                secret("page-token", &script.page_token),
                script.app_id,
                secret("page-app", &script.app_secret),
                secret("page-verify", &script.verify_token),
                facebook.base(),
            )
            .expect("a string grows");
        }
        text
    }

    pub(super) async fn stop(self) {
        if let Some((zalo, _)) = self.zalo {
            zalo.stop().await;
        }
        if let Some((facebook, _)) = self.facebook {
            facebook.stop().await;
        }
    }
}

/// What an admin of the account does in a browser: consents, and is sent back with a code.
pub(crate) async fn consent_code(url: &str) -> String {
    // Named twice by tests of one process it stays the first.
    let _named = rustls::crypto::ring::default_provider().install_default();
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a browser");
    let sent_back = browser.get(url).send().await.expect("the consent page answers");
    let location = sent_back.headers().get("location").expect("it sends back").to_str().expect("an address");
    let query = location.split_once('?').expect("with a query").1;
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code="));
    code.expect("with a code").to_owned()
}
