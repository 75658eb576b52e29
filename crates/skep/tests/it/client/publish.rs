//! `skep publish --server`, at a server made up here.

use std::sync::Mutex;

use serde_json::json;
use skep_formats::checksum::Sha256;

use crate::support::customer::Customer;
use crate::support::hex_server::{Answer, Asked, HexServer};
use crate::support::package::Package;

/// Takes `an-api-key`, and from `with-otp` only with the one-time password 123456.
fn hex_server() -> HexServer {
    let first = Mutex::new(None::<Vec<u8>>);
    HexServer::start(move |asked| {
        let mut first = first.lock().expect("no thread panicked");
        match (asked.header("authorization"), asked.header("x-hex-otp")) {
            ("an-api-key", _) | ("with-otp", "123456") => {}
            ("with-otp", "") => return challenge("totp_required"),
            ("with-otp", _) => return challenge("invalid_totp"),
            _ => return Answer::json(401, json!({"status": 401, "message": "who are you?"})),
        }
        match format!("{} {}", asked.method, asked.path).as_str() {
            "POST /api/packages/widget/releases?replace=false" => match &*first {
                None => {
                    *first = Some(asked.body.clone());
                    release(201, asked)
                }
                Some(_) => refused("must include the --replace flag to update an existing release"),
            },
            "POST /api/packages/widget/releases?replace=true" => release(200, asked),
            "GET /api/packages/widget/releases/1.0.0" => {
                let checksum = Sha256::of(first.as_deref().unwrap_or_default()).to_string();
                Answer::json(
                    200,
                    json!({"version": "1.0.0", "checksum": checksum.to_uppercase()}),
                )
            }
            "POST /api/packages/widget/releases/1.0.0/docs" => Answer::new(201, ""),
            "POST /api/packages/gadget/releases?replace=false" => refused("is reserved"),
            _ => Answer::json(404, json!({"status": 404, "message": "Page not found"})),
        }
    })
}

fn challenge(error: &str) -> Answer {
    let value = format!("Bearer realm=\"hex\", error=\"{error}\"");
    Answer::json(401, json!({"status": 401, "message": error})).with("www-authenticate", value)
}

fn release(status: u16, asked: &Asked) -> Answer {
    let value = json!({
        "version": "1.0.0",
        "checksum": Sha256::of(&asked.body).to_string(),
        "html_url": "https://hex.example/packages/widget/1.0.0",
    });
    Answer::json(status, value)
}

fn refused(text: &str) -> Answer {
    let value = json!({"status": 422, "message": "Validation error(s)", "errors": {"name": text}});
    Answer::json(422, value)
}

fn publisher(server: &HexServer) -> Customer {
    let address = server.url.trim_start_matches("http://");
    let rosa = Customer::new().masking(address, "[ADDRESS]");
    for package in ["widget", "gadget"] {
        let package = Package::new(package, "1.0.0");
        fs_err::write(rosa.folder().join(package.file_name()), package.tarball())
            .expect("writable");
    }
    let other = Package::new("widget", "1.0.0").described("Another");
    fs_err::write(rosa.folder().join("other.tar"), other.tarball()).expect("writable");
    fs_err::write(rosa.folder().join("docs.tar.gz"), "pages").expect("writable");
    fs_err::write(rosa.folder().join("bad.tar"), "no tarball").expect("writable");
    rosa
}

#[test]
fn publishing_at_another_server() {
    let server = hex_server();
    let mut rosa = publisher(&server);
    let at = format!("--server {}", server.url);
    rosa.skep(&format!("publish widget-1.0.0.tar {at}"))
        .failed();
    rosa.set("SKEP_API_KEY", "an-api-key");
    rosa.skep(&format!("publish widget-1.0.0.tar {at} --docs docs.tar.gz"))
        .succeeded();
    rosa.skep(&format!("publish widget-1.0.0.tar {at}"))
        .succeeded();
    rosa.skep(&format!("publish other.tar {at}")).failed();
    rosa.skep(&format!("publish other.tar {at} --replace --json"))
        .succeeded();
    rosa.skep(&format!(
        "publish bad.tar gadget-1.0.0.tar missing.tar widget-1.0.0.tar {at}"
    ))
    .failed();
    rosa.skep(&format!("publish bad.tar widget-1.0.0.tar {at} --json"))
        .failed();
    rosa.skep(&format!(
        "publish widget-1.0.0.tar {at} --published-at 2024-01-01"
    ))
    .failed();
    rosa.set("SKEP_API_KEY", "another-key");
    rosa.skep(&format!("publish widget-1.0.0.tar {at}"))
        .failed();
    insta::assert_snapshot!(rosa.story());

    let docs = server.asked_for("POST /api/packages/widget/releases/1.0.0/docs");
    assert_eq!(docs.len(), 1);
    assert_eq!(docs[0].body, b"pages");
    let sent = server.asked_for("POST /api/packages/widget/releases?replace=false");
    assert_eq!(sent[0].header("expect"), "100-continue");
    assert_eq!(sent[0].body, Package::new("widget", "1.0.0").tarball());
}

#[test]
fn a_one_time_password_is_asked_for_at_a_terminal_only() {
    let server = hex_server();
    let mut rosa = publisher(&server);
    rosa.set("SKEP_API_KEY", "with-otp");
    let publish = format!("publish widget-1.0.0.tar --server {}", server.url);
    rosa.skep(&publish)
        .failed()
        .says("no one-time password was given")
        .says("at a terminal");
    let (code, text) = rosa.at_a_terminal(&publish, "000000\r123456\r");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("One-time password") && text.contains("was wrong"),
        "{text}"
    );
    assert!(text.contains("Published widget 1.0.0."), "{text}");
    let sent = server.asked_for("POST /api/packages/widget/releases?replace=false");
    let otps: Vec<&str> = sent.iter().map(|asked| asked.header("x-hex-otp")).collect();
    assert_eq!(otps, ["", "", "000000", "123456"]);
}
