use crate::client::*;
