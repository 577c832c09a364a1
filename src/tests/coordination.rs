//! One table of cases for both coordinators, and what only Redis can do: go away, forget, and be slow.

mod cases;
mod redis;
