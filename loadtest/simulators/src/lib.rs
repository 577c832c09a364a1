//! The outside world, for tests, demonstrations and load runs: carriers that behave as documented,
//! including the nasty part. Nothing here knows anything of the gateway: each simulator reads its
//! protocol by itself, from the published text, so that a mistake of ours is not answered by the same
//! mistake. Behaviour is data, counting is independent, and every simulator serves loopback only.
//!
//! ```
//! use std::time::Duration;
//! use simulators::smsc::{Smsc, SmscScript};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let smsc = Smsc::start(SmscScript::default(), "127.0.0.1:0").await?;
//! println!("bind as loa / secret at {}", smsc.address());
//! smsc.script_update(|script| script.rate_per_s = Some(50));
//! let bound = smsc.wait_for(|counts| counts.binds > 0, Duration::from_millis(10)).await;
//! assert!(!bound, "nobody came");
//! smsc.stop().await;
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod facebook;
pub mod smsc;
pub mod zalo;
