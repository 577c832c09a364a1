//! The Zalo platform.
