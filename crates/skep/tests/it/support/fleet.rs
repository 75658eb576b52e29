//! Several nodes of one installation: `skep serve` more than once, on one configuration and one folder.

use std::fs::File;
use std::io::Read;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::http;
use super::outside::port::free_port;
use super::run::run;
use super::shop::Shop;

/// One `skep serve`; killed when dropped, unless it was stopped before.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    log: PathBuf,
}

impl Node {
    /// Starts a node on a port of its own; returns when it is ready.
    pub(crate) fn start(shop: &Shop) -> Self {
        Self::start_at(shop, free_port(), &[])
    }

    /// The same on a certain port, with some of its configuration in the environment.
    pub(crate) fn start_at(shop: &Shop, port: u16, environment: &[(&str, &str)]) -> Self {
        let mut serve = shop.command();
        serve.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        serve.envs(environment.iter().copied());
        let mut node = Self::spawn(shop, serve, port);
        node.wait_until_ready();
        node
    }

    /// Starts a node that is given a listening socket, as systemd does it; returns when it says that it is
    /// ready, as systemd is told.
    pub(crate) fn start_with(
        shop: &Shop,
        listener: &TcpListener,
        environment: &[(&str, &str)],
    ) -> Self {
        let port = listener.local_addr().expect("it is bound").port();
        let (told, path) = notify_socket(shop, port);
        let mut serve = Command::new("sh");
        // The process keeps its id, so this is the one that LISTEN_PID has to name.
        serve.args([
            "-c",
            "export LISTEN_FDS=1 LISTEN_PID=$$; exec 3<&0 </dev/null; exec \"$0\" serve",
        ]);
        serve.arg(env!("CARGO_BIN_EXE_skep"));
        let known = shop.command();
        serve.envs(
            known
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        serve.envs(environment.iter().copied());
        serve.env("NOTIFY_SOCKET", &path);
        let socket: OwnedFd = listener.try_clone().expect("a copy").into();
        serve.stdin(socket);
        let mut node = Self::spawn_with_input(shop, serve, port);
        node.wait_until_told(&told);
        node
    }

    fn spawn(shop: &Shop, mut serve: Command, port: u16) -> Self {
        serve.stdin(Stdio::null());
        Self::spawn_with_input(shop, serve, port)
    }

    fn spawn_with_input(shop: &Shop, mut serve: Command, port: u16) -> Self {
        let log = tempfile_in(shop);
        let file = File::options()
            .append(true)
            .open(&log)
            .expect("it was made");
        let child = serve.stdout(Stdio::null()).stderr(file).spawn();
        Self {
            child: child.expect("skep can be started"),
            url: format!("http://127.0.0.1:{port}"),
            log,
        }
    }

    fn wait_until_ready(&mut self) {
        let url = format!("{}/readyz", self.url);
        self.wait("ready", || {
            http::get(&url, &[]).is_ok_and(|answer| answer.status == 200)
        });
    }

    fn wait_until_told(&mut self, told: &UnixDatagram) {
        let mut said = [0; 256];
        self.wait("told that it is ready", || {
            let count = told.recv(&mut said).unwrap_or(0);
            String::from_utf8_lossy(&said[..count]).contains("READY=1")
        });
    }

    #[track_caller]
    fn wait(&mut self, what: &str, mut is_true: impl FnMut() -> bool) {
        for _ in 0..1_200 {
            if is_true() {
                return;
            }
            let ended = self.child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "it ended: {ended:?}\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
        panic!("not {what} after a minute\n{}", self.log());
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = fs_err::File::open(&self.log) {
            file.read_to_string(&mut text).ok();
        }
        text
    }

    /// SIGTERM.
    pub(crate) fn tell_to_stop(&self) {
        run(Command::new("kill").args(["-TERM", &self.child.id().to_string()])).succeeded();
    }

    /// SIGTERM, and waits for its end.
    pub(crate) fn stop(self) {
        self.tell_to_stop();
        self.wait_for_end();
    }

    /// Waits for the end of one that was told to stop.
    pub(crate) fn wait_for_end(mut self) {
        let status = self.child.wait().expect("it is our child");
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is our child");
    }

    /// Gets a path.
    #[track_caller]
    pub(crate) fn get(&self, path: &str, key: &str) -> http::Response {
        let url = format!("{}{path}", self.url);
        http::get(&url, &[("authorization", key)]).expect("the node answers")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn tempfile_in(shop: &Shop) -> PathBuf {
    let folder = shop.repository().with_file_name("logs");
    fs_err::create_dir_all(&folder).expect("writable");
    let file = tempfile::Builder::new().suffix(".log").tempfile_in(folder);
    let (_, path) = file.expect("writable").keep().expect("it stays");
    path
}

fn notify_socket(shop: &Shop, port: u16) -> (UnixDatagram, PathBuf) {
    let path = shop.repository().with_file_name(format!("notify-{port}"));
    fs_err::remove_file(&path).ok();
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket
        .set_read_timeout(Some(Duration::from_millis(50)))
        .expect("a timeout");
    (socket, path)
}
