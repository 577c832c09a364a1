//! The table once more, written by hand, and what must hold of it whatever it says.

use proptest::prelude::*;

use super::*;

/// Columns in the order of [`Event::ALL`]; a state's word, `=` or `!`.
const TABLE: &[(State, [&str; 13])] = &[
    (
        State::Queued,
        [
            "claimed",
            "!",
            "!",
            "!",
            "!",
            "sent",
            "=",
            "delivered",
            "undelivered",
            "!",
            "expired",
            "cancelled",
            "uncertain",
        ],
    ),
    (
        State::Claimed,
        [
            "!",
            "sent",
            "failed",
            "queued",
            "uncertain",
            "sent",
            "=",
            "delivered",
            "undelivered",
            "!",
            "=",
            "=",
            "!",
        ],
    ),
    (
        State::Sent,
        ["!", "=", "=", "=", "=", "=", "=", "delivered", "undelivered", "unconfirmed", "=", "=", "!"],
    ),
    (State::Delivered, ["!", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "!"]),
    (State::Undelivered, ["!", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "!"]),
    (State::Unconfirmed, ["!", "=", "=", "=", "=", "=", "=", "delivered", "undelivered", "=", "=", "=", "!"]),
    (State::Failed, ["!", "=", "=", "=", "=", "=", "=", "=", "=", "!", "=", "=", "!"]),
    (
        State::Uncertain,
        ["!", "sent", "=", "=", "=", "sent", "queued", "delivered", "undelivered", "!", "=", "=", "!"],
    ),
    (State::Expired, ["!", "!", "!", "!", "!", "=", "=", "=", "=", "!", "=", "=", "!"]),
    (State::Cancelled, ["!", "!", "!", "!", "!", "=", "=", "=", "=", "!", "=", "=", "!"]),
];

#[test]
fn every_pair_is_decided_as_written() {
    assert_eq!(TABLE.iter().map(|(state, _)| *state).collect::<Vec<_>>(), State::ALL);
    for (state, row) in TABLE {
        for (event, cell) in Event::ALL.iter().zip(row) {
            let expected = match *cell {
                "=" => Step::Stay,
                "!" => Step::Impossible,
                word => Step::To(word.parse().unwrap()),
            };
            assert_eq!(state.after(*event), expected, "{state} + {event}");
        }
    }
}

#[test]
fn sources_are_exactly_the_states_an_event_moves() {
    for &event in Event::ALL {
        for &state in State::ALL {
            let moves = matches!(state.after(event), Step::To(to) if to != state);
            assert_eq!(State::sources(event).contains(&state), moves, "{state} + {event}");
        }
    }
    assert_eq!(State::sources(Event::Claim), [State::Queued]);
    assert_eq!(State::sources(Event::Expire), [State::Queued]);
    assert_eq!(State::sources(Event::Resend), [State::Uncertain]);
}

#[test]
fn a_final_state_has_no_way_out_and_an_open_one_has() {
    for &state in State::ALL {
        let ways_out = Event::ALL.iter().filter(|event| matches!(state.after(**event), Step::To(_))).count();
        assert_eq!(state.is_final(), ways_out == 0, "{state}");
        assert_ne!(state.is_final(), state.is_open());
    }
}

#[test]
fn words_and_codes_read_back_and_strangers_are_refused() {
    for &state in State::ALL {
        assert_eq!(state.as_str().parse(), Ok(state));
        assert_eq!(State::from_code(state.code()), Some(state));
    }
    assert_eq!(State::from_code(0), None);
    let error = "gone".parse::<State>().unwrap_err().to_string();
    assert!(error.contains("`gone`") && error.contains("queued, claimed"), "{error}");
}

proptest! {
    /// Whatever happens in whatever order: the first final word stands, nothing taken by the provider is ever labelled
    /// as never sent, and the way from uncertain back to the queue is always a Resend.
    #[test]
    fn no_walk_leaves_the_table(events in prop::collection::vec(prop::sample::select(Event::ALL), 0..60)) {
        let mut state = State::Queued;
        let mut known_taken = false;
        for event in events {
            let Step::To(to) = state.after(event) else { continue };
            prop_assert!(!state.is_final());
            prop_assert!(State::sources(event).contains(&state));
            prop_assert!(!(state == State::Uncertain && to == State::Queued && event != Event::Resend));
            known_taken |= to == State::Sent;
            if known_taken {
                let honest = matches!(
                    to, State::Sent | State::Unconfirmed | State::Delivered | State::Undelivered
                );
                prop_assert!(honest, "{state} + {event} -> {to}");
            }
            state = to;
        }
    }
}
