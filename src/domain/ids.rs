//! The numbers by which the ledger knows things. Each is a type of its own, so that a lane cannot be passed where a
//! route is wanted.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $number);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// An alert, whatever its version.
    AlertId(i64)
}
id! {
    /// A route: where a message must go, and the queue for it.
    RouteId(i32)
}
id! {
    /// A lane: a sender that serves one or more routes.
    LaneId(i32)
}
id! {
    /// A person in the recipient lists.
    PersonId(i64)
}
id! {
    /// A user of the console or the API.
    UserId(i64)
}
id! {
    /// One claim: a batch of messages in the hands of one lane.
    ClaimId(i64)
}
id! {
    /// One import of a recipient list.
    ImportId(i64)
}

/// One message: its dispatch (alert on route) and its number there, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageKey {
    pub alert: AlertId,
    pub route: RouteId,
    /// Counted from 1 inside the dispatch, without gaps.
    pub seq: i64,
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.alert, self.route, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_travel_as_plain_numbers_and_keys_sort_by_dispatch_then_number() {
        let key = MessageKey { alert: AlertId(7), route: RouteId(2), seq: 31 };
        assert_eq!(key.to_string(), "7/2/31");
        assert_eq!(serde_json::to_string(&key).unwrap(), r#"{"alert":7,"route":2,"seq":31}"#);
        assert!(key < MessageKey { route: RouteId(3), seq: 1, ..key });
    }
}
