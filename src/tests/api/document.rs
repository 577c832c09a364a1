//! The API's document, read back: what an answer must look like, and that nothing is missing in it.

use axum::body::Body;
use axum::http::{Method, Request};
use loa::ledger::Role;
use serde_json::Value;

use super::desk::{Answer, Desk};

pub(super) struct Document(Value);

/// One method of one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
}

impl Document {
    pub(super) fn of(document: &Value) -> Self {
        Self(document.clone())
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for method in ["get", "put", "post", "patch", "delete"] {
                if item.get(method).is_some() {
                    found.push(Operation { method: method.to_uppercase(), path: path.clone() });
                }
            }
        }
        found
    }

    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let fits = |pattern: &str| {
            let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
            pattern.len() == path.len()
                && pattern
                    .iter()
                    .zip(&path)
                    .all(|(expected, given)| expected.starts_with('{') || expected == given)
        };
        let (_, item) = self.0["paths"].as_object()?.iter().find(|(pattern, _)| fits(pattern))?;
        item.get(method.as_str().to_lowercase())
    }

    /// `answer` is what the document promises for this call.
    #[track_caller]
    pub(super) fn hold(&self, method: &Method, path: &str, answer: &Answer) {
        assert_eq!(answer.header("x-request-id").len(), 36, "{method} {path}");
        let status = answer.status.as_u16();
        if !answer.status.is_success() {
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{method} {path}: {}",
                answer.text
            );
            let problem = answer.json();
            self.check(&self.0["components"]["schemas"]["Problem"], &problem, "problem");
            assert_eq!(problem["status"], status);
        }
        // Unknown routes and methods are in no document.
        let Some(operation) = self.operation(method, path) else {
            return assert!([404, 405].contains(&status));
        };
        let promised = &operation["responses"][status.to_string()];
        assert!(promised.is_object(), "{method} {path} answers {status}, the document does not say so");
        let content = promised["content"].as_object().unwrap();
        let given = answer.header("content-type").split(';').next().unwrap_or_default();
        assert!(content.contains_key(given), "{method} {path} answers {given}");
        if given.ends_with("json") {
            self.check(&content[given]["schema"], &answer.json(), path);
        }
    }

    /// Exactly the fields of the schema, of the types it says.
    #[track_caller]
    fn check(&self, schema: &Value, value: &Value, place: &str) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            return self.check(&self.0["components"]["schemas"][name], value, place);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = |choice: &&Value| match choice["type"].as_str() {
                Some(kind) => kind == type_of(value),
                None => !value.is_null(),
            };
            let chosen = choices.iter().find(fits);
            return self.check(chosen.unwrap_or(&Value::Null), value, place);
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        assert!(
            types.contains(&type_of(value)) || types.contains(&"number"),
            "{place}: {value} is not {types:?}"
        );
        if let Some(words) = schema["enum"].as_array().filter(|_| value.is_string()) {
            assert!(words.contains(value), "{place}: {value} is not one of {words:?}");
        }
        for (n, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{place}[{n}]"));
        }
        let (Some(fields), Some(given)) = (schema["properties"].as_object(), value.as_object()) else {
            return;
        };
        assert!(
            fields.keys().eq(given.keys()),
            "{place}: {:?} given, {:?} promised",
            given.keys(),
            fields.keys()
        );
        for (name, field) in given {
            self.check(&fields[name], field, &format!("{place}.{name}"));
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[tokio::test]
async fn every_operation_is_described_and_names_its_refusals() {
    let desk = Desk::open().await;
    let document = &desk.document.0;
    assert_eq!(document["openapi"].as_str().unwrap()[..3], *"3.1");
    assert_eq!(document["servers"][0]["url"], "https://loa.example.vn");
    assert_eq!(document["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
    let mut ids = std::collections::BTreeSet::new();
    for Operation { method, path } in desk.document.operations() {
        let operation = &document["paths"][&path][method.to_lowercase()];
        let place = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{place}");
        assert!(ids.insert(operation["operationId"].to_string()), "{place}: its id is taken");
        let success =
            operation["responses"].as_object().unwrap().iter().find(|(status, _)| status.starts_with('2'));
        let (_, success) = success.unwrap_or_else(|| panic!("{place}"));
        assert!(
            success["content"].as_object().unwrap().values().all(|body| body["schema"].is_object()),
            "{place}"
        );
        if !path.starts_with("/api/v1") {
            continue;
        }
        assert!(operation["security"][0].get("api_key").is_some(), "{place}");
        for status in ["401", "403", "429", "500", "503"] {
            let problem =
                &operation["responses"][status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{place} {status}");
        }
    }
}

/// Served and documented come from one list; here it is seen from outside: every documented operation is behind the
/// key, and no other method of these paths is served.
#[tokio::test]
async fn what_is_documented_is_served_and_nothing_else() {
    let desk = Desk::open().await;
    let operations = desk.document.operations();
    assert!(operations.len() > 45, "{}", operations.len());
    for Operation { path, .. } in &operations {
        let path_asked = super::roles::filled_in(path, "1");
        for method in [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE] {
            let documented =
                operations.contains(&Operation { method: method.to_string(), path: path.clone() });
            let request = Request::builder().method(&method).uri(&path_asked).body(Body::empty()).unwrap();
            let status = desk.send(request).await.status.as_u16();
            let expected: &[u16] = match (documented, path.starts_with("/api/v1")) {
                (false, _) => &[405],
                (true, true) => &[401],
                (true, false) => &[200],
            };
            assert!(expected.contains(&status), "{method} {path} answers {status}");
        }
    }
    assert_eq!(desk.get(Role::Admin, "/nothing").await.status, 404);
}
