//! Somebody watches an alert live and does not read what he is sent.

use std::net::SocketAddr;

use loa::{domain::Severity, ledger::Role};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{Duration, timeout},
};

use crate::kit::town::{Plan, Town, alert};

/// A stream that never stops is read this long.
const PATIENCE: Duration = Duration::from_secs(30);
/// What may pile up for somebody who does not read: what the two ends' sockets hold, and nothing of ours.
const PILED_UP_MAX: usize = 512 * 1024;

async fn watch(address: SocketAddr, path: &str, key: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: loa\r\nAuthorization: Bearer {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads until the text holds what is waited for; returns everything read.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    let reading = async {
        let mut chunk = [0; 4096];
        while !text.contains(wanted) {
            let octets = stream.read(&mut chunk).await.unwrap();
            assert!(octets > 0, "ended before {wanted}: {text}");
            text.push_str(&String::from_utf8_lossy(&chunk[..octets]));
        }
    };
    assert!(timeout(PATIENCE, reading).await.is_ok(), "never {wanted}");
    text
}

#[tokio::test]
async fn who_reads_slowly_holds_up_nobody_and_sees_the_end() {
    let town = Town::build(Plan { people: 900, rate: "400/s", ..Plan::default() }).await;
    let (_, key) = town.app.office.user_add("watcher", Role::Auditor).await.unwrap();
    let sent = town.send(alert(Severity::Moderate)).await;
    let path = format!("/api/v1/alerts/{sent}/live");
    let mut slow = watch(town.app.address, &path, key.reveal()).await;
    let mut quick = watch(town.app.address, &path, key.reveal()).await;
    let seen = read_until(&mut quick, "\"delivered\":900").await;
    assert!(seen.matches("event: counts").count() > 2, "more than once on the way: {seen}");
    town.until(sent, "all", |counts| counts.delivered == 900).await;
    let piled_up = read_until(&mut slow, "\"delivered\":900").await;
    assert!(piled_up.contains("text/event-stream") && piled_up.len() < PILED_UP_MAX, "{}", piled_up.len());
    let refused = read_until(&mut watch(town.app.address, &path, "loa_wrong").await, "unauthenticated").await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let unknown = "/api/v1/alerts/999999/live";
    let missing = read_until(&mut watch(town.app.address, unknown, key.reveal()).await, "not-found").await;
    assert!(missing.starts_with("HTTP/1.1 404"), "{missing}");
    drop((slow, quick));
    town.end().await;
}
