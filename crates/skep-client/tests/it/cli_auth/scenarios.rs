//! The reference's scenarios, each in the world that it does not have: callers that go away at any step, and callers
//! that come at the same time. What each of them leads to by itself is in the tests of its name.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use skep_client::Config;
use skep_client::cli_auth::{
    Attempt, AuthConfig, AuthError, Options, Outcome, Permission, Reply, Session, Step,
};

use super::world::{Failed, Mode, World, configured, global, tokens};

/// More steps than any scenario has.
const MANY: usize = 500;
const CALLERS: usize = 4;

struct Scenario {
    name: &'static str,
    kind: Kind,
    options: Options,
    prepare: fn(&World, &mut Config),
    server: fn(&Attempt) -> Outcome,
    /// How often tokens are stored at most, however many callers there are.
    persisted: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    ResolveApi,
    ResolveRepo,
    WithApi,
    WithRepo,
}

fn welcome(_: &Attempt) -> Outcome {
    Outcome::Finished
}

fn only_known(attempt: &Attempt) -> Outcome {
    match &attempt.credentials {
        None => Outcome::Unauthorized,
        Some(_) => Outcome::Finished,
    }
}

fn otp(attempt: &Attempt) -> Outcome {
    match attempt.otp.as_ref().map(skep_client::Secret::expose) {
        None => Outcome::OtpRequired,
        Some("right") => Outcome::Finished,
        Some(_) => Outcome::OtpInvalid,
    }
}

fn only_new(attempt: &Attempt) -> Outcome {
    let old = attempt.credentials.as_ref();
    match old.is_some_and(|found| found.authorization.expose() == "Bearer old") {
        true => Outcome::TokenExpired,
        false => only_known(attempt),
    }
}

fn key(world: &World, _: &mut Config) {
    let config = AuthConfig {
        api_key: Some("api".into()),
        auth_key: Some("key".into()),
        ..AuthConfig::default()
    };
    world.configure("hexpm", config);
}

fn organization(world: &World, config: &mut Config) {
    key(world, config);
    config.repo_organization = Some("acme".to_owned());
}

fn exchanged(world: &World, config: &mut Config) {
    key(world, config);
    config.oauth_exchange = Some(true);
}

fn login(world: &World, _: &mut Config) {
    world.store(global(), tokens("old", Some("refresh"), 3600));
    world.state().may_log_in = Some(true);
}

fn ended(world: &World, config: &mut Config) {
    login(world, config);
    world.store(global(), tokens("old", Some("refresh"), -100));
}

fn refused(world: &World, config: &mut Config) {
    ended(world, config);
    for _ in 0..MANY {
        world.answer(400, json!({"error": "invalid_grant"}));
    }
}

fn without_refresh(world: &World, config: &mut Config) {
    ended(world, config);
    world.store(global(), tokens("old", None, -100));
}

fn nothing(world: &World, _: &mut Config) {
    world.state().may_log_in = Some(true);
}

fn declined(world: &World, _: &mut Config) {
    world.state().may_log_in = Some(false);
    world.store(global(), tokens("old", None, 3600));
}

fn with_otps(world: &World, config: &mut Config) {
    key(world, config);
    for _ in 0..MANY {
        world.state().otps.extend(["wrong", "right"]);
    }
}

fn without_otps(world: &World, config: &mut Config) {
    key(world, config);
}

fn wrong_otps(world: &World, config: &mut Config) {
    key(world, config);
    world.state().otps.extend(vec!["wrong"; MANY]);
}

fn untrusted(world: &World, config: &mut Config) {
    key(world, config);
    config.trusted = false;
}

fn options(optional: Option<bool>, auth_inline: Option<bool>) -> Options {
    Options {
        optional,
        auth_inline,
        ..Options::default()
    }
}

