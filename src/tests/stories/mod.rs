//! What happens when things go as planned and when they do not: the whole gateway against simulated carriers.

mod carriers;
mod kill;
mod ledger_away;
mod life;
