//! A small proxy in front of SeaweedFS that is as strict as S3, and can misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::seaweedfs;

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mood {
    /// As S3.
    Strict,
    /// 503 to everything.
    Busy,
    /// Another byte in every answer with a body.
    Corrupting,
    /// Takes every request and answers none.
    Silent,
}

struct Shared {
    client: reqwest::Client,
    upstream: String,
    mood: AtomicU8,
    refused: AtomicU32,
    puts: AtomicU32,
}

/// One proxy; it ends with its test.
pub(crate) struct StrictS3 {
    /// `http://127.0.0.1:PORT`
    pub(crate) endpoint: String,
    /// Where this test's objects are in the bucket.
    pub(crate) prefix: String,
    shared: Arc<Shared>,
    stop: DropGuard,
}

impl StrictS3 {
    pub(crate) async fn start() -> Self {
        let client = reqwest::Client::builder().no_proxy().no_gzip().build();
        let shared = Arc::new(Shared {
            client: client.expect("a client"),
            upstream: tokio::task::spawn_blocking(seaweedfs::endpoint)
                .await
                .expect("SeaweedFS starts"),
            mood: AtomicU8::new(Mood::Strict as u8),
            refused: AtomicU32::new(0),
            puts: AtomicU32::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
        let router = Router::new()
            .fallback(forward)
            .with_state(Arc::clone(&shared));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            let serve = axum::serve(listener, router);
            stopped.run_until_cancelled(serve.into_future()).await
        });
        Self {
            endpoint,
            prefix: seaweedfs::new_prefix(),
            shared,
            stop: stop.drop_guard(),
        }
    }

    pub(crate) fn become_(&self, mood: Mood) {
        self.shared.mood.store(mood as u8, Ordering::Relaxed);
    }

    /// Nobody listens any more.
    pub(crate) fn go_away(self) {
        drop(self.stop);
    }

    /// Presigned requests that came with an `Authorization`.
    pub(crate) fn refused(&self) -> u32 {
        self.shared.refused.load(Ordering::Relaxed)
    }

    /// Uploads that it let through.
    pub(crate) fn puts(&self) -> u32 {
        self.shared.puts.load(Ordering::Relaxed)
    }

    /// The settings of a server whose files are here.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let url = format!("s3://{}/{}", seaweedfs::BUCKET, self.prefix);
        [
            ("SKEP_STORAGE__URL", url.as_str()),
            ("SKEP_STORAGE__ENDPOINT", &self.endpoint),
            ("SKEP_STORAGE__REGION", "us-east-1"),
            ("SKEP_STORAGE__ACCESS_KEY_ID", seaweedfs::ACCESS_KEY_ID),
            (
                "SKEP_STORAGE__SECRET_ACCESS_KEY",
                seaweedfs::SECRET_ACCESS_KEY,
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}

async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let mood = shared.mood.load(Ordering::Relaxed);
    if mood == Mood::Busy as u8 {
        return refusal(503, "SlowDown");
    }
    if mood == Mood::Silent as u8 {
        std::future::pending::<()>().await;
    }
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    if target.contains("X-Amz-Signature=") && parts.headers.contains_key("authorization") {
        shared.refused.fetch_add(1, Ordering::Relaxed);
        return refusal(400, "InvalidArgument");
    }
    if parts.method == http::Method::PUT {
        shared.puts.fetch_add(1, Ordering::Relaxed);
    }
    let body = to_bytes(body, 64 << 20).await.expect("a body");
    // With the `Host` of the request: it is signed.
    let url = format!("{}{target}", shared.upstream);
    let request = shared.client.request(parts.method.clone(), url);
    let answer = request.headers(parts.headers).body(body).send().await;
    let answer = answer.expect("SeaweedFS answers");
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let mut body = answer.bytes().await.expect("a whole body").to_vec();
    headers.remove("transfer-encoding");
    if mood == Mood::Corrupting as u8 && status.is_success() && !body.is_empty() {
        let middle = body.len() / 2;
        body[middle] ^= 1;
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn refusal(status: u16, code: &str) -> Response {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    response
}
