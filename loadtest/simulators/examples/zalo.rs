//! The Zalo platform to try any client on: `cargo run -p loa-simulators --example zalo -- 127.0.0.1:2780`,
//! with a webhook as second argument if there is one. It prints a pair of tokens; what was counted is
//! printed when it is stopped with Ctrl-C.
//!
//! A walk with curl (`B=http://127.0.0.1:2780`, `A` the access token, `R` the refresh token; `MSG_ID`, `TOKEN` and `ID` are
//! in the answers before):
//!
//! ```text
//! # Tokens: the first use gives a new pair, the second use fails, with HTTP 200. The access token of before is dead:
//! # take A from the new pair.
//! curl -i $B/v4/oa/access_token -H 'secret_key: app-secret' \
//!   -d grant_type=refresh_token -d app_id=1000000000000000001 -d refresh_token=$R
//! # Consent: the code is in the Location.
//! curl -i "$B/v4/oa/permission?app_id=1000000000000000001&redirect_uri=http://127.0.0.1/back&state=s1"
//!
//! # A warning to a phone, and what became of it.
//! curl -i $B/message/template -H "access_token: $A" -H 'Content-Type: application/json' -d '{
//!   "phone": "84900000001", "template_id": "410001", "tracking_id": "walk-1", "template_data": {
//!   "loai": "Mưa lũ", "noi_dung": "Sơ tán khỏi vùng trũng", "thoi_gian": "14:30 23/11/2026", "ma": "A1"}}'
//! curl "$B/message/status?message_id=$MSG_ID" -H "access_token: $A"
//! curl $B/message/quota -H "access_token: $A"
//! curl "$B/template/all?offset=0&limit=100&status=1" -H "access_token: $A"
//! curl "$B/template/info/v2?template_id=410001" -H "access_token: $A"
//!
//! # To users by id: u1 has just interacted, u2 three days ago (it costs quota), u3 a month ago (-230).
//! curl -i $B/v3.0/oa/message/cs -H "access_token: $A" -H 'Content-Type: application/json' \
//!   -d '{"recipient": {"user_id": "u1"}, "message": {"text": "Xin chào"}}'
//! curl -G $B/v3.0/oa/user/getlist -H "access_token: $A" --data-urlencode 'data={"offset":0,"count":50}'
//!
//! # An article, asked for until it is ready (the third time), and its broadcast.
//! curl $B/v2.0/article/create -H "access_token: $A" -H 'Content-Type: application/json' -d '{
//!   "type": "normal", "title": "Cảnh báo lũ", "author": "Tỉnh", "description": "", "status": "show",
//!   "cover": {"cover_type": "photo", "photo_url": "https://example.org/c.png", "status": "show"},
//!   "body": [{"type": "text", "content": "<p>Sơ tán</p>"}]}'
//! curl $B/v2.0/article/verify -H "access_token: $A" -d "{\"token\": \"$TOKEN\"}"
//! curl $B/v2.0/oa/message -H "access_token: $A" -d '{"recipient": {"target": {"cities": "45,46,11"}},
//!   "message": {"attachment": {"type": "template", "payload": {"template_type": "media",
//!   "elements": [{"media_type": "article", "attachment_id": "'$ID'"}]}}}}'
//! ```

use simulators::zalo::script::Follower;
use simulators::zalo::{Zalo, ZaloScript};
use std::io;

const DAY_MS: u64 = 24 * 3_600_000;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a program for a person at a terminal")]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:2780".to_owned());
    let interacted =
        |user_id: &str, ago_ms| Follower { last_interaction_ms_ago: Some(ago_ms), ..Follower::new(user_id) };
    let followers = vec![
        Follower { city: Some(45), ..Follower::new("u1") },
        interacted("u2", 3 * DAY_MS),
        interacted("u3", 30 * DAY_MS),
    ];
    let zalo = Zalo::start(ZaloScript { followers, ..ZaloScript::default() }, &listen).await?;
    zalo.set_webhook(arguments.next()).await?;
    let grant = zalo.grant();
    println!("listening at {}\nA={}\nR={}", zalo.base(), grant.access_token, grant.refresh_token);
    tokio::signal::ctrl_c().await?;
    println!("{:#?}", zalo.counts());
    for (recipient, copies) in zalo.recipients().take(20) {
        println!("{recipient}: {copies}, last {:?}", zalo.last_parameters(&recipient));
    }
    zalo.stop().await;
    Ok(())
}
