//! `skep login`, `logout` and `whoami`, at a server with a device flow.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::customer::Customer;
use crate::support::hex_server::{Answer, Asked, HexServer};
use crate::support::run::run;

/// What the next requests for tokens get; afterwards they get tokens.
type Script = Arc<Mutex<VecDeque<(u16, Value)>>>;

/// A server with one user, whose tokens are `access-1`, `access-2`, … and whose API key is `an-api-key`. It takes only
/// the newest token.
pub(super) fn hex_server(script: &[(u16, Value)]) -> HexServer {
    let script: Script = Arc::new(Mutex::new(script.iter().cloned().collect()));
    let issued = Mutex::new(0);
    HexServer::start(move |asked| {
        let mut issued = issued.lock().expect("no thread panicked");
        match asked.path.as_str() {
            "/api/oauth/device_authorization" => device_authorization(asked),
            "/api/oauth/token" => match script.lock().expect("no thread panicked").pop_front() {
                Some((status, value)) => Answer::json(status, value),
                None => {
                    *issued += 1;
                    tokens(*issued)
                }
            },
            "/api/oauth/revoke" => Answer::json(200, json!({})),
            "/api/users/me" => me(asked, *issued),
            _ => Answer::json(404, json!({"status": 404, "message": "Page not found"})),
        }
    })
}

fn device_authorization(asked: &Asked) -> Answer {
    let host = format!("http://{}", asked.header("host"));
    let page = format!("{host}/oauth/device");
    let value = json!({
        "device_code": "the-device-code",
        "user_code": "ABCD2345",
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code=ABCD2345"),
        "expires_in": 600,
        "interval": 1,
    });
    Answer::json(200, value)
}

fn tokens(number: u32) -> Answer {
    let value = json!({
        "access_token": format!("access-{number}"),
        "refresh_token": format!("refresh-{number}"),
        "token_type": "bearer",
        "expires_in": 1800,
        "scope": "api repositories",
    });
    Answer::json(200, value)
}

fn me(asked: &Asked, issued: u32) -> Answer {
    let refused = |challenge: &str, message: &str| {
        let value = json!({"status": 401, "message": message});
        Answer::json(401, value).with("www-authenticate", challenge)
    };
    let newest = format!("Bearer access-{issued}");
    match asked.header("authorization") {
        "an-api-key" => {}
        given if given == newest => {}
        given if given.starts_with("Bearer access-") => {
            return refused(
                r#"Bearer realm="hex", error="token_expired""#,
                "token expired",
            );
        }
        "" => return refused("Basic realm=hex", "authentication required"),
        _ => return refused("Basic realm=hex", "the key was revoked on Tuesday"),
    }
    let user = json!({
        "username": "rosa",
        "email": "rosa@example.com",
        "organizations": [{"name": "acme", "role": "write"}],
    });
    Answer::json(200, user)
}

fn customer(server: &HexServer) -> Customer {
    let address = server.url.trim_start_matches("http://");
    Customer::new().masking(address, "[ADDRESS]")
}

#[test]
fn a_login_from_its_beginning_to_its_end() {
    let pending = (400, json!({"error": "authorization_pending"}));
    let server = hex_server(&[pending]);
    let mut rosa = customer(&server);
    let at = format!("--server {}", server.url);
    rosa.skep(&format!("whoami {at}")).failed();
    rosa.skep(&format!("login {at} --name rosas-machine"))
        .succeeded();
    assert_eq!(rosa.mode("tokens.json"), 0o600);
    rosa.skep(&format!("login {at}")).succeeded();
    rosa.skep(&format!("whoami {at}")).succeeded();
    rosa.skep(&format!("whoami {at} --json")).succeeded();
    rosa.skep(&format!("logout {at}")).succeeded();
    rosa.skep(&format!("whoami {at}")).failed();
    rosa.skep(&format!("logout {at}")).succeeded();
    let story = rosa.story();
    assert!(
        !story.contains("access-") && !story.contains("refresh-"),
        "{story}"
    );
    insta::assert_snapshot!(story);

    let begun = server.asked_for("POST /api/oauth/device_authorization");
    assert_eq!(begun.len(), 1, "who is logged in is not asked again");
    assert_eq!(begun[0].field("name"), "rosas-machine");
    assert_eq!(begun[0].field("scope"), "api repositories");
    let revoked = server.asked_for("POST /api/oauth/revoke");
    let revoked: Vec<String> = revoked.iter().map(|asked| asked.field("token")).collect();
    assert_eq!(revoked, ["refresh-1", "access-1"]);
    let agents: Vec<Asked> = server.asked();
    assert!(
        agents
            .iter()
            .all(|asked| asked.header("user-agent").contains("skep/"))
    );
}

#[test]
fn a_login_that_is_not_confirmed() {
    let denied = (403, json!({"error": "access_denied"}));
    let expired = (400, json!({"error": "expired_token"}));
    let unknown = json!({"error": "invalid_client", "error_description": "Ask the operator to register this program"});
    let server = hex_server(&[denied, expired, (401, unknown)]);
    let mut rosa = customer(&server);
    for _ in 0..3 {
        rosa.skep(&format!(
            "login --server {} --name rosas-machine",
            server.url
        ))
        .failed();
    }
    assert!(!rosa.config_folder().join("tokens.json").exists());
    insta::assert_snapshot!(rosa.story());
}

