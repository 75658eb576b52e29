//! A tool, its stored credentials, its user and its server, all in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use skep_client::cli_auth::{
    self, AuthConfig, AuthError, Callbacks, Challenged, CredentialSource, Credentials, LoginReason,
    Options, OtpReason, Outcome, Permission, Reply, Server, Session, Source, Step, StoreError,
    TokenScope, TokenStore, Tokens, blocking,
};
use skep_client::http_client::{BlockingHttpClient, Body, HttpClient, SendError};
use skep_client::oauth::DeviceAuthorization;
use skep_client::{Config, Secret};

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const API: &str = "https://hex.test/api";

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Async,
    Blocking,
}

pub(crate) struct World {
    mode: Mode,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) now: i64,
    pub(crate) auth_configs: BTreeMap<String, AuthConfig>,
    pub(crate) tokens: BTreeMap<TokenScope, Tokens>,
    pub(crate) persisted: Vec<(TokenScope, Tokens)>,
    pub(crate) cleared: usize,
    pub(crate) otps: VecDeque<&'static str>,
    pub(crate) otp_reasons: Vec<OtpReason>,
    /// Unset, asking is a mistake.
    pub(crate) may_log_in: Option<bool>,
    pub(crate) login_reasons: Vec<LoginReason>,
    pub(crate) shown: Vec<(DeviceAuthorization, bool)>,
    pub(crate) requests: Vec<(String, Value)>,
    /// What the server says next instead of what it usually says; 0 is no answer.
    pub(crate) answers: VecDeque<(u16, Value)>,
    /// How long the server takes.
    pub(crate) delay: Duration,
    pub(crate) issued: usize,
}

#[derive(Debug)]
pub(crate) enum Failed {
    Refused(Outcome),
    Auth(AuthError),
}

impl Challenged for Failed {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Refused(outcome) => *outcome,
            Self::Auth(_) => Outcome::Finished,
        }
    }
}

