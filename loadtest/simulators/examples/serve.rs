//! A message centre to try any SMPP client on: `cargo run -p loa-simulators --example serve -- 2775`.
//! Bind as `loa` / `secret`; what was counted is printed when it is stopped with Ctrl-C.

use simulators::smsc::{Smsc, SmscScript};
use std::io;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a program for a person at a terminal")]
async fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "2775".to_owned());
    let script = SmscScript { keep_texts: true, ..SmscScript::default() };
    let smsc = Smsc::start(script, &format!("127.0.0.1:{port}")).await?;
    println!("listening at {}", smsc.address());
    tokio::signal::ctrl_c().await?;
    println!("{:#?}", smsc.counts());
    for (number, copies) in smsc.numbers().take(20) {
        println!("{number}: {copies}, last {:?}", smsc.text_for(number));
    }
    smsc.stop().await;
    Ok(())
}
