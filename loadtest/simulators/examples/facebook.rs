//! The Graph platform to try any client on: `cargo run -p loa-simulators --example facebook -- 127.0.0.1:2780`.
//! What was counted and what exists is printed when it is stopped with Ctrl-C. A walk through it (`POST`, `PHOTO-1` and
//! `PHOTO-2` stand for the ids in the answers before, `map.jpg` for any JPEG):
//!
//! ```sh
//! base=http://127.0.0.1:2780/v26.0; page=100000000000001
//! auth='Authorization: Bearer page-token'
//! # Is the token good, and whose is it?
//! curl -s "$base/debug_token?input_token=page-token" -H 'Authorization: Bearer 770000000000077|app-secret'
//! # From a person's long-lived token to the Page's.
//! curl -s "$base/me/accounts?fields=id,name,access_token,tasks" -H 'Authorization: Bearer user-token'
//! curl -s "$base/$page/page_status" -H "$auth"
//! # Publish, and see the headers of every answer.
//! curl -si "$base/$page/feed" -H "$auth" --data-urlencode 'message=[VN-DEMO-0042] Cảnh báo mưa lớn' \
//!   -d link=https://example.gov.vn/a/42 -d fields=id,permalink_url,created_time,is_published
//! # Two photos in one post.
//! curl -s "$base/$page/photos" -H "$auth" -F published=false -F source=@map.jpg
//! curl -s "$base/$page/photos" -H "$auth" -d published=false -d url=https://example.gov.vn/b.jpg
//! curl -s "$base/$page/feed" -H "$auth" -d message=Maps \
//!   -d 'attached_media=[{"media_fbid":"PHOTO-1"},{"media_fbid":"PHOTO-2"}]'
//! # Was it created?
//! curl -sG "$base/$page/published_posts" -H "$auth" -d limit=1 \
//!   -d 'fields=id,message,created_time,permalink_url,application{id},is_published'
//! # Correct, comment, count, withdraw.
//! curl -s "$base/POST" -H "$auth" --data-urlencode 'message=[VN-DEMO-0042] Đính chính'
//! curl -s "$base/POST/comments" -H "$auth" -d message=Correction
//! curl -sG "$base/POST" -H "$auth" \
//!   -d 'fields=shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)'
//! curl -sG "$base/POST/insights" -H "$auth" -d metric=post_media_view -d period=lifetime
//! curl -s -X DELETE "$base/POST" -H "$auth"
//! ```
//!
//! A second argument names a file with a script in JSON, such as `{"proof_required": true}`.

use simulators::facebook::{Facebook, FacebookScript};
use std::io;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a program for a person at a terminal")]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:2780".to_owned());
    let script: FacebookScript = match arguments.next() {
        Some(file) => serde_json::from_str(&std::fs::read_to_string(file)?)?,
        None => FacebookScript::default(),
    };
    let (page, token) = (script.page_id.clone(), script.page_token.clone());
    let facebook = Facebook::start(script, &listen).await?;
    println!("{}/v26.0/{page}, token {token}", facebook.base());
    tokio::signal::ctrl_c().await?;
    println!("{:#?}", facebook.counts());
    for post in facebook.posts().iter().rev().take(20) {
        println!("{post:?}");
    }
    facebook.stop().await;
    Ok(())
}
