//! A whole server on a free port, with everything it needs in a directory that goes away.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use skep_formats::tarball::{Limits, Metadata, create};
use skep_server::app::App;
use skep_server::catalog::publish::{Publish, publish};
use skep_server::clock::{TestClock, Timestamp};
use skep_server::config::Config;
use skep_server::db::audit::Actor;
use skep_server::node::Node;
use skep_server::serve::{Stop, Timeouts, serve_with};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::base;
use super::setup::Setup;
use super::strict_s3::StrictS3;

/// When tests happen: 2026-11-22T12:00:00Z.
pub(crate) const TODAY: Timestamp = Timestamp::from_seconds(1_795_348_800);

const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/golden/keys/rsa2048.pem"
);

/// A repository `acme` and a further one, `sub`, served.
pub(crate) struct TestApp {
    pub(crate) node: Arc<Node>,
    pub(crate) clock: TestClock,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    pub(super) http: reqwest::Client,
    settings: Vec<(String, String)>,
    dir: TempDir,
    /// The bucket of the large set-up.
    s3: Option<StrictS3>,
    numbers: AtomicU32,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl TestApp {
    /// With the configuration that a seller starts with, on what this run is for.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With some settings, named as in the environment: `("SKEP_DELIVERY__MODE", "local-url")`.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(Setup::current(), settings).await
    }

    /// With some settings on a set-up; what they say of database and storage goes before it.
    pub(crate) async fn on(setup: Setup, settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        fs_err::create_dir(dir.path().join("files")).expect("a directory");
        fs_err::copy(KEY, dir.path().join("key.pem")).expect("the golden key");
        let mut settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let s3 = base::lay(setup, dir.path(), &mut settings).await;
        Self::start(dir, s3, TestClock::at(TODAY), settings).await
    }

    async fn start(
        dir: TempDir,
        s3: Option<StrictS3>,
        clock: TestClock,
        settings: Vec<(String, String)>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let url = format!("http://{address}");
        let app = open(dir.path(), &url, &settings, &clock).await;
        let node = Node::start(app).await.expect("a node");
        let stop = CancellationToken::new();
        let timeouts = Timeouts {
            headers: Duration::from_secs(5),
            write: Duration::from_secs(5),
            drain: Duration::from_secs(10),
            body: Duration::from_secs(2),
            grace: Duration::ZERO,
        };
        let stopped = stop.clone().cancelled_owned();
        let stopped = async move {
            stopped.await;
            Stop::Gently
        };
        let server = serve_with(Arc::clone(&node), listener, stopped, timeouts);
        let http = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let server = Some(tokio::spawn(server));
        let numbers = AtomicU32::new(1);
        Self {
            node,
            clock,
            url,
            address,
            http,
            settings,
            dir,
            s3,
            numbers,
            stop,
            server,
        }
    }

    /// Another process with the same configuration, as a command is.
    pub(crate) async fn other_process(&self) -> App {
        open(self.dir.path(), &self.url, &self.settings, &self.clock).await
    }

    /// Tells the server to stop, without waiting for it.
    pub(crate) fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// Stops the server and waits until it has.
    pub(crate) async fn stop(&mut self) {
        self.begin_stop();
        if let Some(server) = self.server.take() {
            server.await.expect("the server ends without a panic");
        }
    }

    /// Stops the server and starts another one in the same directory.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop().await;
        self.node.app.db.close().await;
        Self::start(self.dir, self.s3, self.clock, self.settings).await
    }

    /// The same, with some settings more; another storage takes the place of all that was said of one.
    pub(crate) async fn restart_with(mut self, settings: &[(&str, &str)]) -> Self {
        if settings
            .iter()
            .any(|(name, _)| *name == "SKEP_STORAGE__URL")
        {
            self.settings
                .retain(|(name, _)| !name.starts_with("SKEP_STORAGE__"));
        }
        let settings = settings.iter();
        self.settings
            .extend(settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.restart().await
    }

    /// The directory of it all.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Publishes a small release now and waits until the server knows it.
    pub(crate) async fn publish(&self, name: &str, version: &str) -> Vec<u8> {
        self.publish_as(name, version, |_| {}).await
    }

    /// The same, with another date.
    pub(crate) async fn publish_at(
        &self,
        name: &str,
        version: &str,
        published_at: Timestamp,
    ) -> Vec<u8> {
        self.publish_as(name, version, |request| {
            request.published_at = Some(published_at)
        })
        .await
    }

    /// The same, changed.
    pub(crate) async fn publish_as(
        &self,
        name: &str,
        version: &str,
        change: impl FnOnce(&mut Publish),
    ) -> Vec<u8> {
        let (mut request, tarball) = self.release(name, version);
        change(&mut request);
        publish(&self.node.app, &request)
            .await
            .expect("a valid release");
        self.settle().await;
        tarball
    }

    /// A small release that could be published, and its tarball.
    pub(crate) fn release(&self, name: &str, version: &str) -> (Publish, Vec<u8>) {
        let mut metadata = Metadata::new(name, version);
        metadata.app = Some(name.to_owned());
        metadata.build_tools = vec!["mix".to_owned()];
        metadata.files = vec!["mix.exs".to_owned()];
        let files = [("mix.exs", 0o644, "# nothing to see")];
        let tarball = create(&metadata, files, &Limits::default())
            .expect("a valid package")
            .tarball;
        let path = self.dir.path().join(format!("{name}-{version}.tar"));
        fs_err::write(&path, &tarball).expect("a file");
        let request = Publish {
            tarball: path,
            docs: None,
            repository: None,
            replace: false,
            published_at: None,
            actor: Actor::Cli,
        };
        (request, tarball)
    }

    /// Waits until the server knows everything that was committed.
    pub(crate) async fn settle(&self) {
        self.node
            .snapshot
            .refresh()
            .await
            .expect("the database answers");
    }

    pub(super) fn next_number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

async fn open(dir: &Path, url: &str, settings: &[(String, String)], clock: &TestClock) -> App {
    let text = format!(
        "[server]\nurl = \"{url}\"\n\n[database]\nurl = \"sqlite:skep.db\"\n\n[storage]\nurl = \"file:files\"\n\n\
         [usage]\nspool_dir = \"spool\"\n\n[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n\n\
         [[repository]]\nname = \"sub\"\nprivate_key_file = \"key.pem\"\n"
    );
    let config = Config::parse(&text, dir, settings).expect("a valid configuration");
    App::open_to_serve(config, clock.clock())
        .await
        .expect("a whole installation")
}
