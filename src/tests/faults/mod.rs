//! Faults that a gateway has to survive, each a story: what fails, what must hold all the same, and that it goes on by
//! itself. (A database that restarts and a process that is killed on its own ledger are in `stories/`.)

mod both_own;
mod clock;
mod commit_cut;
mod disk_full;
mod node_killed;
mod node_paused;
mod receipt_flood;
mod redis_away;
mod silent_carrier;
mod slow_watcher;
