//! Every URL of the product.

use std::future::ready;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::FutureExt;
use http::header::ALLOW;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use hyper::body::Incoming;
use tower::ServiceExt;

use crate::clock::Stopwatch;
use crate::config::Config;
use crate::http::address::Peer;
use crate::http::api::format::Patience;
use crate::http::api::{
    ApiError, docs, format, keys, openapi, organizations, owners, packages, publish, releases,
    start, users,
};
pub(crate) use crate::http::body::Unread;
use crate::http::body::Watched;
use crate::http::call::{Call, File};
use crate::http::pages::{self, PageError};
use crate::http::{files, health, metrics, oauth, repository, text};
use crate::metrics::{Kind, Metrics};
use crate::node::Node;

/// How much longer a whole body may take than a pause in it.
const SLOWEST: u32 = 40;

/// Which code answers which URL. What is below `/repo` is most of the traffic and goes a short way of
/// its own, without axum's. A future is copied several times before it first runs, at its full size, so
/// whatever is not on that way is boxed.
pub(crate) struct Router {
    node: Arc<Node>,
    patience: Patience,
    pages: axum::Router,
}

impl Router {
    /// `idle` is how long a client may send nothing in the middle of a body.
    pub(crate) fn new(node: Arc<Node>, idle: Duration) -> Self {
        let pages = axum::Router::new()
            .route("/", get(async || welcome()))
            .route("/healthz", get(health::healthz))
            .route("/readyz", get(health::readyz))
            .route("/metrics", get(show_metrics))
            .merge(page_routes(&node.app.config))
            .nest("/api", api_routes())
            .nest("/api/manage", manage_routes())
            .merge(description())
            .fallback(async || not_found())
            .with_state(Arc::clone(&node));
        let whole = idle.saturating_mul(SLOWEST);
        Self {
            node,
            patience: Patience { idle, whole },
            pages,
        }
    }

    /// Counts a connection that requests may come on.
    pub(crate) fn count_connection(&self) {
        self.node.metrics.connections.add_one();
    }

    /// Counts a connection that ended before TLS was agreed on.
    pub(crate) fn count_failed_handshake(&self) {
        self.node.metrics.failed_handshakes.add_one();
    }

    /// Answers one request that `peer` sent.
    pub(crate) fn answer(
        &self,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response> {
        caught(&self.node.metrics, self.dispatch(peer, request))
    }

    async fn dispatch(&self, peer: IpAddr, request: Request<Incoming>) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let Some(target) = below_repo(path) else {
            let kind = Kind::of_path(path);
            let page = Box::pin(self.page(peer, Request::from_parts(parts, body)));
            return self.timed(kind, page).await;
        };
        let (method, headers) = (&parts.method, &parts.headers);
        if method != Method::GET && method != Method::HEAD {
            return self.timed(Kind::Pages, ready(only_get())).await;
        }
        match target {
            Target::Registry { repository, file } => {
                repository::answer(
                    &self.node,
                    Call {
                        file,
                        repository,
                        method,
                        headers,
                        peer,
                    },
                )
                .await
            }
            Target::File(path) => {
                let query = parts.uri.query().unwrap_or_default();
                let file = Box::pin(files::show(&self.node, path, query, method, headers));
                self.timed(Kind::File, file).await
            }
            Target::Nothing => self.timed(Kind::Pages, ready(not_found())).await,
        }
    }

    async fn timed(&self, kind: Kind, answer: impl Future<Output = Response>) -> Response {
        let stopwatch = Stopwatch::start();
        let response = answer.await;
        let status = response.status().as_u16();
        let requests = &self.node.metrics.requests;
        requests.answered(kind, status, None, stopwatch.elapsed());
        response
    }
}

/// `/api/openapi.json`: for programs of any name.
fn description() -> axum::Router<Arc<Node>> {
    axum::Router::new()
        .route("/api/openapi.json", get(openapi::describe))
        .layer(middleware::from_fn(format::speak_to_anyone))
}

