//! `skep demo`: a whole shop in a temporary folder, served until Ctrl-C.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use skep_formats::name::RepositoryName;
use skep_server::app::App;
use skep_server::app::init::{InitOptions, init};
use skep_server::clock::Clock;
use skep_server::node::Node;
use skep_server::serve::serve;
use tokio::net::TcpListener;

use super::Context;
use super::serve::{bind, shutdown};
use crate::cli::server::Demo;

mod customer;
mod package;
mod shop;

use customer::Customer;

const PORT: u16 = 4000;
const REPOSITORY: &str = "demo";

pub(super) async fn run(context: &Context, arguments: Demo) -> anyhow::Result<()> {
    let listener = listen(arguments.port).await?;
    let folder = tempfile::Builder::new()
        .prefix("skep-demo-")
        .tempdir()
        .context("there is no room for temporary files")?;
    let path = folder.path().to_path_buf();
    let shutdown = shutdown(
        move || {
            // The server may be writing to it this very moment.
            (0..5).any(|_| fs_err::remove_dir_all(&path).is_ok());
        },
        super::serve::Certificate::default(),
    )?;
    let app = open(folder.path(), listener.local_addr()?).await?;
    let key = shop::fill(&app, folder.path()).await?;
    let name = app.config.default_repository().name.clone();
    let signer = app
        .signer(&name)
        .context("the repository has no key")?
        .clone();
    let (url, public_key) = (app.config.repository_url(&name), signer.public_key.to_pem());
    let projects = folder.path().join("customer");
    let customer = Customer {
        folder: &projects,
        repository: name.as_str(),
        url: &url,
        fingerprint: &signer.fingerprint,
        public_key: &public_key,
        key: key.reveal(),
    };
    customer.write_projects()?;
    let node = Node::start(app).await?;
    announce(context, folder.path(), &customer)?;
    serve(node, listener, shutdown).await;
    folder
        .close()
        .context("the temporary folder could not be removed")?;
    context.output.talk("\nAll gone.");
    Ok(())
}

/// The port that was asked for; else the usual one; else any.
async fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let address = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    match port {
        Some(port) => bind(address(port)).await,
        None => match TcpListener::bind(address(PORT)).await {
            Ok(listener) => Ok(listener),
            Err(_) => bind(address(0)).await,
        },
    }
}

async fn open(folder: &Path, address: SocketAddr) -> anyhow::Result<App> {
    let name: RepositoryName = REPOSITORY.parse().expect("a valid name");
    let options = InitOptions {
        listen: Some(address),
        ..InitOptions::new(folder.join("shop"), name)
    };
    let made = init(&options, &Clock::system()).await?;
    Ok(App::open(made.config, Clock::system()).await?)
}

fn announce(context: &Context, folder: &Path, customer: &Customer<'_>) -> anyhow::Result<()> {
    let config = folder.join("shop/skep.toml");
    let value = json!({
        "config": config,
        "repository": customer.repository,
        "url": customer.url,
        "fingerprint": customer.fingerprint,
        "package": package::NAME,
        "version": package::VERSION,
        "key": {"secret": customer.key},
    });
    context.output.talk(format_args!(
        "A throw-away repository is at {}; Ctrl-C ends it and removes everything.\n\
         It sells {} {} to one customer. Paste into another terminal:\n",
        customer.url,
        package::NAME,
        package::VERSION
    ));
    context.output.result(&value, || {
        format!(
            "{}\n\n# As the seller: who fetched what, within 15 seconds\nSKEP_CONFIG={} {} usage",
            customer.commands(),
            config.display(),
            ourselves()
        )
    })?;
    Ok(())
}

/// How this program can be called from anywhere: `cargo run` does not put it on the path.
fn ourselves() -> String {
    std::env::current_exe().map_or_else(|_| "skep".to_owned(), |path| path.display().to_string())
}
