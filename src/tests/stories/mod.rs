//! What happens when things go as planned and when they do not: the whole gateway against simulated carriers.

mod carriers;
mod channels;
mod followers;
mod kill;
mod ledger_away;
mod life;
mod page;