#[rustfmt::skip]
fn scenarios() -> Vec<Scenario> {
    use Kind::{ResolveApi, ResolveRepo, WithApi, WithRepo};
    let usual = Options::default();
    let optional = options(Some(true), None);
    let not_inline = options(None, Some(false));
    let scenario = |name, kind, options, prepare, server, persisted| Scenario { name, kind, options, prepare, server, persisted };
    vec![
        scenario("resolve_api_auth_per_repo", ResolveApi, usual, key, welcome, 0),
        scenario("resolve_api_auth_parent_repo", ResolveApi, usual, organization, welcome, 0),
        scenario("resolve_api_auth_oauth", ResolveApi, usual, login, welcome, 0),
        scenario("resolve_api_auth_oauth_expired_refresh", ResolveApi, usual, ended, welcome, 1),
        scenario("resolve_api_auth_oauth_no_refresh_token", ResolveApi, usual, without_refresh, welcome, 0),
        scenario("resolve_api_auth_no_auth", ResolveApi, usual, nothing, welcome, 0),
        scenario("resolve_repo_auth_trusted_auth_key", ResolveRepo, usual, key, welcome, 0),
        scenario("resolve_repo_auth_untrusted_ignores_auth_key", ResolveRepo, usual, untrusted, welcome, 0),
        scenario("resolve_repo_auth_parent_repo_auth_key", ResolveRepo, usual, organization, welcome, 0),
        scenario("resolve_repo_auth_oauth_fallback", ResolveRepo, usual, ended, welcome, 1),
        scenario("resolve_repo_auth_oauth_exchange_new_token", ResolveRepo, usual, exchanged, welcome, 1),
        scenario("resolve_repo_auth_no_auth", ResolveRepo, usual, nothing, welcome, 0),
        scenario("with_api_otp_invalid_retry", WithApi, usual, with_otps, otp, 0),
        scenario("with_api_otp_cancelled", WithApi, usual, without_otps, otp, 0),
        scenario("with_api_otp_max_retries", WithApi, usual, wrong_otps, otp, 0),
        scenario("with_api_token_expired_refresh", WithApi, usual, login, only_new, 1),
        scenario("with_api_token_expired_reauth_no", WithApi, usual, declined, only_new, 0),
        scenario("with_api_token_expired_reauth_inline_false", WithApi, not_inline, without_refresh, only_new, 0),
        scenario("with_api_optional", WithApi, optional, nothing, welcome, 0),
        scenario("with_api_optional_token_refresh_failed", WithApi, optional, refused, welcome, 0),
        scenario("with_api_auth_inline", WithApi, optional, nothing, only_known, 1),
        scenario("with_api_device_auth", WithApi, usual, nothing, only_known, 1),
        scenario("with_repo_optional", WithRepo, usual, untrusted, welcome, 0),
        scenario("with_repo_trusted_with_auth", WithRepo, usual, key, only_known, 0),
        scenario("with_repo_optional_token_refresh_failed", WithRepo, usual, refused, welcome, 0),
    ]
}

impl Scenario {
    fn world(&self, mode: Mode) -> (Arc<World>, Config) {
        let world = World::new(mode);
        let mut config = world.config();
        (self.prepare)(&world, &mut config);
        (world, config)
    }

    fn session(&self, world: &Arc<World>, config: &Config) -> Session {
        let (world, config) = (world.clone(), config.clone());
        match self.kind {
            Kind::ResolveApi => Session::resolve_api(world, config),
            Kind::ResolveRepo => Session::resolve_repo(world, config),
            Kind::WithApi => Session::api(world, config, Permission::Write, self.options),
            Kind::WithRepo => Session::repo(world, config, self.options),
        }
    }

