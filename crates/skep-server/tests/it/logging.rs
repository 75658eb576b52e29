//! No key and no token can appear in a log, however verbose.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use futures_util::TryStreamExt;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Sale, TestApp};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One log for the whole process: a subscriber of one thread would miss what others do.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(log.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else sets it");
        log
    })
}

const GUESS: &str = "skl_0123456789abcdefghijklmnopqrstuvwxyz01";
const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.c2VjcmV0c2VjcmV0.c2lnbmF0dXJl";

#[tokio::test]
async fn no_secret_reaches_the_log() {
    let log = log();
    tracing::info!("the log works");

    let mut app = TestApp::with(&[("SKEP_DELIVERY__MODE", "local-url")]).await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    let url = app
        .get("/repo/tarballs/alpha-1.0.0.tar")
        .key(&sold.key)
        .send()
        .await
        .header("location")
        .to_owned();
    for secret in [sold.key.as_str(), GUESS, TOKEN] {
        ask_everywhere(&app, secret).await;
    }
    app.get(&url).send().await;
    let files = &app.node.app.files;
    let kept: Vec<_> = files.list().try_collect().await.unwrap();
    for (file, _) in kept {
        files.delete(&file).await.unwrap();
    }
    assert_eq!(app.get(&url).key(&sold.key).send().await.status, 404);
    app.node.usage.flush().await;
    app.stop().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let signature = url.rsplit('=').next().unwrap();
    assert!(
        text.contains("the log works") && text.contains("snapshot loaded"),
        "{text}"
    );
    for secret in [sold.key.as_str(), GUESS, TOKEN, signature] {
        // Also no large part of one.
        assert!(
            !text.contains(&secret[..secret.len() / 2]),
            "a secret is in the log"
        );
        assert!(
            !text.contains(&secret[secret.len() / 2..]),
            "a secret is in the log"
        );
    }
}

/// In every place where a client may put it, right or wrong.
async fn ask_everywhere(app: &TestApp, secret: &str) {
    let basic = |text: String| format!("Basic {}", data_encoding::BASE64.encode(text.as_bytes()));
    let credentials = [
        secret.to_owned(),
        format!("Bearer {secret}"),
        basic(format!("{secret}:")),
        basic(format!("x:{secret}")),
        format!("Token {secret}"),
    ];
    for path in [
        "/repo/packages/alpha",
        "/repo/tarballs/alpha-1.0.0.tar",
        "/repo/public_key",
        "/repo/names",
        "/healthz",
    ] {
        for credential in &credentials {
            app.get(path).key(credential).send().await;
        }
    }
    for path in [
        "/repo/packages/{}",
        "/repo/tarballs/{}.tar",
        "/repo/repos/{}/names",
        "/repo/files/{}",
        "/{}",
        "/repo/names?key={}",
    ] {
        let path = path.replace("{}", secret);
        app.get(&path)
            .key(secret)
            .agent(&format!("hex/{secret}"))
            .header("x-forwarded-for", secret)
            .send()
            .await;
    }
}
