//! TLS with own certificates, with real clients: reqwest, rustls by hand, and openssl.

mod certificates;
mod client;
mod refused;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use skep_server::clock::TestClock;
use skep_server::doctor::{self, Examination, Status};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use self::certificates::Authority;
use self::client::Client;
use crate::support::{Sale, TestApp};

/// A server that has a certificate for `localhost`, and whoever vouches for it.
async fn app() -> (TestApp, Authority, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority
        .issue(&["localhost", "127.0.0.1"])
        .write_to(dir.path());
    let settings = settings(dir.path());
    let settings = settings.each_ref().map(|(name, path)| (*name, &**path));
    let app = TestApp::with(&settings).await;
    (app, authority, dir)
}

fn settings(dir: &std::path::Path) -> [(&'static str, String); 3] {
    let file = |name| dir.join(name).to_str().unwrap().to_owned();
    [
        (
            "SKEP_SERVER__TLS__CERTIFICATE_FILE",
            file("certificate.pem"),
        ),
        ("SKEP_SERVER__TLS__PRIVATE_KEY_FILE", file("key.pem")),
        (
            "SKEP_METRICS__TOKEN",
            "a-token-of-thirty-two-characters".to_owned(),
        ),
    ]
}

/// Makes the server look at its files, and waits until what it thinks of them is this.
async fn wait_until(app: &TestApp, what: impl Fn(&skep_server::tls::Current) -> bool) {
    let tls = app.node.tls.as_ref().unwrap();
    tls.look_now();
    for _ in 0..200 {
        if what(tls) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server did not look at its certificate");
}

#[tokio::test]
async fn both_versions_of_tls_serve_the_repository() {
    let (app, authority, _dir) = app().await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    for version in [&TLS12, &TLS13] {
        let client = Client::new(&authority, version);
        let answer = client
            .get(&app, "/repo/tarballs/alpha-1.0.0.tar", &sold.key)
            .await
            .unwrap();
        assert!(
            answer.head.starts_with("HTTP/1.1 200 OK"),
            "{}",
            answer.head
        );
        assert_eq!(answer.version, Some(version.version));
        assert_eq!(answer.protocol.as_deref(), Some(&b"http/1.1"[..]));
    }
    let https = authority.reqwest();
    let url = format!("https://localhost:{}/repo/names", app.address.port());
    let answer = https
        .get(url)
        .header("authorization", &sold.key)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn openssl_trusts_it() {
    let (app, _authority, dir) = app().await;
    for version in ["-tls1_2", "-tls1_3"] {
        let mut openssl = tokio::process::Command::new("openssl");
        openssl
            .args(["s_client", "-brief", version, "-alpn", "http/1.1"])
            .args([
                "-verify_return_error",
                "-verify_hostname",
                "localhost",
                "-CAfile",
            ])
            .arg(dir.path().join("authority.pem"))
            .arg("-connect")
            .arg(app.address.to_string())
            .stdin(std::process::Stdio::null());
        let said = openssl.output().await.unwrap();
        let text = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{version}: {text}");
        assert!(text.contains("Verification: OK"), "{version}: {text}");
    }
}

/// Clients come all the time while the certificate is replaced, and none of them is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_used_without_a_failed_request() {
    let (app, authority, dir) = app().await;
    let app = Arc::new(app);
    let (is_over, served) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (app, client) = (Arc::clone(&app), Client::new(&authority, &TLS13));
            let (is_over, served) = (Arc::clone(&is_over), Arc::clone(&served));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let answer = client.get(&app, "/healthz", "").await.expect("an answer");
                    assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for _ in 0..3 {
        let issued = authority.issue(&["localhost", "127.0.0.1"]);
        issued.write_to(dir.path());
        let before = app.node.tls.as_ref().unwrap().load();
        wait_until(&app, |tls| !Arc::ptr_eq(&tls.load(), &before)).await;
        let client = Client::new(&authority, &TLS13);
        let answer = client.get(&app, "/healthz", "").await.unwrap();
        assert_eq!(answer.certificate, issued.der);
    }
    is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no request failed");
    }
    assert!(served.load(Ordering::Relaxed) > 20, "{served:?}");
}

/// Nobody has to say that the files are new.
#[tokio::test]
async fn new_files_are_noticed() {
    let (app, authority, dir) = app().await;
    let before = app.node.tls.as_ref().unwrap().load();
    let issued = authority.issue(&["localhost", "127.0.0.1"]);
    issued.write_to(dir.path());
    for _ in 0..600 {
        if !Arc::ptr_eq(&app.node.tls.as_ref().unwrap().load(), &before) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody noticed");
}

#[tokio::test]
async fn a_bad_new_certificate_leaves_the_old_one() {
    let (app, authority, dir) = app().await;
    let good = fs_err::read(dir.path().join("certificate.pem")).unwrap();
    let own = Client::new(&authority, &TLS13)
        .get(&app, "/healthz", "")
        .await
        .unwrap();
    let other = authority.issue(&["localhost"]);
    let expired = authority.issue_for_years(&["localhost", "127.0.0.1"], 2020, 2021);
    for (certificate, key) in [
        ("no certificate at all\n", None),
        ("", None),
        // Another one, and the key of the first.
        (&*other.certificate_pem, None),
        (&*expired.certificate_pem, Some(&expired.key_pem)),
    ] {
        fs_err::write(dir.path().join("certificate.pem"), certificate).unwrap();
        if let Some(key) = key {
            fs_err::write(dir.path().join("key.pem"), key).unwrap();
        }
        wait_until(&app, skep_server::tls::Current::is_stale).await;
        let client = Client::new(&authority, &TLS13);
        let answer = client.get(&app, "/healthz", "").await.unwrap();
        assert_eq!(answer.certificate, own.certificate, "{certificate}");
        let metrics = client
            .get(&app, "/metrics", "Bearer a-token-of-thirty-two-characters")
            .await;
        assert!(
            metrics
                .unwrap()
                .body
                .contains("skep_tls_certificate_stale 1\n")
        );
        let config = &app.node.app.config;
        let checks = doctor::examine(config, &app.node.app.clock, Examination::default()).await;
        let tls = checks.iter().find(|check| check.name == "tls").unwrap();
        assert_eq!(tls.status, Status::Fail, "{tls:?}");
        assert!(format!("{tls:?}").contains("certificate"), "{tls:?}");
    }
    // The key on the disk is that of the expired one now.
    let renewed = authority.issue(&["localhost", "127.0.0.1"]);
    renewed.write_to(dir.path());
    wait_until(&app, |tls| !tls.is_stale()).await;
    let answer = Client::new(&authority, &TLS13)
        .get(&app, "/healthz", "")
        .await
        .unwrap();
    assert_eq!(answer.certificate, renewed.der);
    assert_ne!(
        good,
        fs_err::read(dir.path().join("certificate.pem")).unwrap()
    );
}

/// Whoever connects and says nothing holds up nobody, and is sent away.
#[tokio::test]
async fn stalled_handshakes_hold_up_nobody() {
    let (app, authority, _dir) = app().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(app.address).await.unwrap());
    }
    let client = Client::new(&authority, &TLS13);
    let soon = tokio::time::timeout(Duration::from_secs(4), client.get(&app, "/healthz", ""));
    assert!(
        soon.await
            .expect("in time")
            .unwrap()
            .head
            .starts_with("HTTP/1.1 200")
    );
    let mut nothing = Vec::new();
    let closed = silent[0].read_to_end(&mut nothing);
    let closed = tokio::time::timeout(Duration::from_secs(20), closed).await;
    assert_eq!(closed.expect("it is closed").unwrap_or(0), 0);
    assert!(app.node.metrics.failed_handshakes.get() > 0);
}

