//! Two terminals and one stored login. The test runs itself several times; a file in the current folder tells the
//! runs what they are.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use skep_client::Config;
use skep_client::Secret;
use skep_client::cli_auth::{
    AuthConfig, Callbacks, CredentialSource, FileTokenStore, LoginReason, Options, OtpReason,
    Permission, TokenStore, blocking,
};
use skep_client::http_client::{BlockingHttpClient, Body, SendError};
use skep_client::oauth::DeviceAuthorization;

use super::world::{API, NOW, global, tokens};

/// Lies where the other processes run.
const MARK: &str = "there-is-a-stored-login";
const REFRESHES: &str = "refreshes";
const PROCESSES: usize = 4;

const TOKENS: &str = r#"{"access_token": "new", "refresh_token": "next", "expires_in": 1800}"#;
const DEVICE: &str = r#"{"device_code": "code", "user_code": "ABCD2345", "expires_in": 600, "interval": 1,
    "verification_uri": "https://hex.test/oauth/device"}"#;

struct Tool {
    store: FileTokenStore,
    time: Duration,
}

impl CredentialSource for Tool {
    fn auth_config(&self, _repository: &str) -> Option<AuthConfig> {
        Some(AuthConfig {
            auth_key: Some("key".into()),
            ..AuthConfig::default()
        })
    }

    fn token_store(&self) -> &dyn TokenStore {
        &self.store
    }

    fn client_id(&self) -> String {
        "test-client".to_owned()
    }
}

impl Callbacks for Tool {
    fn now(&self) -> i64 {
        NOW
    }

    fn prompt_otp(&self, _reason: OtpReason) -> Option<Secret> {
        None
    }

    fn should_authenticate(&self, _reason: LoginReason) -> bool {
        true
    }

    fn show_login(&self, _login: &DeviceAuthorization, _open_browser: bool) {}
}

/// A server that takes each refresh token once, as servers do.
impl BlockingHttpClient for Tool {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path().ends_with("/device_authorization") {
            return Ok(json(DEVICE));
        }
        let body = String::from_utf8_lossy(request.body().bytes()).into_owned();
        let log = fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            .open(REFRESHES);
        writeln!(log.unwrap(), "{body}").unwrap();
        std::thread::sleep(self.time);
        Ok(json(TOKENS))
    }
}

fn json(body: &'static str) -> Response<Bytes> {
    let response = Response::builder().header("content-type", "application/json");
    response.body(body.into()).unwrap()
}

fn tool(time: Duration) -> Arc<Tool> {
    Arc::new(Tool {
        store: FileTokenStore::new("tokens.json"),
        time,
    })
}

fn resolve(time: Duration) -> String {
    let tool = tool(time);
    let mut config = Config::new("https://hex.test", API).unwrap();
    config.cli_auth_callbacks = Some(tool.clone());
    let found = blocking::resolve_api_auth(&*tool, &config, Permission::Read);
    found.unwrap().unwrap().authorization.expose().to_owned()
}

fn run_again(folder: &Path, test: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let test = format!("cli_auth::processes::{test}");
    command
        .current_dir(folder)
        .args(["--exact", &test, "--nocapture"]);
    command.spawn().unwrap()
}

fn folder_with_expired_login() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join(MARK), "").unwrap();
    let store = FileTokenStore::new(folder.path().join("tokens.json"));
    let expired = tokens("expired", Some("refresh"), -100);
    store.persist(&global(), &expired).unwrap();
    folder
}

fn refreshes(folder: &Path) -> usize {
    let log = fs_err::read_to_string(folder.join(REFRESHES));
    log.map_or(0, |log| log.lines().count())
}

#[test]
fn processes_refresh_one_login_once() {
    if Path::new(MARK).exists() {
        assert_eq!(resolve(Duration::from_millis(200)), "Bearer new");
        return;
    }
    let folder = folder_with_expired_login();
    several("processes_refresh_one_login_once", &folder);
}

/// Several processes at once, and what they have asked the server for: tokens, once.
fn several(test: &str, folder: &tempfile::TempDir) -> String {
    let children: Vec<_> = (0..PROCESSES)
        .map(|_| run_again(folder.path(), test))
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(refreshes(folder.path()), 1);
    fs_err::read_to_string(folder.path().join(REFRESHES)).unwrap()
}

fn folder_without_login() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join(MARK), "").unwrap();
    folder
}

#[test]
fn processes_exchange_one_key_once() {
    if Path::new(MARK).exists() {
        let tool = tool(Duration::from_millis(200));
        let mut config = Config::new("https://hex.test", API).unwrap();
        config.oauth_exchange = Some(true);
        config.cli_auth_callbacks = Some(tool.clone());
        let found = blocking::resolve_repo_auth(&*tool, &config).unwrap();
        assert_eq!(found.unwrap().authorization.expose(), "Bearer new");
        return;
    }
    let asked = several("processes_exchange_one_key_once", &folder_without_login());
    assert!(asked.contains("client_credentials"), "{asked}");
}

#[test]
fn processes_log_in_once() {
    if Path::new(MARK).exists() {
        let tool = tool(Duration::from_millis(200));
        let mut config = Config::new("https://hex.test", API).unwrap();
        config.cli_auth_callbacks = Some(tool.clone());
        let (write, options) = (Permission::Write, Options::default());
        let found = blocking::with_api(&*tool, &config, write, options, |config| {
            Ok::<_, skep_client::Error>(config.api_key.unwrap().expose().to_owned())
        });
        assert_eq!(found.unwrap(), "Bearer new");
        return;
    }
    let asked = several("processes_log_in_once", &folder_without_login());
    assert!(asked.contains("device_code"), "{asked}");
}

#[test]
fn a_process_that_dies_gives_up_its_lock() {
    if Path::new(MARK).exists() {
        let is_first = !Path::new(REFRESHES).exists();
        let time = if is_first { 600 } else { 0 };
        resolve(Duration::from_secs(time));
        return;
    }
    let folder = folder_with_expired_login();
    let name = "a_process_that_dies_gives_up_its_lock";
    let mut first = run_again(folder.path(), name);
    while refreshes(folder.path()) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(run_again(folder.path(), name).wait().unwrap().success());
    assert_eq!(refreshes(folder.path()), 2);
    let store = FileTokenStore::new(folder.path().join("tokens.json"));
    assert_eq!(
        store.load(&global()).unwrap(),
        Some(tokens("new", Some("next"), 1800))
    );
}
