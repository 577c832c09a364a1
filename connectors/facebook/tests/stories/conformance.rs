//! What every connector keeps to.

use std::{net::TcpListener, sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{
    Connector, Health, Rate,
    suite::{Bench, Benches, Trouble, conforms},
};
use loa_facebook::FacebookConnector;
use simulators::facebook::{Calls, Facebook, FacebookScript, Fault, FaultKind, When};
use tokio::time::timeout;

use crate::kit::{BOUND, context, error, post, settings, submission};

struct Pages;

fn strange(trouble: Trouble) -> Option<FaultKind> {
    match trouble {
        Trouble::None | Trouble::Away => None,
        Trouble::CutAfterTaking => Some(FaultKind::CommitThenTimeout { ms: 0 }),
        Trouble::NeverAnswers => Some(FaultKind::CommitThenTimeout { ms: 20_000 }),
        Trouble::Refuses => Some(error(100, None)),
        Trouble::Throttles => Some(error(4, None)),
    }
}

/// An address at which nobody listens.
fn nowhere() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", free.local_addr().unwrap())
}

#[async_trait]
impl Benches for Pages {
    async fn bench(&self, trouble: Trouble) -> Bench {
        let faults = strange(trouble).map(|what| Fault::new(what, When::Every(1)).on(Calls::Posts));
        let script = FacebookScript { faults: faults.into_iter().collect(), ..FacebookScript::default() };
        let facebook = Arc::new(Facebook::start(script.clone(), "127.0.0.1:0").await.unwrap());
        let base = if trouble == Trouble::Away { nowhere() } else { facebook.base() };
        let (context, reports, _, _) = context();
        let mut settings = settings(&script, &base);
        if trouble == Trouble::NeverAnswers {
            settings.request_timeout_ms = 500;
        }
        let connector = FacebookConnector::start(settings, Rate::per_second(1), context);
        if trouble != Trouble::Away {
            let mut health = connector.health();
            timeout(BOUND, health.wait_for(Health::can_send)).await.expect("ready in time").unwrap();
        }
        let seen = Arc::clone(&facebook);
        Bench {
            connector,
            reports,
            message: Box::new(|seq| submission(seq, post(&format!("VN-{seq}")))),
            seen: Box::new(move |seq| {
                let mark = format!("[VN-{seq}]");
                u32::try_from(seen.posts().iter().filter(|post| post.message.contains(&mark)).count())
                    .unwrap()
            }),
            unspeakable: vec![script.page_token, script.app_secret],
            provider: Box::new(facebook),
        }
    }
}

#[tokio::test]
async fn the_connector_conforms() {
    timeout(Duration::from_secs(120), conforms(&Pages)).await.expect("the cases end");
}
