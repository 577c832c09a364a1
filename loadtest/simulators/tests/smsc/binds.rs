use crate::client::*;
use simulators::smsc::script::{Account, BindKind, BindScript};
use simulators::smsc::{Smsc, SmscScript, status};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn with_bind(bind: BindScript) -> SmscScript {
    SmscScript { bind, ..SmscScript::default() }
}

#[tokio::test]
async fn a_bind_is_judged_by_name_password_kind_and_number() {
    let bind = BindScript {
        kinds: vec![BindKind::Transceiver, BindKind::Receiver],
        per_account_max: 1,
        ..BindScript::default()
    };
    let accounts = vec![Account::new("loa", "secret"), Account::new("long", "a-password-of-24-letters")];
    let smsc = start(SmscScript { accounts, ..with_bind(bind) }).await;
    let mut kept = Vec::new();
    for (command, system_id, password, expected) in [
        (BIND_TRANSCEIVER, "nobody", "secret", status::INVALID_SYSTEM_ID),
        (BIND_TRANSCEIVER, "loa", "wrong", status::INVALID_PASSWORD),
        (BIND_TRANSMITTER, "loa", "secret", status::BIND_FAILED),
        (BIND_RECEIVER, "loa", "secret", 0),
        (BIND_RECEIVER, "loa", "secret", status::ALREADY_BOUND),
        (BIND_TRANSCEIVER, "long", "a-password-of-24-letters", 0),
    ] {
        let mut client = Client::connect(&smsc).await;
        let answer = client.bind(command, system_id, password).await;
        assert_eq!(answer.status, expected, "{system_id}");
        if expected == 0 {
            assert_eq!(answer.tlv(0x0210, 1), Some(&[0x34][..]), "sc_interface_version");
            assert_eq!(answer.id(), "smsc");
            kept.push(client);
        } else {
            assert!(answer.body.is_empty());
            assert!(client.next().await.is_none(), "a refused bind ends the connection");
        }
    }
    assert_eq!(smsc.binds_now(), 2);
    assert_eq!((smsc.counts().binds, smsc.counts().binds_refused), (2, 4));
    assert_eq!(kept[0].bind(BIND_RECEIVER, "loa", "secret").await.status, status::ALREADY_BOUND);
    assert_eq!(kept[0].ask(ENQUIRE_LINK, b"").await.status, 0, "the first bind still stands");
    assert_eq!(kept[0].submit(&to("84900000001")).await.status, status::INVALID_BIND_STATE);
    smsc.stop().await;
}

#[tokio::test]
async fn the_first_binds_may_be_refused_or_never_answered() {
    let smsc =
        start(with_bind(BindScript { refuse_first: 2, refuse_status: 0x0450, ..BindScript::default() }))
            .await;
    for expected in [0x0450, 0x0450, 0] {
        let mut client = Client::connect(&smsc).await;
        assert_eq!(client.bind(BIND_TRANSCEIVER, "loa", "secret").await.status, expected);
    }
    smsc.script_update(|script| script.bind.silent = true);
    let mut client = Client::connect(&smsc).await;
    client.send(BIND_TRANSCEIVER, b"loa\0secret\0\0\x34\0\0\0").await;
    assert!(client.nothing_within(Duration::from_millis(50)).await);
}

#[tokio::test]
async fn links_are_asked_and_answered_and_unbound_by_both_sides() {
    let (smsc, mut client) = bound(SmscScript::default()).await;
    assert_eq!(client.ask(ENQUIRE_LINK, b"").await.status, 0);
    client.send(0x0042, b"").await;
    let nack = client.next().await.unwrap();
    assert_eq!((nack.command, nack.status), (RESP, status::INVALID_COMMAND_ID));
    assert_eq!(client.ask(UNBIND, b"").await.status, 0);
    assert!(client.next().await.is_none());

    let mut client = bind_again(&smsc).await;
    smsc.send_unbind();
    let unbind = client.next().await.unwrap();
    assert_eq!(unbind.command, UNBIND);
    client.acknowledge(&unbind, 0).await;
    assert!(client.next().await.is_none());

    let mut client = bind_again(&smsc).await;
    client.raw(&[0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]).await;
    let nack = client.next().await.unwrap();
    assert_eq!((nack.command, nack.status, nack.sequence), (RESP, status::INVALID_COMMAND_LENGTH, 9));
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn a_client_that_does_not_answer_enquire_link_is_dropped() {
    let (smsc, mut client) = bound(SmscScript { enquire_link_ms: Some(20), ..SmscScript::default() }).await;
    let asked = client.next().await.unwrap();
    assert_eq!(asked.command, ENQUIRE_LINK);
    client.acknowledge(&asked, 0).await;
    assert_eq!(client.next().await.unwrap().command, ENQUIRE_LINK);
    assert!(client.next().await.is_none());
    assert_eq!(smsc.counts().drops, 1);
}

#[tokio::test]
async fn connections_can_be_cut_and_refused() {
    let (smsc, mut client) = bound(SmscScript::default()).await;
    smsc.refuse_connections(true);
    smsc.cut_connections();
    assert!(client.next().await.is_none());
    assert!(smsc.wait_for(|counts| counts.drops == 1, PATIENCE).await);
    assert_eq!(smsc.binds_now(), 0);
    assert!(Client::connect(&smsc).await.next().await.is_none());
    smsc.refuse_connections(false);
    let mut client = bind_again(&smsc).await;
    smsc.inject(&pdu(0x0F0F, 0, 77, b""));
    assert_eq!(client.next().await.unwrap().sequence, 77);
}

#[tokio::test]
async fn only_this_machine_is_served() {
    for listen in ["0.0.0.0:0", "192.0.2.1:2775", "smsc.example:2775"] {
        let refused = Smsc::start(SmscScript::default(), listen).await.unwrap_err();
        assert!(refused.to_string().contains(listen), "{refused}");
    }
}

#[tokio::test]
async fn tls_is_the_same_session() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = certified.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let smsc = Smsc::start_tls(SmscScript::default(), "127.0.0.1:0", Arc::new(server)).await.unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(smsc.address()).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    stream.write_all(&pdu(BIND_TRANSCEIVER, 0, 1, b"loa\0secret\0\0\x34\0\0\0")).await.unwrap();
    stream.flush().await.unwrap();
    let mut head = [0; 16];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[4..12], [0x80, 0, 0, 9, 0, 0, 0, 0]);
}
