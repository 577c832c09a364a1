//! The domain's closed lists of words in the API's document, made from the lists themselves.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain;

macro_rules! words {
    ($($name:ident of $word:ty),+ $(,)?) => {$(
        #[derive(Debug)]
        pub(super) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of(<$word>::ALL.iter().map(|word| word.as_str()).collect())
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

words! {
    AlertKind of domain::AlertKind,
    Channel of domain::Channel,
    Correcting of domain::Correcting,
    Mode of domain::Mode,
    Phase of domain::Phase,
    Severity of domain::Severity,
    SmsForm of domain::SmsForm,
    State of domain::State,
    UncertainPolicy of domain::UncertainPolicy,
}

fn one_of(words: Vec<&'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}
