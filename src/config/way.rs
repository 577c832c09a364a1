//! What a lane's kind and mode say about the people it reaches.

use loa_zalo::Mode;

use super::Channel;
use crate::{
    domain,
    engine::{Reach, Rendering},
};

/// How a lane reaches people: the channel an alert names, what is sent over it, and to which addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) channel: domain::Channel,
    pub(crate) rendering: Rendering,
    pub(crate) reach: Reach,
}

/// All lanes of one route must have the same way.
pub(crate) fn way(channel: &Channel) -> Way {
    match channel {
        Channel::Smpp(_) => {
            Way { channel: domain::Channel::Sms, rendering: Rendering::Sms, reach: Reach::Carrier }
        }
        Channel::Zalo(settings) => {
            let (rendering, reach) = match settings.mode {
                Mode::Phone => (Rendering::Template, Reach::Phone),
                Mode::Follower => (Rendering::Template, Reach::Contact),
                Mode::Consult => (Rendering::Text, Reach::Contact),
                Mode::Broadcast => (Rendering::Article, Reach::Page(settings.oa_id.clone())),
            };
            Way { channel: domain::Channel::Zalo, rendering, reach }
        }
        Channel::Facebook(settings) => Way {
            channel: domain::Channel::Facebook,
            rendering: Rendering::Post,
            reach: Reach::Page(settings.page_id.clone()),
        },
    }
}
