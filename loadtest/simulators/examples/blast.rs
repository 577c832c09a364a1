//! How fast the message centre is by itself: one raw client, a window, receipts acknowledged.
//! `cargo run --release -p loa-simulators --example blast -- [messages] [window] [parts]`

use simulators::smsc::{Smsc, SmscScript};
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SUBMIT_SM_RESP: u32 = 0x8000_0004;
const DELIVER_SM: u32 = 5;
const DELIVER_SM_RESP: u32 = 0x8000_0005;
/// Time for the last receipts to be counted.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
#[expect(clippy::print_stdout, reason = "its only purpose is to print a measurement")]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u64>().ok());
    let messages = arguments.next().flatten().unwrap_or(1_000_000);
    let window = arguments.next().flatten().unwrap_or(1_000);
    let parts = arguments.next().flatten().unwrap_or(1).clamp(1, 255);
    let mut script = SmscScript::default();
    script.receipts.delay_ms = 1;
    let smsc = Smsc::start(script, "127.0.0.1:0").await?;
    let started = Instant::now();
    blast(&smsc, messages * parts, window, parts).await?;
    let elapsed_s = started.elapsed().as_secs_f64();
    smsc.wait_for(|counts| counts.receipts_acked == messages * parts, PATIENCE).await;
    let counts = smsc.counts();
    let rate = (messages * parts) as f64 / elapsed_s;
    println!("{rate:.0} submits/s with receipts ({elapsed_s:.2} s, window {window}, {parts} parts)");
    println!(
        "accepted {} messages {} distinct {} duplicates {} receipts acked {} numbers {}",
        counts.accepted_parts,
        counts.messages,
        counts.distinct_messages,
        counts.duplicate_messages,
        counts.receipts_acked,
        smsc.numbers().count(),
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
        .for_each(|line| println!("{line}"));
    smsc.stop().await;
    Ok(())
}

async fn blast(smsc: &Smsc, total: u64, window: u64, parts: u64) -> io::Result<()> {
    let mut stream = TcpStream::connect(smsc.address()).await?;
    stream.set_nodelay(true)?;
    let mut out = Vec::new();
    pdu(&mut out, 9, 1, b"loa\0secret\0\0\x34\0\0\0");
    stream.write_all(&out).await?;
    let (mut reader, mut writer) = stream.split();
    let (mut sent, mut answered, mut receipts) = (0, 0, 0);
    let (mut incoming, mut written) = (Vec::with_capacity(1 << 20), 0);
    out.clear();
    let mut bound = false;
    while receipts < total {
        while bound && sent < total && sent - answered < window {
            submit(&mut out, sent, parts);
            sent += 1;
        }
        tokio::select! { biased;
            octets = writer.write(&out[written..]), if written < out.len() => {
                written += octets?;
                if written == out.len() {
                    out.clear();
                    written = 0;
                }
            }
            octets = reader.read_buf(&mut incoming) => {
                if octets? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let mut at = 0;
                while let Some(head) = incoming.get(at..at + 16) {
                    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
                    if incoming.len() < at + word(0) as usize {
                        break;
                    }
                    match word(4) {
                        SUBMIT_SM_RESP => answered += 1,
                        DELIVER_SM => {
                            receipts += 1;
                            pdu(&mut out, DELIVER_SM_RESP, word(12), b"\0");
                        }
                        _ => bound = true,
                    }
                    at += word(0) as usize;
                }
                incoming.drain(..at);
            }
        }
    }
    while written < out.len() {
        written += writer.write(&out[written..]).await?;
    }
    Ok(())
}

/// Part `index % parts` of a message of 67 UCS-2 units to its own number.
fn submit(out: &mut Vec<u8>, index: u64, parts: u64) {
    let (message, part) = (index / parts, index % parts);
    let start = out.len();
    pdu(out, 4, (index % 0x7FFF_FFFF) as u32 + 1, b"\0\x05\0LANGSON\0\x01\x01");
    out.extend_from_slice(b"84");
    for place in (0..9).rev() {
        out.push(b'0' + (message / 10u64.pow(place) % 10) as u8);
    }
    out.extend_from_slice(&[0, if parts > 1 { 0x40 } else { 0 }, 0, 0, 0, 0, 1, 0, 8, 0]);
    out.push(if parts > 1 { 140 } else { 134 });
    if parts > 1 {
        out.extend_from_slice(&[5, 0, 3, message as u8, parts as u8, part as u8 + 1]);
    }
    out.extend_from_slice(&[0x1E; 134]);
    let length = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn pdu(out: &mut Vec<u8>, command: u32, sequence: u32, body: &[u8]) {
    for word in [16 + body.len() as u32, command, 0, sequence] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(body);
}
