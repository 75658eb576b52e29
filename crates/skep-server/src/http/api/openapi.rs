//! `GET /api/openapi.json`: the description of the API, written by hand and checked in, one file for each
//! of its parts. Two tests compare it with the routes, and schemathesis with the answers.

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use serde_json::{Map, Value, json};

use crate::http::api::Answer;
use crate::node::Node;

/// Paths and schemas of each part.
const PARTS: [&str; 3] = [
    include_str!("openapi/hex.json"),
    include_str!("openapi/oauth.json"),
    include_str!("openapi/manage.json"),
];

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| merged(include_str!("openapi/base.json"), &PARTS));

/// `GET /api/openapi.json`
pub(crate) async fn describe(State(node): State<Arc<Node>>) -> Answer {
    let mut document = DOCUMENT.clone();
    document["servers"] = json!([{"url": node.app.config.server.url}]);
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    Answer::ok(document)
}

/// One document of the base and its parts, with the answers that many requests have in common.
fn merged(base: &str, parts: &[&str]) -> Value {
    let read = |text| serde_json::from_str::<Value>(text).expect("a test reads the same text");
    let mut document = read(base);
    let common = document["x-answers"].take();
    if let Some(document) = document.as_object_mut() {
        document.remove("x-answers");
    }
    for part in parts {
        let mut part = read(part);
        for copy in part["also_below"].take().as_array().into_iter().flatten() {
            let copied = copied(&part["paths"], copy);
            extend(&mut part["paths"], copied);
        }
        extend(&mut document["paths"], part["paths"].take());
        extend(
            &mut document["components"]["schemas"],
            part["schemas"].take(),
        );
    }
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for operation in paths.flat_map(|(_, path)| path.as_object_mut().into_iter().flatten()) {
        add_answers(operation.1, &common);
    }
    document
}

/// Paths that are there a second time, below another one: `/api/packages` in each repository.
fn copied(paths: &Value, copy: &Value) -> Value {
    let base = copy["base"].as_str().unwrap_or_default();
    let below = |path: &str| {
        let prefixes = copy["paths"].as_array().into_iter().flatten();
        let mut prefixes = prefixes.filter_map(Value::as_str);
        prefixes.any(|prefix| path.starts_with(prefix))
    };
    let paths = paths.as_object().into_iter().flatten();
    let copies = paths.filter(|(path, _)| below(path)).map(|(path, item)| {
        let path = path.replacen("/api", base, 1);
        let operations = item.as_object().into_iter().flatten();
        let item = operations.map(|(method, operation)| {
            let mut operation = operation.clone();
            let id = operation["operationId"].as_str().unwrap_or_default();
            operation["operationId"] = json!(format!(
                "{id}{}",
                copy["suffix"].as_str().unwrap_or_default()
            ));
            let mut parameters = vec![copy["parameter"].clone()];
            parameters.extend(
                operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
            operation["parameters"] = json!(parameters);
            extend(&mut operation["responses"], copy["answers"].clone());
            (method.clone(), operation)
        });
        (path, item.collect::<Value>())
    });
    copies.collect()
}

fn extend(target: &mut Value, more: Value) {
    if let (Value::Object(target), Value::Object(more)) = (target, more) {
        target.extend(more);
    }
}

/// What an operation does not say itself.
fn add_answers(operation: &mut Value, common: &Value) {
    let is_open = operation["security"] == json!([]);
    let has_body = operation.get("requestBody").is_some();
    let kinds = [
        ("every", true),
        ("with_credential", !is_open),
        ("with_body", has_body),
    ];
    let mut answers = Map::new();
    for (kind, is_meant) in kinds {
        if let (true, Value::Object(more)) = (is_meant, &common[kind]) {
            answers.extend(more.clone());
        }
    }
    if let Some(Value::Object(own)) = operation.get_mut("responses") {
        answers.append(own);
        *own = answers;
    }
}
