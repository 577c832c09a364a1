//! The `fields` parameter: names with modifiers and names inside, such as
//! `id,application{id},comments.limit(0).summary(total_count)`.

use super::error::GraphError;
use serde_json::{Map, Value};

const FIELDS_MAX: usize = 100;
const DEPTH_MAX: usize = 4;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// `.limit(0).summary(total_count)`
    pub(crate) modifiers: String,
    /// Names inside; empty: the usual ones.
    pub(crate) inside: Vec<Field>,
}

impl Field {
    pub(crate) fn limit(&self) -> Option<usize> {
        let (_, rest) = self.modifiers.split_once(".limit(")?;
        rest.split_once(')')?.0.parse().ok()
    }

    pub(crate) fn summary(&self) -> bool {
        self.modifiers.contains(".summary(")
    }
}

/// Reads the parameter; `None` and the empty text are the usual names.
pub(crate) fn read(text: Option<&str>, usual: &str) -> Result<Vec<Field>, GraphError> {
    let text = text.filter(|text| !text.trim().is_empty()).unwrap_or(usual);
    parse(text, 0)
}

fn parse(text: &str, depth: usize) -> Result<Vec<Field>, GraphError> {
    let mut fields = Vec::new();
    for piece in split(text)? {
        let piece = piece.trim();
        if piece.is_empty() {
            continue;
        }
        let (head, inside) = match piece.split_once('{') {
            Some((head, rest)) => {
                let inside = rest.strip_suffix('}').ok_or_else(syntax)?;
                if depth >= DEPTH_MAX {
                    return Err(syntax());
                }
                (head, parse(inside, depth + 1)?)
            }
            None => (piece, Vec::new()),
        };
        let name_ends = head.find('.').unwrap_or(head.len());
        let (name, modifiers) = head.split_at(name_ends);
        if name.is_empty() || !name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_') {
            return Err(syntax());
        }
        fields.push(Field { name: name.to_owned(), modifiers: modifiers.to_owned(), inside });
    }
    if fields.len() > FIELDS_MAX { Err(syntax()) } else { Ok(fields) }
}

/// At commas that are in no brackets.
fn split(text: &str) -> Result<Vec<&str>, GraphError> {
    let (mut pieces, mut from, mut open) = (Vec::new(), 0, 0_usize);
    for (at, character) in text.char_indices() {
        match character {
            '{' | '(' => open += 1,
            '}' | ')' => open = open.checked_sub(1).ok_or_else(syntax)?,
            ',' if open == 0 => {
                pieces.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[from..]);
    if open == 0 { Ok(pieces) } else { Err(syntax()) }
}

fn syntax() -> GraphError {
    GraphError::new(2_500, "Syntax error in the parameter fields")
}

/// A field that this kind of object does not have fails the whole call.
pub(crate) fn unknown(name: &str, node: &str) -> GraphError {
    GraphError::parameter(format_args!("Tried accessing nonexisting field ({name}) on node type ({node})"))
}

/// Keeps the names asked for inside an object.
pub(crate) fn inside(value: Value, field: &Field) -> Value {
    match value {
        Value::Object(object) if !field.inside.is_empty() => {
            let wanted = |name: &str| field.inside.iter().any(|one| one.name == name);
            Value::Object(object.into_iter().filter(|(name, _)| wanted(name)).collect::<Map<_, _>>())
        }
        other => other,
    }
}