/// What is below `/api/manage`: the license API.
fn manage_routes() -> axum::Router<Arc<Node>> {
    use crate::http::manage::{customers, keys, license_actions, licenses, products, put, usage};
    axum::Router::new()
        .route("/customers", get(customers::list).post(customers::create))
        .route(
            "/customers/{customer}",
            get(customers::show).patch(customers::edit),
        )
        .route("/products", get(products::list).post(products::create))
        .route(
            "/products/{slug}",
            get(products::show).patch(products::edit),
        )
        .route("/licenses", get(licenses::list).post(licenses::issue))
        .route(
            "/licenses/by-external-id/{external_id}",
            get(put::show).put(put::put),
        )
        .route(
            "/licenses/{license}",
            get(licenses::show).patch(licenses::change),
        )
        .route(
            "/licenses/{license}/suspend",
            post(license_actions::suspend),
        )
        .route("/licenses/{license}/resume", post(license_actions::resume))
        .route("/licenses/{license}/revoke", post(license_actions::revoke))
        .route("/licenses/{license}/grants", post(license_actions::grant))
        .route(
            "/licenses/{license}/explain",
            get(license_actions::explain_license),
        )
        .route(
            "/licenses/{license}/keys",
            get(keys::list).post(keys::create),
        )
        .route("/keys/{key}", get(keys::show))
        .route("/keys/{key}/rotate", post(keys::rotate))
        .route("/keys/{key}/revoke", post(keys::revoke))
        .route("/explain", post(license_actions::explain_any))
        .route("/usage", get(usage::show))
        .fallback(async || ApiError::not_found("there is nothing at this address"))
        .method_not_allowed_fallback(async || wrong_method())
        .layer(middleware::from_fn(format::speak_to_anyone))
}

fn wrong_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take this method",
    )
}

/// Whatever is not for the repository.
impl Router {
    async fn page(&self, peer: IpAddr, request: Request<Incoming>) -> Response {
        let (mut parts, body) = request.into_parts();
        if let Some(uri) = tidy(&parts.uri) {
            parts.uri = uri;
        }
        parts.extensions.insert(Peer(peer));
        parts.extensions.insert(self.patience);
        let (body, watch) = Watched::new(body);
        let request = Request::from_parts(parts, Body::new(body));
        let Ok(mut response) = self.pages.clone().oneshot(request).await;
        watch.mark(&mut response);
        response
    }
}

/// An address of the API without empty segments: clients' base URLs may end with a slash, and then `//`
/// comes. `None` when it is fine as it is.
fn tidy(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let mut segments = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .peekable();
    if segments.peek() != Some(&"api") || !(path.contains("//") || path.ends_with('/')) {
        return None;
    }
    let mut tidy = String::with_capacity(path.len());
    for segment in segments {
        tidy.push('/');
        tidy.push_str(segment);
    }
    if let Some(query) = uri.query() {
        tidy.push('?');
        tidy.push_str(query);
    }
    tidy.parse().ok()
}

/// A form has a few fields.
const LARGEST_FORM: usize = 16 * 1024;

/// What a person opens in a browser.
fn page_routes(config: &Config) -> axum::Router<Arc<Node>> {
    use pages::{account, assets, device, keys, link, login, password, second_factor};
    axum::Router::new()
        .route("/login", get(login::show).post(login::submit))
        .route(
            "/login/code",
            get(login::show_code).post(login::submit_code),
        )
        .route(
            "/logout",
            get(login::show_logout).post(login::submit_logout),
        )
        .route("/link", get(link::show).post(link::submit))
        .route("/account", get(account::show))
        .route(
            "/account/password",
            get(password::show).post(password::submit),
        )
        .route(
            "/account/second-factor",
            get(second_factor::show).post(second_factor::enable),
        )
        .route("/account/second-factor/change", post(second_factor::change))
        .route("/account/keys", get(keys::show).post(keys::create))
        .route("/account/keys/revoke", post(keys::revoke))
        .route("/account/sessions/end", post(account::end_session))
        .route("/account/tools/end", post(account::end_tool))
        .route("/oauth/device", get(device::show).post(device::decide))
        .route("/assets/{name}", get(assets::show))
        .method_not_allowed_fallback(async || PageError::NotFound)
        .layer(pages::own_forms_only(config))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::map_response(pages::protect))
}