#[test]
fn a_token_that_has_ended_is_renewed() {
    let server = hex_server(&[]);
    let mut rosa = customer(&server);
    rosa.skep(&format!("login --server {}", server.url))
        .succeeded();
    // Somebody else has got newer tokens: this one has ended before its time.
    let mut curl = Command::new("curl");
    curl.args(["-s", "-X", "POST"])
        .arg(format!("{}/api/oauth/token", server.url));
    run(&mut curl).succeeded();
    rosa.skep(&format!("whoami --server {}", server.url))
        .succeeded()
        .says("rosa");
    let refreshed = server.asked_for("POST /api/oauth/token");
    let last = refreshed.last().expect("it was asked for tokens");
    assert_eq!(last.field("grant_type"), "refresh_token");
    assert_eq!(last.field("refresh_token"), "refresh-1");
    rosa.skep(&format!("whoami --server {}", server.url))
        .succeeded();
    assert_eq!(
        server.asked_for("POST /api/oauth/token").len(),
        3,
        "the new one was kept"
    );
}

#[test]
fn a_login_that_cannot_be_renewed_is_made_anew() {
    let server = hex_server(&[]);
    let mut rosa = customer(&server);
    let login = format!("login --server {}", server.url);
    rosa.skep(&login).succeeded();
    let file = rosa.config_folder().join("tokens.json");
    let text = fs_err::read_to_string(&file).expect("it is there");
    let mut stored: Value = serde_json::from_str(&text).expect("JSON");
    let entry = &mut stored["tokens"][0];
    entry["expires_at"] = json!(1);
    entry
        .as_object_mut()
        .expect("an object")
        .remove("refresh_token");
    fs_err::write(&file, stored.to_string()).expect("writable");
    rosa.skep(&format!("whoami --server {}", server.url))
        .failed()
        .says("the login has expired and could not be refreshed")
        .says("hint: `skep login --server");
    fs_err::write(&file, stored.to_string()).expect("writable");
    rosa.skep(&login).succeeded().says("rosa");
}

#[test]
fn an_api_key_in_place_of_a_login() {
    let server = hex_server(&[]);
    let mut rosa = customer(&server);
    let folder = rosa.folder();
    fs_err::write(folder.join("key.txt"), "an-api-key\n").expect("writable");
    fs_err::write(folder.join("old.txt"), "a-revoked-key").expect("writable");
    fs_err::write(folder.join("empty.txt"), "\n").expect("writable");
    rosa.skep("login --api-key-file key.txt --server nowhere")
        .failed();
    rosa.skep(&format!(
        "login --api-key-file key.txt --server {}",
        server.url
    ))
    .failed();
    let pem = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../skep-client/src/hexpm_public_key.pem"
    );
    fs_err::copy(pem, folder.join("key.pem")).expect("it is there");
    rosa.skep(&format!(
        "repo add acme {}/repo --public-key key.pem",
        server.url
    ))
    .succeeded();
    rosa.skep("login --api-key-file old.txt --server acme")
        .failed();
    rosa.skep("login --api-key-file empty.txt --server acme")
        .failed();
    rosa.skep("login --api-key-file key.txt --server acme")
        .succeeded();
    rosa.skep("whoami --server acme").succeeded();
    rosa.skep(&format!("whoami --server {}", server.url))
        .succeeded();
    rosa.skep("repo list --json").succeeded();
    rosa.skep("logout --server acme").succeeded();
    rosa.skep("whoami --server acme").failed();
    rosa.set("SKEP_API_KEY", "an-api-key");
    rosa.skep("whoami --server acme").succeeded();
    rosa.set("SKEP_API_KEY", "a-revoked-key");
    rosa.skep("whoami --server acme").failed();
    let story = rosa.story();
    assert!(
        !story.contains("an-api-key") && !story.contains("a-revoked-key"),
        "{story}"
    );
    insta::assert_snapshot!(story);
}

#[test]
fn a_login_stays_with_its_server() {
    let (server, other) = (hex_server(&[]), hex_server(&[]));
    let mut rosa = customer(&server);
    rosa.skep(&format!("login --server {}", server.url))
        .succeeded();
    rosa.skep(&format!("whoami --server {}", other.url))
        .failed();
    rosa.skep(&format!("whoami --server {}/elsewhere/api", server.url))
        .failed();
    let sent = other.asked();
    assert!(
        sent.iter()
            .all(|asked| asked.header("authorization").is_empty())
    );
    let elsewhere = server.asked_for("GET /elsewhere/api/users/me");
    assert!(
        elsewhere
            .iter()
            .all(|asked| asked.header("authorization").is_empty())
    );
}

#[test]
fn a_terminal_is_asked_whether_to_log_in() {
    let server = hex_server(&[]);
    let rosa = customer(&server);
    let whoami = format!("whoami --server {}", server.url);
    let (code, text) = rosa.at_a_terminal(&whoami, "n");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("Log in now?"), "{text}");
    let (code, text) = rosa.at_a_terminal(&whoami, "y");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("ABCD-2345") && text.contains("rosa"),
        "{text}"
    );
}
