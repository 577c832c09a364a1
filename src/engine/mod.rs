//! The moving part: it turns approved alerts into messages, paces and sends them over the lanes this node
//! owns, and makes every answer and receipt durable before anyone is told that it was received.

mod setup;
mod status;

pub use setup::{RouteSetup, Setup};
pub use status::{Handle, LaneStatus};