/// What is below `/api`. What is about packages is below `/api/repos/NAME` too.
fn api_routes() -> axum::Router<Arc<Node>> {
    axum::Router::new()
        .route("/", get(start::index))
        .route("/auth", get(start::auth))
        .route("/short_url", post(start::short_url))
        .route("/users", post(users::create))
        .route("/users/me", get(users::me))
        .route("/users/{name}", get(users::show))
        .route("/repos", get(organizations::list_repositories))
        .route("/repos/{repository}", get(organizations::show_repository))
        .route("/orgs", get(organizations::list))
        .nest("/orgs/{organization}", organization_routes())
        .merge(key_routes())
        .merge(package_routes())
        .nest("/repos/{repository}", package_routes())
        .nest("/oauth", oauth_routes())
        .fallback(async || ApiError::not_found("there is nothing at this address"))
        .method_not_allowed_fallback(async || wrong_method())
        .layer(middleware::from_fn(format::speak))
}

/// What is below `/api/oauth`.
fn oauth_routes() -> axum::Router<Arc<Node>> {
    axum::Router::new()
        .route("/device_authorization", post(oauth::device_authorization))
        .route("/token", post(oauth::token))
        .route("/revoke", post(oauth::revoke))
        .route("/revoke_by_hash", post(oauth::revoke_by_hash))
}

fn organization_routes() -> axum::Router<Arc<Node>> {
    let member = get(organizations::show_member)
        .post(organizations::unchangeable)
        .delete(organizations::unchangeable);
    axum::Router::new()
        .route(
            "/",
            get(organizations::show).post(organizations::unchangeable),
        )
        .route(
            "/members",
            get(organizations::members).post(organizations::unchangeable),
        )
        .route("/members/{name}", member)
        .merge(key_routes())
}

fn key_routes() -> axum::Router<Arc<Node>> {
    let all = get(keys::list).post(keys::create).delete(keys::revoke_all);
    axum::Router::new()
        .route("/keys", all)
        .route("/keys/{name}", get(keys::show).delete(keys::revoke))
}

fn package_routes() -> axum::Router<Arc<Node>> {
    let package = axum::Router::new()
        .route("/", get(packages::show))
        .route("/retire", post(releases::retire_all))
        .route("/owners", get(owners::list))
        .route(
            "/owners/{name}",
            get(owners::show).put(owners::add).delete(owners::remove),
        )
        .route("/releases", post(publish::of_package))
        .route(
            "/releases/{version}",
            get(releases::show).delete(releases::remove),
        )
        .route(
            "/releases/{version}/retire",
            post(releases::retire).delete(releases::unretire),
        )
        .route(
            "/releases/{version}/docs",
            get(docs::show).post(docs::publish).delete(docs::remove),
        );
    axum::Router::new()
        .route("/publish", post(publish::by_metadata))
        .route("/packages", get(packages::list))
        .nest("/packages/{package}", package)
}

/// A bug in one handler must not end the node: it becomes a 500.
fn caught(
    metrics: &Metrics,
    answer: impl Future<Output = Response>,
) -> impl Future<Output = Response> {
    let caught = AssertUnwindSafe(answer).catch_unwind();
    caught.map(|outcome| {
        outcome.unwrap_or_else(|_| {
            metrics.panics.add_one();
            tracing::error!("a request met a bug in this program; what it says is on stderr");
            text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "something went wrong here; please tell the seller\n",
            )
        })
    })
}

/// What a URL below `/repo` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target<'a> {
    Registry {
        repository: Option<&'a str>,
        file: File<'a>,
    },
    File(&'a str),
    Nothing,
}

/// The longest is `/repo/repos/NAME/packages/NAME`.
const MOST_SEGMENTS: usize = 5;

/// `None` when the URL is elsewhere. An empty segment does not count: customers' URLs may end with
/// a slash, and then `//` comes.
fn below_repo(path: &str) -> Option<Target<'_>> {
    if let Some(path) = path.strip_prefix("/repo/files/") {
        return Some(Target::File(path));
    }
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    if segments.next() != Some("repo") {
        return None;
    }
    let mut rest = [""; MOST_SEGMENTS];
    let mut count = 0;
    for segment in segments {
        match rest.get_mut(count) {
            Some(slot) => *slot = segment,
            None => return Some(Target::Nothing),
        }
        count += 1;
    }
    let (repository, rest) = match rest[..count] {
        ["repos", name, ref rest @ ..] => (Some(name), rest),
        ref rest => (None, rest),
    };
    Some(
        file_of(rest).map_or(Target::Nothing, |file| Target::Registry {
            repository,
            file,
        }),
    )
}

