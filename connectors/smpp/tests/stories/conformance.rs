//! What every connector keeps to, over the simulated message centre.

use std::sync::Arc;

use async_trait::async_trait;
use contract::suite::{Bench, Benches, Trouble, conforms};
use simulators::smsc::{
    script::{Fault, FaultKind, Refusal, When},
    status,
};

use crate::kit::{Engine, body, number, settings, smsc, submission};

struct Carrier;

#[async_trait]
impl Benches for Carrier {
    async fn bench(&self, trouble: Trouble) -> Bench {
        let always = |status| vec![Refusal { status, share: 1.0 }];
        let smsc = smsc(|script| match trouble {
            Trouble::None | Trouble::Away => {}
            Trouble::CutAfterTaking => {
                script.faults = vec![Fault::new(FaultKind::DropBeforeResponse, When::After(0))];
            }
            Trouble::NeverAnswers => script.faults = vec![Fault::new(FaultKind::NoResponse, When::After(0))],
            Trouble::Refuses => script.refusals = always(status::INVALID_DESTINATION),
            Trouble::Throttles => script.refusals = always(status::THROTTLED),
        })
        .await;
        if trouble == Trouble::Away {
            smsc.refuse_connections(true);
        }
        let mut settings = settings(&smsc);
        settings.response_timeout_ms = 300;
        let mut engine = Engine::start(settings);
        if trouble != Trouble::Away {
            engine = engine.ready().await;
        }
        let smsc = Arc::new(smsc);
        let counted = Arc::clone(&smsc);
        let text = body(contract::SmsEncoding::Gsm7, vec![b"Canh bao lu".to_vec()]);
        Bench {
            connector: engine.connector,
            reports: engine.reports,
            message: Box::new(move |seq| submission(seq, &text)),
            seen: Box::new(move |seq| counted.accepted(number(seq))),
            unspeakable: vec!["secret".to_owned(), "8490000".to_owned()],
            provider: Box::new(smsc),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_conforms() {
    conforms(&Carrier).await;
}
