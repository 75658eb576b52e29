//! `skep search` and `skep info`, and what they make of a server that misbehaves.

use serde_json::json;

use crate::support::customer::Customer;
use crate::support::hex_server::{Answer, Asked, HexServer};

fn package(version: &str) -> serde_json::Value {
    json!({
        "name": "widget",
        "repository": "hexpm",
        "html_url": "https://hex.example/packages/widget",
        "latest_version": version,
        "latest_stable_version": "1.1.0",
        "meta": {
            "description": "Does what widgets do.\nAnd \u{1b}[31mmore than that, for those who read descriptions to their end",
            "licenses": ["Apache-2.0"],
            "links": {"GitHub": "https://github.com/acme/widget"},
        },
        "owners": [{"username": "rosa", "email": "rosa@example.com"}],
        "downloads": {"all": 1234, "day": 5},
        "configs": {"mix.exs": "{:widget, \"~> 1.1\"}"},
        "releases": [
            {"version": version, "inserted_at": "2024-09-01T12:00:00Z", "has_docs": false},
            {"version": "1.1.0", "inserted_at": "2024-07-10T12:00:00Z", "has_docs": true},
            {"version": "1.0.0", "inserted_at": "2024-01-10T12:00:00Z", "has_docs": true},
        ],
        "retirements": {"1.0.0": {"reason": "security", "message": "Upgrade"}},
        "something_new": true,
    })
}

fn release() -> serde_json::Value {
    json!({
        "version": "1.1.0",
        "checksum": "0".repeat(64),
        "inserted_at": "2024-07-10T12:00:00Z",
        "publisher": {"username": "rosa"},
        "meta": {"app": "widget", "build_tools": ["mix"], "elixir": "~> 1.14"},
        "requirements": {
            "jason": {"app": "jason", "optional": false, "requirement": "~> 1.4"},
            "plug": {"app": "plug", "optional": true, "requirement": "~> 1.0"},
        },
        "downloads": 99,
    })
}

fn answer(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/api/packages?search=widget&page=1" => Answer::json(200, json!([package("2.0.0-rc.1")])),
        "/api/packages?search=nothing%20here&page=1" => Answer::json(200, json!([])),
        "/api/packages?search=widget&page=9" => Answer::json(200, json!([])),
        "/api/packages/widget" => Answer::json(200, package("2.0.0-rc.1")),
        "/api/packages/widget/releases/1.1.0" => Answer::json(200, release()),
        "/api/packages/limited" => {
            let value = json!({"status": 429, "message": "Come back tomorrow"});
            Answer::json(429, value).with("retry-after", "3600")
        }
        "/api/packages/closed" => Answer::json(
            401,
            json!({"status": 401, "message": "Members of acme only"}),
        ),
        "/api/packages/proxy" => {
            let page = "<html><body>Sign in to the hotel's network</body></html>";
            Answer::new(502, page).with("content-type", "text/html")
        }
        "/api/packages/page" => Answer::new(200, "<html></html>").with("content-type", "text/html"),
        "/api/packages/error" => Answer::json(200, json!({"status": 500, "message": "Oops"})),
        "/api/packages/text" => Answer::new(200, "hello").with("content-type", "text/plain"),
        "/api/packages/loop" => Answer::new(302, "").with("location", "/api/packages/loop"),
        _ => Answer::json(404, json!({"status": 404, "message": "Page not found"})),
    }
}

fn customer(server: &HexServer) -> Customer {
    let address = server.url.trim_start_matches("http://");
    let mut rosa = Customer::new().masking(address, "[ADDRESS]");
    let pem = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../skep-client/src/hexpm_public_key.pem"
    );
    rosa.skep(&format!(
        "repo add acme {}/repo --public-key {pem}",
        server.url
    ))
    .succeeded();
    rosa.forget();
    rosa
}

#[test]
fn looking_for_packages() {
    let server = HexServer::start(answer);
    let mut rosa = customer(&server);
    rosa.skep("search widget --server acme").succeeded();
    rosa.skep("search widget --server acme --page 9")
        .succeeded();
    let mut words = rosa.command();
    words.args(["search", "nothing here", "--server", "acme"]);
    crate::support::run::run(&mut words)
        .succeeded()
        .says("`nothing here`");
    rosa.skep("info widget --server acme").succeeded();
    rosa.skep("info widget 1.1.0 --server acme").succeeded();
    rosa.skep("info widget 1.1.0 --server acme --json")
        .succeeded();
    let ran = rosa.skep("search widget --server acme --json").succeeded();
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(
        found,
        json!([package("2.0.0-rc.1")]),
        "as the server says it"
    );
    let story = rosa.story();
    assert!(
        !story.replace("\\u001b", "").contains('\u{1b}'),
        "{story:?}"
    );
    insta::assert_snapshot!(story);
}

#[test]
fn refusals_are_in_the_servers_own_words() {
    let server = HexServer::start(answer);
    let mut rosa = customer(&server);
    rosa.set("SKEP_API_KEY", "tell-nobody");
    for package in [
        "gadget", "limited", "closed", "proxy", "page", "error", "text", "loop",
    ] {
        let ran = rosa.skep(&format!("info {package} --server acme"));
        assert_eq!(ran.code, 1, "{}", ran.said());
        assert!(ran.stdout.is_empty(), "{}", ran.said());
        assert!(!ran.said().contains("tell-nobody"), "{}", ran.said());
    }
    rosa.skep("info widget 1.1.0 --server files").failed();
    let pem = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../skep-client/src/hexpm_public_key.pem"
    );
    rosa.skep(&format!(
        "repo add files http://127.0.0.1:9/files --public-key {pem}"
    ))
    .succeeded();
    rosa.skep("info widget 1.1.0 --server files").failed();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    insta::assert_snapshot!(rosa.story().replace(root, "[CRATES]"));
}

#[test]
fn what_is_optional_is_tried_without_credentials() {
    let server = HexServer::start(answer);
    let mut rosa = customer(&server);
    rosa.skep("info closed --server acme")
        .failed()
        .says("Members of acme only");
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("authorization").is_empty())
    );
}
