//! The Zalo platform as an app with an Official Account (OA) meets it, written from the published
//! material alone: consent and tokens, messages by template to phones and users, consultation messages,
//! articles and broadcasts, followers and tags, and the webhook.
//!
//! [`ZaloScript`] says what it is like, [`Zalo`] runs it, [`Counts`] is its own account of what
//! happened. One listener serves what the platform spreads over three hosts (tokens, OA, templates):
//! their paths do not clash. Many may run in one process.
//!
//! Errors come as the platform's do: HTTP 200 and a code in `error`. Replies and events carry fields that
//! no description names, and some numbers as texts.
//!
//! ```
//! use simulators::zalo::script::{Fate, PhoneScript};
//! use simulators::zalo::{Zalo, ZaloScript};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let phones = vec![PhoneScript::new("84900000007", Fate::NoZalo)];
//! let zalo = Zalo::start(ZaloScript { phones, ..ZaloScript::default() }, "127.0.0.1:0").await?;
//! let grant = zalo.grant();
//! println!("send to {}/message/template with access_token: {}", zalo.base(), grant.access_token);
//! zalo.expire_access_tokens();
//! assert_eq!(zalo.counts().template_accepted, 0, "nobody has sent anything");
//! zalo.stop().await;
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod articles;
mod call;
mod clock;
mod codes;
mod count;
mod event;
mod fate;
mod fault;
mod fill;
mod followers;
mod front;
mod line;
mod oauth;
mod outbox;
mod people;
mod phones;
mod platform;
mod press;
mod rate;
mod routes;
pub mod script;
mod shared;
mod sign;
mod templates;
mod tokens;
mod users;
mod world;

pub use count::Counts;
pub use event::Event;
pub use platform::{Push, Zalo};
pub use press::{Article, Broadcast};
pub use script::ZaloScript;
pub use tokens::Grant;