    /// The end in short, or nothing if there are more steps than `steps`.
    fn drive(&self, world: &Arc<World>, config: &Config, steps: usize) -> Option<String> {
        use skep_client::cli_auth::Callbacks as _;
        let mut session = self.session(world, config);
        let mut step = session.start(world.now());
        for _ in 0..steps {
            let reply = match step {
                Step::Done(result) => {
                    let found = result.map(|finished| finished.credentials.map(|c| c.source));
                    return Some(in_short(found));
                }
                Step::Send(request) => match world.respond(&request) {
                    Ok(response) => Reply::Response(response),
                    Err(error) => Reply::SendFailed(error),
                },
                Step::Attempt(attempt) => Reply::Outcome((self.server)(&attempt)),
                Step::NeedOtp(reason) => Reply::Otp(world.prompt_otp(reason)),
                Step::NeedLogin(reason) => Reply::Login(world.should_authenticate(reason)),
                Step::ShowLogin(_) => Reply::Proceed,
                // Somebody in another test has the lock.
                Step::Wait(time) => {
                    std::thread::sleep(time.min(Duration::from_millis(30)));
                    Reply::Proceed
                }
            };
            step = session.resume(world.now(), reply);
        }
        None
    }
}

fn in_short<T: std::fmt::Debug>(result: Result<T, AuthError>) -> String {
    match result {
        Ok(found) => format!("{found:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_caller_that_goes_away_at_any_step_is_no_obstacle_to_the_next() {
    for scenario in scenarios() {
        let (world, config) = scenario.world(Mode::Blocking);
        let whole = scenario.drive(&world, &config, MANY);
        let whole = whole.unwrap_or_else(|| panic!("{} does not end", scenario.name));
        for steps in 0..MANY {
            let (world, config) = scenario.world(Mode::Blocking);
            if scenario.drive(&world, &config, steps).is_some() {
                break;
            }
            let stored = world.state().persisted.len();
            assert!(stored <= scenario.persisted, "{}", scenario.name);
            // One-time passwords that were asked for are used up, whoever went away.
            world.state().otps.clear();
            let mut config = config;
            (scenario.prepare)(&world, &mut config);
            let next = scenario.drive(&world, &config, MANY);
            let is_same = next.as_deref() == Some(&*whole);
            assert!(
                is_same,
                "{} after {steps} steps: {next:?}, not {whole}",
                scenario.name
            );
        }
    }
}

#[test]
fn callers_at_the_same_time_do_things_once() {
    for mode in [Mode::Async, Mode::Blocking] {
        for scenario in scenarios() {
            let (world, config) = scenario.world(mode);
            world.state().delay = Duration::from_millis(5);
            let run = || match scenario.kind {
                Kind::ResolveApi => in_short(world.resolve_api(&config)),
                Kind::ResolveRepo => in_short(world.resolve_repo(&config)),
                Kind::WithApi => outcome(world.with_api(&config, scenario.options, |config| {
                    attempt(&scenario, config.api_key, config.api_otp)
                })),
                Kind::WithRepo => outcome(world.with_repo(&config, scenario.options, |config| {
                    attempt(&scenario, config.repo_key, None)
                })),
            };
            std::thread::scope(|threads| {
                let callers: Vec<_> = (0..CALLERS).map(|_| threads.spawn(run)).collect();
                for caller in callers {
                    let _ = caller.join().unwrap();
                }
            });
            let state = world.state();
            let stored = state.persisted.len();
            assert_eq!(stored, scenario.persisted, "{} {mode:?}", scenario.name);
            assert!(state.cleared <= 1, "{} {mode:?}", scenario.name);
            assert!(state.shown.len() <= 1, "{} {mode:?}", scenario.name);
        }
    }
}

fn attempt(
    scenario: &Scenario,
    key: Option<skep_client::Secret>,
    otp: Option<skep_client::Secret>,
) -> Result<(), Failed> {
    let credentials = key.map(|key| configured(key.expose()));
    match (scenario.server)(&Attempt { credentials, otp }) {
        Outcome::Finished => Ok(()),
        outcome => Err(Failed::Refused(outcome)),
    }
}

fn outcome(result: Result<(), Failed>) -> String {
    format!("{result:?}")
}