fn file_of<'a>(segments: &[&'a str]) -> Option<File<'a>> {
    match *segments {
        ["names"] => Some(File::Names),
        ["versions"] => Some(File::Versions),
        ["public_key"] => Some(File::PublicKey),
        ["packages", name] => Some(File::Package(name)),
        ["tarballs", file] => Some(File::Tarball(file)),
        ["docs", file] => Some(File::Docs(file)),
        ["policies", name] => Some(File::Policy(name)),
        _ => None,
    }
}

/// `/metrics`, where it is; else there is nothing here, as everywhere.
async fn show_metrics(node: State<Arc<Node>>, headers: HeaderMap) -> Response {
    let shown = metrics::show(node, headers).await;
    shown.unwrap_or_else(not_found)
}

/// `/metrics` at an address where nothing else is.
pub(crate) async fn metrics_alone<B>(node: &Arc<Node>, request: &Request<B>) -> Response {
    if request.uri().path() != "/metrics" {
        return text(StatusCode::NOT_FOUND, "there is only /metrics here\n");
    }
    match *request.method() {
        Method::GET => metrics::answer(node, request.headers()).await,
        _ => only_get(),
    }
}

fn welcome() -> Response {
    text(
        StatusCode::OK,
        "a Hex repository is at /repo; its users log in at /login\n",
    )
}

fn not_found() -> Response {
    text(
        StatusCode::NOT_FOUND,
        "there is nothing at this address; a Hex repository is at /repo\n",
    )
}

fn only_get() -> Response {
    let mut response = text(
        StatusCode::METHOD_NOT_ALLOWED,
        "only GET and HEAD are answered here\n",
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn the_future_of_an_answer_is_small() {
        fn size<F: Future>(_: fn(&'static Router, IpAddr, Request<Incoming>) -> F) -> usize {
            std::mem::size_of::<F>()
        }
        let size = size(|router, peer, request| router.answer(peer, request));
        assert!(size < 3072, "{size} bytes: box what is seldom needed");
    }

    #[tokio::test]
    async fn a_bug_in_a_handler_is_a_500() {
        let metrics = Metrics::new(Timestamp::from_seconds(0));
        let response = caught(&metrics, async { panic!("a bug, on purpose") }).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(metrics.panics.get(), 1);
    }

    #[test]
    fn urls_of_a_repository() {
        let check = |path: &str, repository, file| {
            assert_eq!(
                below_repo(path),
                Some(Target::Registry { repository, file }),
                "{path}"
            );
        };
        check("/repo/names", None, File::Names);
        check("/repo//versions", None, File::Versions);
        check("//repo/public_key", None, File::PublicKey);
        check("/repo/packages/alpha", None, File::Package("alpha"));
        check("/repo//packages//alpha/", None, File::Package("alpha"));
        check(
            "/repo/tarballs/alpha-1.0.0.tar",
            None,
            File::Tarball("alpha-1.0.0.tar"),
        );
        check(
            "/repo/docs/alpha-1.0.0.tar.gz",
            None,
            File::Docs("alpha-1.0.0.tar.gz"),
        );
        check(
            "/repo/repos/sub/packages/alpha",
            Some("sub"),
            File::Package("alpha"),
        );
        check(
            "/repo//repos/sub//policies/all",
            Some("sub"),
            File::Policy("all"),
        );
    }

    #[test]
    fn urls_of_the_api_are_tidied() {
        let tidied = |text: &str| tidy(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(tidied("/api/"), Some("/api".to_owned()));
        assert_eq!(
            tidied("//api//packages/alpha/?page=1//"),
            Some("/api/packages/alpha?page=1//".to_owned())
        );
        assert_eq!(tidied("/api/packages"), None);
        assert_eq!(tidied("/oauth//device"), None);
    }

    #[test]
    fn other_urls() {
        for path in [
            "/repo",
            "/repo/",
            "/repo/x",
            "/repo/packages",
            "/repo/packages/a/b",
            "/repo/repos",
            "/repo/repos/a/b/c/d/e/f",
        ] {
            assert_eq!(below_repo(path), Some(Target::Nothing), "{path}");
        }
        for path in [
            "/",
            "",
            "*",
            "/repos/names",
            "/repository",
            "/api/repo",
            "/healthz",
        ] {
            assert_eq!(below_repo(path), None, "{path}");
        }
        assert_eq!(
            below_repo("/repo/files/repos/acme/x"),
            Some(Target::File("repos/acme/x"))
        );
    }
}
