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
    AuthConfig, Callbacks, CredentialSource, FileTokenStore, LoginReason, OtpReason, Permission,
    TokenStore, blocking,
};
use skep_client::http_client::{BlockingHttpClient, Body, SendError};
use skep_client::oauth::DeviceAuthorization;

use super::world::{API, NOW, global, tokens};

/// Lies where the other processes run.
const MARK: &str = "there-is-a-stored-login";
const REFRESHES: &str = "refreshes";
const PROCESSES: usize = 4;

struct Tool {
    store: FileTokenStore,
    time: Duration,
}

impl CredentialSource for Tool {
    fn auth_config(&self, _repository: &str) -> Option<AuthConfig> {
        None
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
        false
    }

    fn show_login(&self, _login: &DeviceAuthorization, _open_browser: bool) {}
}

/// A server that takes each refresh token once, as servers do.
impl BlockingHttpClient for Tool {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        let body = String::from_utf8_lossy(request.body().bytes()).into_owned();
        let log = fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            .open(REFRESHES);
        writeln!(log.unwrap(), "{body}").unwrap();
        std::thread::sleep(self.time);
        let answer = r#"{"access_token": "new", "refresh_token": "next", "expires_in": 1800}"#;
        let response = Response::builder().header("content-type", "application/json");
        Ok(response.body(answer.into()).unwrap())
    }
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
    let start = |_| run_again(folder.path(), "processes_refresh_one_login_once");
    let children: Vec<_> = (0..PROCESSES).map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(refreshes(folder.path()), 1);
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
