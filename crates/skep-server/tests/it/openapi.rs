//! `/api/openapi.json` says what the router does, no more and no less.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::support::TestApp;

const ROUTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/router.rs");
const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

async fn document(app: &TestApp) -> Value {
    let answer = app.get("/api/openapi.json").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

fn paths(document: &Value) -> impl Iterator<Item = (&String, &serde_json::Map<String, Value>)> {
    let paths = document["paths"].as_object().expect("paths").iter();
    paths.map(|(path, operations)| (path, operations.as_object().expect("operations")))
}

#[tokio::test]
async fn what_it_describes_is_there() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    assert_eq!(document["servers"][0]["url"], app.url);
    for (path, operations) in paths(&document) {
        let target: Vec<&str> = path
            .split('/')
            .map(|segment| {
                if segment.starts_with('{') {
                    "x"
                } else {
                    segment
                }
            })
            .collect();
        // No route takes it, and the refusal names the methods that some take.
        let method = Method::from_bytes(b"BREW").unwrap();
        let answer = app
            .ask(method, &target.join("/"))
            .agent("test")
            .send()
            .await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("allow").to_ascii_lowercase();
        let allowed: BTreeSet<&str> = allowed.split(',').filter(|it| *it != "head").collect();
        let described: BTreeSet<&str> = operations.keys().map(String::as_str).collect();
        assert_eq!(allowed, described, "{path}");
    }
}

#[tokio::test]
async fn every_route_of_the_api_is_described() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let source = fs_err::read_to_string(ROUTER).unwrap();
    let code = source.split("#[cfg(test)]").next().unwrap();
    let mut count = 0;
    for function in code
        .split("\nfn ")
        .filter(|function| !function.starts_with("page"))
    {
        for route in function.split(".route(").skip(1) {
            let route = route.split('"').nth(1).expect("a path");
            if ["/", "/healthz", "/readyz", "/metrics"].contains(&route) {
                continue;
            }
            let is_described = paths(&document).any(|(path, _)| path.ends_with(route));
            assert!(is_described, "`{route}` is not in the description");
            count += 1;
        }
    }
    assert!(count > 10, "the routes are not where this test looks");
}

#[tokio::test]
async fn operations_are_whole() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let mut ids = BTreeSet::new();
    for (path, operations) in paths(&document) {
        for (method, operation) in operations {
            assert!(METHODS.contains(&method.as_str()), "{method} {path}");
            let id = operation["operationId"].as_str().expect(path);
            assert!(ids.insert(id), "`{id}` is there twice");
            let has_text = |name: &str| operation[name].as_str().is_some_and(|it| !it.is_empty());
            assert!(has_text("summary"), "{method} {path}");
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named: BTreeSet<&str> = parameters
                .filter(|it| it["in"] == "path")
                .filter_map(|it| it["name"].as_str())
                .collect();
            let wanted = path.split(['{', '}']).skip(1).step_by(2);
            assert_eq!(named, wanted.collect(), "{method} {path}");
        }
    }
    let text = document.to_string();
    for reference in text.split("\"#/").skip(1) {
        let pointer = format!("/{}", reference.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "`#{pointer}`");
    }
}
