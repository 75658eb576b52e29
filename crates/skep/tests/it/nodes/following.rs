//! What is written on one node is seen by all.

use serde_json::{Value, json};

use super::{on_each_shop, owner, soon};
use crate::support::fleet::Node;
use crate::support::http;
use crate::support::package::Package;
use crate::support::shop::Shop;

/// A request to the API of one node.
#[track_caller]
fn post(node: &Node, path: &str, key: &str, kind: &str, body: &[u8]) -> http::Response {
    let url = format!("{}{path}", node.url);
    let headers = [("authorization", key), ("content-type", kind)];
    let answer = http::post(&url, &headers, body).expect("the node answers");
    assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
    answer
}

fn publish(node: &Node, key: &str, version: &str) {
    let tarball = Package::new("widget", version).tarball();
    post(
        node,
        "/api/publish",
        key,
        "application/octet-stream",
        &tarball,
    );
}

/// Issues a license for everything through one node: its id and its key.
fn issue(node: &Node, key: &str, email: &str) -> (String, String) {
    let body = json!({
        "customer": {"email": email, "name": "Eva"},
        "products": ["tools"],
        "plan": "lifetime",
    });
    let path = format!("/api/manage/licenses/by-external-id/{email}");
    let url = format!("{}{path}", node.url);
    let headers = [("authorization", key), ("content-type", "application/json")];
    let answer = http::send("PUT", &url, &headers, body.to_string().as_bytes());
    let answer = answer.expect("the node answers");
    assert_eq!(answer.status, 201, "{}", answer.text());
    let issued: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (
        text(&issued["license"]["id"]),
        text(&issued["key"]["secret"]),
    )
}

#[test]
fn every_write_on_one_of_three_nodes_is_seen_by_all() {
    on_each_shop(|shop: Shop| {
        shop.skep(&["product", "create", "tools", "--package", "widget*"])
            .succeeded();
        let api_key = owner(&shop);
        let nodes: Vec<Node> = (0..3).map(|_| Node::start(&shop)).collect();
        publish(&nodes[0], &api_key, "1.0.0");
        let (license, key) = issue(&nodes[1], &api_key, "eva@example.com");
        for node in &nodes {
            // A key that a node does not know yet makes it look again: it works at once.
            let status = || node.get("/repo/packages/widget", &key).status;
            assert_ne!(status(), 401);
            soon(|| status() == 200);
            soon(|| node.get("/repo/tarballs/widget-1.0.0.tar", &key).status == 200);
        }
        publish(&nodes[2], &api_key, "1.1.0");
        for node in &nodes {
            soon(|| node.get("/repo/tarballs/widget-1.1.0.tar", &key).status == 200);
        }
        let path = format!("/api/manage/licenses/{license}/revoke");
        post(&nodes[2], &path, &api_key, "application/json", b"{}");
        for node in &nodes {
            soon(|| node.get("/repo/packages/widget", &key).status == 402);
        }
        for node in nodes {
            node.stop();
        }
        shop.skep(&["doctor", "--deep"]).succeeded();
    });
}

#[test]
fn jobs_are_one_row_each_however_many_nodes_there_are() {
    let shop = Shop::init();
    let nodes: Vec<Node> = (0..2).map(|_| Node::start(&shop)).collect();
    let jobs = || -> Vec<Value> {
        let listed = shop.skep(&["job", "list", "--json"]).succeeded();
        serde_json::from_str(&listed.stdout).expect("JSON")
    };
    soon(|| {
        jobs()
            .iter()
            .filter(|job| !job["done_at"].is_null())
            .count()
            >= 3
    });
    let jobs = jobs();
    let mut kinds: Vec<&str> = jobs.iter().filter_map(|job| job["kind"].as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), jobs.len(), "{jobs:?}");
    shop.skep(&["job", "list"])
        .succeeded()
        .says("prune_usage")
        .says("waiting");
    let id = jobs[0]["id"].as_str().expect("an id");
    shop.skep(&["job", "discard", id])
        .failed()
        .says("every repository needs");
    shop.skep(&["job", "retry", id])
        .succeeded()
        .says("runs as soon as");
    let unknown = "job_00000000000000000000000000";
    shop.skep(&["job", "retry", unknown])
        .failed()
        .says("there is no job");
    drop(nodes);
}