#[tokio::test]
async fn plain_http_is_told() {
    let (app, _authority, _dir) = app().await;
    let answer = app.get("/repo/names").send().await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.text(), "this port speaks https: begin with that\n");
}

#[tokio::test]
async fn a_stop_ends_connections_that_are_idle_or_agreeing() {
    let (mut app, authority, _dir) = app().await;
    let agreeing = TcpStream::connect(app.address).await.unwrap();
    let client = Client::new(&authority, &TLS13);
    let mut idle = client.connect(&app).await.unwrap();
    app.begin_stop();
    tokio::time::timeout(Duration::from_secs(20), app.stop())
        .await
        .expect("it ends");
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    drop(agreeing);
}

/// Doctor looks before clients complain.
#[tokio::test]
async fn doctor_tells_what_clients_would_mind() {
    let (app, authority, dir) = app().await;
    let config = &app.node.app.config;
    let at = |day: i64| TestClock::at(crate::support::TODAY.plus_days(day)).clock();
    let words = async |clock| {
        let checks = doctor::examine(config, &clock, Examination::default()).await;
        let tls = checks.into_iter().filter(|check| check.name == "tls");
        tls.map(|check| format!("{:?} {}", check.status, check.text))
            .collect::<Vec<_>>()
    };
    let found = words(at(0)).await;
    assert!(
        found[0].starts_with("Ok the certificate is good until 2"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("Warn `[server] url` is `http://"),
        "{found:?}"
    );
    authority.issue(&["other.example"]).write_to(dir.path());
    let found = words(at(0)).await;
    assert!(
        found[0].contains("is not for `127.0.0.1`, the host of `[server] url`"),
        "{found:?}"
    );
    authority
        .issue_for_years(&["127.0.0.1"], 2020, 2027)
        .write_to(dir.path());
    let found = words(at(30)).await;
    assert!(
        found[0].starts_with("Warn the certificate expires at 2027-01-01"),
        "{found:?}"
    );
    let found = words(at(60)).await;
    assert!(
        found[0].starts_with("Fail the certificate expired at 2027-01-01"),
        "{found:?}"
    );
    authority
        .issue_for_years(&["127.0.0.1"], 2028, 2029)
        .write_to(dir.path());
    let found = words(at(0)).await;
    assert!(
        found[0].starts_with("Fail the certificate is good from 2028-01-01"),
        "{found:?}"
    );
}
