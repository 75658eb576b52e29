//! Fetches the newest release of a package, verified, into the current directory.
//!
//! `cargo run -p skep-client --example fetch_package -- jason`
//! `cargo run -p skep-client --example fetch_package -- alpha https://example.com/repo acme SHA256:… LICENSE-KEY`

use std::error::Error;
use std::path::{Path, PathBuf};

use skep_client::repository::fetch;
use skep_client::transport::Transport;
use skep_client::{BaseUrl, Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    run(&arguments, Path::new("")).await?;
    Ok(())
}

/// Fetches into `folder`, and gives the file.
pub(crate) async fn run(arguments: &[String], folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let Some((package, server)) = arguments.split_first() else {
        return Err("usage: fetch_package PACKAGE [URL NAME FINGERPRINT [KEY]]".into());
    };
    let transport = Transport::new("fetch_package/1.0.0")?;
    let config = match server {
        [] => Config::hexpm(),
        [url, name, fingerprint, key @ ..] => {
            let mut config = Config {
                repo_url: BaseUrl::parse(url)?,
                repo_name: name.clone(),
                repo_public_key: None,
                repo_key: key.first().map(|key| key.as_str().into()),
                ..Config::hexpm()
            };
            let key = fetch::public_key(&transport, &config, Some(fingerprint)).await?;
            config.repo_public_key = Some(key);
            config
        }
        _ => return Err("a repository needs its URL, its name and its key's fingerprint".into()),
    };
    let package = fetch::package(&transport, &config, package).await?;
    // Servers list releases from the oldest to the newest.
    let release = package
        .releases
        .iter()
        .rfind(|release| release.retired.is_none());
    let release = release.ok_or("it has no release")?;
    let path = folder.join(format!("{}-{}.tar", package.name, release.version));
    fetch::tarball_to_file(&transport, &config, &package.name, release, &path).await?;
    Ok(path)
}
