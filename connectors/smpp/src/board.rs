//! What the binds of a lane add up to, in one word and one sentence.

use std::sync::{Mutex, PoisonError};

use contract::Health;
use tokio::sync::watch;

/// What a bind is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Transceiver,
    Transmitter,
    Receiver,
}

impl Role {
    pub(crate) fn sends(self) -> bool {
        self != Self::Receiver
    }

    fn receives(self) -> bool {
        self != Self::Transmitter
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Transceiver => "transceiver",
            Self::Transmitter => "transmitter",
            Self::Receiver => "receiver",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkState {
    Up,
    Down(String),
    /// Only a person can help.
    Stopped(String),
}

/// The states of all binds of a lane.
#[derive(Debug)]
pub(crate) struct Board {
    links: Mutex<Vec<(Role, LinkState)>>,
    health: watch::Sender<Health>,
}

impl Board {
    pub(crate) fn new(roles: &[Role]) -> Self {
        let links: Vec<_> =
            roles.iter().map(|role| (*role, LinkState::Down("connecting".to_owned()))).collect();
        let health = watch::Sender::new(judge(&links));
        Self { links: Mutex::new(links), health }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    pub(crate) fn set(&self, link: usize, state: LinkState) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = links.get_mut(link) {
            place.1 = state;
        }
        let health = judge(&links);
        self.health.send_if_modified(|shown| {
            let differs = *shown != health;
            *shown = health;
            differs
        });
    }
}

fn judge(links: &[(Role, LinkState)]) -> Health {
    let is_up = |link: &&(Role, LinkState)| link.1 == LinkState::Up;
    let up = links.iter().filter(is_up).count();
    let sends = links.iter().filter(is_up).any(|link| link.0.sends());
    let receives = links.iter().filter(is_up).any(|link| link.0.receives());
    let stopped = links.iter().find_map(|(_, state)| match state {
        LinkState::Stopped(why) => Some(why.clone()),
        LinkState::Up | LinkState::Down(_) => None,
    });
    let why = stopped.clone().or_else(|| {
        links.iter().find_map(|(_, state)| match state {
            LinkState::Down(why) => Some(why.clone()),
            LinkState::Up | LinkState::Stopped(_) => None,
        })
    });
    let all = links.len();
    match (sends, receives, why) {
        (true, true, None) => Health::Ready,
        (true, true, Some(why)) => Health::Limited(format!("{up} of {all} binds up: {why}")),
        (true, false, why) => {
            let why = why.unwrap_or_default();
            Health::Limited(format!("no receiver is bound, so receipts are not arriving: {why}"))
        }
        (false, _, why) => match stopped {
            Some(why) => Health::Stopped(why),
            None => Health::Down(why.unwrap_or_default()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LinkState::{Down, Stopped, Up};
    use Role::{Receiver, Transceiver, Transmitter};

    #[test]
    fn the_binds_add_up() {
        let down = || Down("no route".to_owned());
        let stopped = || Stopped("wrong password".to_owned());
        let limited = |why: &str| Health::Limited(why.to_owned());
        let table = [
            (vec![(Transceiver, Up), (Transceiver, Up)], Health::Ready),
            (vec![(Transceiver, Up), (Transceiver, down())], limited("1 of 2 binds up: no route")),
            (vec![(Transceiver, down()), (Transceiver, down())], Health::Down("no route".to_owned())),
            (
                vec![(Transceiver, down()), (Transceiver, stopped())],
                Health::Stopped("wrong password".to_owned()),
            ),
            (vec![(Transmitter, Up), (Receiver, Up)], Health::Ready),
            (
                vec![(Transmitter, Up), (Receiver, down())],
                limited("no receiver is bound, so receipts are not arriving: no route"),
            ),
            (vec![(Transmitter, down()), (Receiver, Up)], Health::Down("no route".to_owned())),
            (vec![(Transmitter, stopped()), (Receiver, Up)], Health::Stopped("wrong password".to_owned())),
        ];
        for (links, health) in table {
            assert_eq!(judge(&links), health, "{links:?}");
        }
    }
}
