//! Plans without a database.

use super::*;

#[test]
fn shifts_that_cancel_out_touch_no_row() {
    let key = |seq| MessageKey { alert: AlertId(1), route: RouteId(2), seq };
    let mut shifts = Shifts::default();
    shifts.shift(key(1), State::Claimed, State::Queued);
    shifts.shift(key(2), State::Queued, State::Claimed);
    assert_eq!(shifts.changes().count(), 0);
    shifts.parts_submitted(key(2), 1);
    let changes: Vec<_> = shifts.changes().collect();
    assert_eq!(changes, [((AlertId(1), RouteId(2)), Counts { parts_submitted: 1, ..Counts::default() })]);
}
