//! The Facebook Graph platform.