impl From<AuthError> for Failed {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

/// One for each kind of driver.
pub(crate) fn worlds() -> [Arc<World>; 2] {
    [Mode::Async, Mode::Blocking].map(World::new)
}

pub(crate) fn server(api: &str) -> Server {
    Server::parse(api).unwrap()
}

pub(crate) fn global() -> TokenScope {
    TokenScope::Global(server(API))
}

pub(crate) fn repository(name: &str) -> TokenScope {
    TokenScope::Repository {
        name: name.to_owned(),
        server: server(API),
    }
}

/// Tokens with so many seconds left.
pub(crate) fn tokens(access: &str, refresh: Option<&str>, seconds: i64) -> Tokens {
    Tokens {
        issuer: server(API),
        access_token: access.into(),
        refresh_token: refresh.map(Secret::from),
        expires_at: NOW + seconds,
    }
}

pub(crate) fn configured(key: &str) -> Credentials {
    Credentials {
        authorization: key.into(),
        source: Source::Config,
        has_refresh_token: false,
    }
}

pub(crate) fn issued(token: &str, has_refresh_token: bool) -> Credentials {
    Credentials {
        authorization: format!("Bearer {token}").into(),
        source: Source::OAuth,
        has_refresh_token,
    }
}

impl World {
    pub(crate) fn new(mode: Mode) -> Arc<Self> {
        let state = State {
            now: NOW,
            ..State::default()
        };
        Arc::new(Self {
            mode,
            state: Mutex::new(state),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn config(self: &Arc<Self>) -> Config {
        let mut config = Config::new("https://hex.test/repo", API).unwrap();
        config.cli_auth_callbacks = Some(Arc::clone(self) as Arc<dyn Callbacks>);
        config
    }

    pub(crate) fn store(&self, scope: TokenScope, tokens: Tokens) {
        self.state().tokens.insert(scope, tokens);
    }

    pub(crate) fn configure(&self, repository: &str, config: AuthConfig) {
        self.state()
            .auth_configs
            .insert(repository.to_owned(), config);
    }

    pub(crate) fn answer(&self, status: u16, body: Value) {
        self.state().answers.push_back((status, body));
    }

    /// The `grant_type` of each request for tokens.
    pub(crate) fn grants(&self) -> Vec<String> {
        let state = self.state();
        let grant = |(_, body): &(String, Value)| body["grant_type"].as_str().map(str::to_owned);
        state.requests.iter().filter_map(grant).collect()
    }

    pub(crate) fn resolve_api(&self, config: &Config) -> Result<Option<Credentials>, AuthError> {
        match self.mode {
            Mode::Async => block_on(cli_auth::resolve_api_auth(self, config, Permission::Read)),
            Mode::Blocking => blocking::resolve_api_auth(self, config, Permission::Read),
        }
    }

    pub(crate) fn resolve_repo(&self, config: &Config) -> Result<Option<Credentials>, AuthError> {
        match self.mode {
            Mode::Async => block_on(cli_auth::resolve_repo_auth(self, config)),
            Mode::Blocking => blocking::resolve_repo_auth(self, config),
        }
    }

    pub(crate) fn with_api<V>(
        &self,
        config: &Config,
        options: Options,
        mut run: impl FnMut(Config) -> Result<V, Failed>,
    ) -> Result<V, Failed> {
        let write = Permission::Write;
        match self.mode {
            Mode::Async => {
                let run = |config| std::future::ready(run(config));
                block_on(cli_auth::with_api(self, config, write, options, run))
            }
            Mode::Blocking => blocking::with_api(self, config, write, options, run),
        }
    }

    pub(crate) fn with_repo<V>(
        &self,
        config: &Config,
        options: Options,
        mut run: impl FnMut(Config) -> Result<V, Failed>,
    ) -> Result<V, Failed> {
        match self.mode {
            Mode::Async => {
                let run = |config| std::future::ready(run(config));
                block_on(cli_auth::with_repo(self, config, options, run))
            }
            Mode::Blocking => blocking::with_repo(self, config, options, run),
        }
    }

    pub(crate) fn respond(&self, request: &Request<Body>) -> Result<Response<Bytes>, SendError> {
        assert_eq!(request.headers().get("authorization"), None);
        let body: Value = serde_json::from_slice(request.body().bytes()).unwrap();
        let path = request.uri().to_string();
        let mut state = self.state();
        state.requests.push((path.clone(), body.clone()));
        let is_device = path.ends_with("/device_authorization");
        let scripted = match is_device {
            true => None,
            false => state.answers.pop_front(),
        };
        let (status, answer) = scripted.unwrap_or_else(|| {
            state.issued += usize::from(!is_device);
            (200, usual_answer(is_device, &body, state.issued))
        });
        if status == 0 {
            return Err(SendError::Other("there is no network".into()));
        }
        let response = Response::builder()
            .status(status)
            .header("content-type", "application/json");
        Ok(response.body(answer.to_string().into()).unwrap())
    }
}

fn usual_answer(is_device: bool, body: &Value, number: usize) -> Value {
    if is_device {
        return json!({
            "device_code": "device-code",
            "user_code": "ABCD2345",
            "verification_uri": "https://hex.test/oauth/device",
            "verification_uri_complete": "https://hex.test/oauth/device?user_code=ABCD2345",
            "expires_in": 600,
            "interval": 1,
        });
    }
    match body["grant_type"].as_str().unwrap() {
        "client_credentials" => {
            json!({"access_token": format!("exchanged-{number}"), "expires_in": 1800})
        }
        "refresh_token" => json!({
            "access_token": format!("refreshed-{number}"),
            "refresh_token": format!("next-{number}"),
            "expires_in": 1800,
        }),
        _ => json!({
            "access_token": format!("device-{number}"),
            "refresh_token": format!("device-refresh-{number}"),
            "token_type": "Bearer",
            "expires_in": 3600,
        }),
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    runtime.block_on(future)
}

impl HttpClient for World {
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        let delay = self.state().delay;
        tokio::time::sleep(delay).await;
        self.respond(&request)
    }
}

impl BlockingHttpClient for World {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        let delay = self.state().delay;
        std::thread::sleep(delay);
        self.respond(&request)
    }
}

impl TokenStore for World {
    fn load(&self, scope: &TokenScope) -> Result<Option<Tokens>, StoreError> {
        Ok(self.state().tokens.get(scope).cloned())
    }

    fn persist(&self, scope: &TokenScope, tokens: &Tokens) -> Result<(), StoreError> {
        let mut state = self.state();
        state.tokens.insert(scope.clone(), tokens.clone());
        state.persisted.push((scope.clone(), tokens.clone()));
        Ok(())
    }

    fn clear(&self, scope: &TokenScope) -> Result<(), StoreError> {
        let mut state = self.state();
        state.tokens.remove(scope);
        state.cleared += 1;
        Ok(())
    }
}

impl CredentialSource for World {
    fn auth_config(&self, repository: &str) -> Option<AuthConfig> {
        self.state().auth_configs.get(repository).cloned()
    }

    fn token_store(&self) -> &dyn TokenStore {
        self
    }

    fn client_id(&self) -> String {
        "test-client".to_owned()
    }

    fn device_name(&self) -> Option<String> {
        Some("my-machine".to_owned())
    }
}

impl Callbacks for World {
    fn now(&self) -> i64 {
        self.state().now
    }

    fn prompt_otp(&self, reason: OtpReason) -> Option<Secret> {
        let mut state = self.state();
        state.otp_reasons.push(reason);
        state.otps.pop_front().map(Secret::from)
    }

    fn should_authenticate(&self, reason: LoginReason) -> bool {
        let mut state = self.state();
        state.login_reasons.push(reason);
        state.may_log_in.expect("nobody may be asked in this test")
    }

    fn show_login(&self, login: &DeviceAuthorization, open_browser: bool) {
        self.state().shown.push((login.clone(), open_browser));
    }
}

/// What comes after waiting for other sessions of this process, which have the same server.
pub(super) fn patiently(session: &mut Session, mut step: Step) -> Step {
    for _ in 0..400 {
        let Step::Wait(time) = step else {
            return step;
        };
        std::thread::sleep(time);
        step = session.resume(NOW, Reply::Proceed);
    }
    panic!("another session never ends");
}
