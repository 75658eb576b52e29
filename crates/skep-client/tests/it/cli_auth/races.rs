use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use skep_client::cli_auth::{
    self, AuthConfig, LoginReason, Options, Permission, Server, TokenScope, Tokens,
};
use skep_client::{BaseUrl, Config};

use super::world::{Failed, Mode, NOW, World, issued};

const CALLERS: usize = 5;

/// Locks are by server, so each test has its own.
fn world_at(api: &str) -> (Arc<World>, Config, TokenScope) {
    let world = World::new(Mode::Async);
    let mut config = world.config();
    config.api_url = BaseUrl::parse(api).unwrap();
    config.repo_url = BaseUrl::parse(api).unwrap();
    let scope = TokenScope::Global(Server::parse(api).unwrap());
    (world, config, scope)
}

fn expired(scope: &TokenScope) -> Tokens {
    Tokens {
        issuer: scope.server().clone(),
        access_token: "expired".into(),
        refresh_token: Some("refresh".into()),
        expires_at: NOW - 100,
    }
}

fn slow(world: &World) {
    world.state().delay = Duration::from_millis(50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn resolve_oauth_token_concurrent_refresh_serialized() {
    let (world, config, scope) = world_at("https://concurrent.test/api");
    world.store(scope.clone(), expired(&scope));
    slow(&world);
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (world, config) = (Arc::clone(&world), config.clone());
            tokio::spawn(async move {
                cli_auth::resolve_api_auth(&*world, &config, Permission::Read).await
            })
        })
        .collect();
    for caller in callers {
        let found = caller.await.unwrap().unwrap();
        assert_eq!(found, Some(issued("refreshed-1", true)));
    }
    assert_eq!(world.grants(), ["refresh_token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn resolve_oauth_token_refresh_failure_clears_once() {
    let (world, config, scope) = world_at("https://clears.test/api");
    world.store(scope.clone(), expired(&scope));
    for _ in 0..CALLERS {
        world.answer(400, json!({"error": "invalid_grant"}));
    }
    slow(&world);
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (world, config) = (Arc::clone(&world), config.clone());
            tokio::spawn(async move {
                cli_auth::resolve_api_auth(&*world, &config, Permission::Read).await
            })
        })
        .collect();
    for caller in callers {
        assert!(matches!(caller.await.unwrap(), Err(_) | Ok(None)));
    }
    assert_eq!(world.grants(), ["refresh_token"]);
    assert_eq!(world.state().cleared, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn device_auth_concurrent_serialized_reuses_login() {
    let (world, config, _) = world_at("https://login.test/api");
    world.state().may_log_in = Some(true);
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (world, config) = (Arc::clone(&world), config.clone());
            tokio::spawn(async move {
                let write = Permission::Write;
                cli_auth::with_api(
                    &*world,
                    &config,
                    write,
                    Options::default(),
                    async |config| Ok::<_, Failed>(config.api_key.unwrap().expose().to_owned()),
                )
                .await
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), "Bearer device-1");
    }
    let state = world.state();
    assert_eq!(state.login_reasons, [LoginReason::NoCredentials]);
    assert_eq!(state.persisted.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_repository_s_key_is_exchanged_once() {
    let (world, mut config, _) = world_at("https://exchange.test/api");
    let auth_key = AuthConfig {
        auth_key: Some("key".into()),
        ..AuthConfig::default()
    };
    world.configure("race", auth_key);
    config.repo_name = "race".to_owned();
    config.oauth_exchange = Some(true);
    slow(&world);
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (world, config) = (Arc::clone(&world), config.clone());
            tokio::spawn(async move { cli_auth::resolve_repo_auth(&*world, &config).await })
        })
        .collect();
    for caller in callers {
        let found = caller.await.unwrap().unwrap();
        assert_eq!(found, Some(issued("exchanged-1", false)));
    }
    assert_eq!(world.grants(), ["client_credentials"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_lock_and_no_change() {
    let (world, config, scope) = world_at("https://cancelled.test/api");
    world.store(scope.clone(), expired(&scope));
    world.state().delay = Duration::from_secs(3600);
    let resolve = cli_auth::resolve_api_auth(&*world, &config, Permission::Read);
    let gone = tokio::time::timeout(Duration::from_millis(50), resolve).await;
    assert!(gone.is_err());
    assert_eq!(world.state().tokens[&scope], expired(&scope));

    world.state().delay = Duration::ZERO;
    let found = cli_auth::resolve_api_auth(&*world, &config, Permission::Read).await;
    assert_eq!(found.unwrap(), Some(issued("refreshed-1", true)));
}

#[tokio::test]
async fn a_caller_that_goes_away_while_it_waits_does_not_hold_up_the_next() {
    let (world, config, scope) = world_at("https://waiting.test/api");
    world.store(scope.clone(), expired(&scope));
    slow(&world);
    let resolve = || cli_auth::resolve_api_auth(&*world, &config, Permission::Read);
    let waits = tokio::time::timeout(Duration::from_millis(10), resolve());
    let (first, gone, last) = tokio::join!(resolve(), waits, resolve());
    assert!(gone.is_err());
    assert_eq!(first.unwrap(), last.unwrap());
    assert_eq!(world.grants().len(), 1);
}

#[tokio::test]
async fn the_operation_may_need_credentials_itself() {
    let (world, config, _) = world_at("https://nested.test/api");
    world.state().may_log_in = Some(true);
    let runs = AtomicUsize::new(0);
    let write = Permission::Write;
    let result = cli_auth::with_api(&*world, &config, write, Options::default(), async |_| {
        runs.fetch_add(1, Ordering::Relaxed);
        let inner = cli_auth::resolve_api_auth(&*world, &config, write).await;
        inner.map_err(Failed::Auth)
    });
    assert_eq!(result.await.unwrap(), Some(issued("device-1", true)));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}
