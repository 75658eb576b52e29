//! `skep serve`

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::Context as _;
use skep_server::app::App;
use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::node::Node;
use skep_server::serve::serve;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Context;
use crate::cli::server::{LogFormat, Serve};
use crate::output::hint;

pub(super) async fn run(context: &Context, arguments: Serve) -> anyhow::Result<()> {
    let config = context.config()?;
    let address = arguments.listen.unwrap_or(config.server.listen);
    let shutdown = shutdown(|| {})?;
    // Before anything is opened: a second server on the same port must not touch what is there.
    let listener = bind(address).await?;
    let app = App::open(config, Clock::system()).await?;
    let node = Node::start(app).await?;
    let address = listener.local_addr().context("the socket has no address")?;
    announce(context, arguments.log_format, &node.app.config, address);
    serve(node, listener, shutdown).await;
    Ok(())
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

/// Ready once the process is asked to end, or its terminal is closed. A second request ends it at once,
/// after `clean_up`; a terminal that closes may well say so twice, so that is none.
pub(super) fn shutdown(
    clean_up: impl FnOnce() + Send + 'static,
) -> anyhow::Result<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).context("signals cannot be received");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            () = either(&mut terminate, &mut interrupt) => {}
            _ = hangup.recv() => {}
        }
        tokio::spawn(async move {
            either(&mut terminate, &mut interrupt).await;
            clean_up();
            std::process::exit(1);
        });
    })
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
