//! `skep serve`

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use skep_server::app::App;
use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::node::Node;
use skep_server::serve::{Socket, Stop, serve};
use skep_server::tls;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Context;
use crate::cli::server::{LogFormat, Serve};
use crate::output::hint;

pub(super) async fn run(
    context: &Context,
    arguments: Serve,
    handed_over: Option<std::net::TcpListener>,
) -> anyhow::Result<()> {
    let config = context.config()?;
    let address = arguments.listen.unwrap_or(config.server.listen);
    let certificate = Certificate::default();
    let shutdown = shutdown(|| {}, Arc::clone(&certificate))?;
    // Before anything is opened: a second server on the same port must not touch what is there.
    let (socket, address) = match handed_over {
        Some(listener) => shared(listener)?,
        None => own(address).await?,
    };
    let app = App::open_to_serve(config, Clock::system()).await?;
    let node = Node::start(app).await?;
    if let Some(tls) = &node.tls
        && !has_terminal()
    {
        let _ = certificate.set(Arc::clone(tls));
    }
    announce(context, arguments.log_format, &node.app.config, address);
    tell(NotifyState::Ready);
    let watchdog = tokio::spawn(feed_watchdog());
    let stopped = async {
        let stop = shutdown.await;
        tell(NotifyState::Stopping);
        stop
    };
    serve(node, socket, stopped).await;
    watchdog.abort();
    Ok(())
}

/// The listening socket that systemd or another process handed over, if one did.
pub(super) fn handed_over() -> anyhow::Result<Option<std::net::TcpListener>> {
    let mut given = ListenFd::from_env();
    if given.len() > 1 {
        let error = anyhow::anyhow!("{} sockets were handed over (LISTEN_FDS)", given.len());
        return Err(hint(
            error,
            "`skep serve` listens on one: hand over that one only",
        ));
    }
    given.take_tcp_listener(0).map_err(|error| {
        let error = anyhow::anyhow!("what was handed over (LISTEN_FDS) cannot be used: {error}");
        hint(error, "it has to be a listening TCP socket, as `ListenStream=4000` of a systemd socket unit makes one")
    })
}

fn shared(listener: std::net::TcpListener) -> anyhow::Result<(Socket, SocketAddr)> {
    let address = listener.local_addr().context("the socket has no address")?;
    listener
        .set_nonblocking(true)
        .context("the socket cannot be used")?;
    let listener = TcpListener::from_std(listener).context("the socket cannot be used")?;
    Ok((Socket::shared(listener), address))
}

async fn own(address: SocketAddr) -> anyhow::Result<(Socket, SocketAddr)> {
    let listener = bind(address).await?;
    let address = listener.local_addr().context("the socket has no address")?;
    Ok((listener.into(), address))
}

/// Tells systemd, where it started us.
fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd cannot be told how things stand");
    }
}

/// Where systemd watches over us (`WatchdogSec=`), it kills a process whose threads all hang.
async fn feed_watchdog() {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return;
    };
    loop {
        tell(NotifyState::Watchdog);
        tokio::time::sleep((patience / 2).max(Duration::from_millis(100))).await;
    }
}

/// Says where customers find what: to people in a sentence, to programs in their log.
fn announce(context: &Context, format: LogFormat, config: &Config, address: SocketAddr) {
    for repository in &config.repositories {
        let (name, url) = (&repository.name, config.repository_url(&repository.name));
        match format {
            LogFormat::Text => context
                .output
                .talk(format_args!("Repository {name} is at {url}")),
            LogFormat::Json => tracing::info!(repository = %name, url, "repository"),
        }
    }
    match format {
        LogFormat::Text => context.output.talk(format_args!("Listening on {address}")),
        LogFormat::Json => tracing::info!(%address, "listening"),
    }
}

/// Takes the port, or says who might have it.
pub(super) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program, perhaps another `skep serve`, listens there: stop it, or choose \
                 another port with `--listen` or [server] listen"
            }
            ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege: choose another one and put a proxy in front"
            }
            ErrorKind::AddrNotAvailable => {
                "this machine has no such address: 127.0.0.1 and 0.0.0.0 always exist"
            }
            _ => {
                return anyhow::Error::from(error)
                    .context(format!("`{address}` cannot be listened on"));
            }
        };
        let error = anyhow::anyhow!("`{address}` cannot be listened on: {error}");
        hint(error, advice)
    })
}

/// What SIGHUP is about, where it is not about a terminal.
pub(super) type Certificate = Arc<OnceLock<Arc<tls::Current>>>;

/// Whether a terminal can be closed under this process. A service has none.
fn has_terminal() -> bool {
    fs_err::File::open("/dev/tty").is_ok()
}

/// Ready once the terminal is closed. A service with a certificate has none: SIGHUP makes it look at
/// the certificate's files.
async fn closed(hangup: &mut Signal, certificate: &Certificate) {
    loop {
        hangup.recv().await;
        match certificate.get() {
            Some(tls) => tls.look_now(),
            None => return,
        }
    }
}

/// Ready once the process is asked to end, or its terminal is closed: whoever sits there does not want to
/// wait. A second request ends it at once,
/// after `clean_up`; a terminal that closes may well say so twice, so that is none.
pub(super) fn shutdown(
    clean_up: impl FnOnce() + Send + 'static,
    certificate: Certificate,
) -> anyhow::Result<impl Future<Output = Stop>> {
    let listen = |kind| signal(kind).context("signals cannot be received");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        let stop = tokio::select! {
            _ = terminate.recv() => Stop::Gently,
            _ = interrupt.recv() => Stop::Soon,
            () = closed(&mut hangup, &certificate) => Stop::Soon,
        };
        tokio::spawn(async move {
            either(&mut terminate, &mut interrupt).await;
            clean_up();
            std::process::exit(1);
        });
        stop
    })
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
