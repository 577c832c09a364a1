//! What every connector keeps to, over the simulated platform.

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    Clock, SystemClock,
    suite::{Bench, Benches, Trouble, conforms},
};
use loa_zalo::Mode;
use simulators::zalo::script::{Fault, FaultKind, When};

use crate::kit::{Engine, keychain, phone, settings, submission, template, zalo};

struct Phones;

#[async_trait]
impl Benches for Phones {
    async fn bench(&self, trouble: Trouble) -> Bench {
        let always = |what| vec![Fault::new(what, When::After(0))];
        let zalo = zalo(|script| {
            script.faults = match trouble {
                Trouble::None | Trouble::Away => Vec::new(),
                Trouble::CutAfterTaking => always(FaultKind::CutAfterAccept),
                Trouble::NeverAnswers => always(FaultKind::Delay { ms: 60_000 }),
                Trouble::Refuses => always(FaultKind::Error(-118)),
                Trouble::Throttles => always(FaultKind::Error(-32)),
            };
        })
        .await;
        let mut settings = settings(&zalo.base(), Mode::Phone);
        settings.request_timeout_ms = 1_000;
        let keychain = keychain(&zalo, &settings, SystemClock.now());
        if trouble == Trouble::Away {
            // A port that nobody listens at, in place of the platform's.
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let base = format!("http://127.0.0.1:{port}");
            (settings.openapi_url, settings.business_url) = (base.clone(), base);
        }
        let tokens = contract::Keychain::tokens(&*keychain, &loa_zalo::keychain_name(&settings)).await;
        let tokens = tokens.unwrap().unwrap().tokens;
        let mut engine = Engine::start(settings, keychain, Arc::new(SystemClock));
        if trouble != Trouble::Away {
            engine = engine.ready().await;
        }
        let zalo = Arc::new(zalo);
        let counted = Arc::clone(&zalo);
        let body = template();
        Bench {
            connector: engine.connector,
            reports: engine.reports,
            message: Box::new(move |seq| submission(seq, &phone(seq), &body)),
            seen: Box::new(move |seq| counted.accepted(&phone(seq))),
            unspeakable: vec![tokens.access, tokens.refresh, "8490000".to_owned(), "app-secret".to_owned()],
            provider: Box::new(zalo),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_to_phones_conform() {
    conforms(&Phones).await;
}
