//! `skep fetch`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use fs_err::File;
use serde::Serialize;
use skep_client::repository::fetch;
use skep_client::{Config, Error};
use skep_formats::registry::{Package, Release};
use skep_formats::tarball::{Limits, Sink, unpack};
use tempfile::TempDir;

use super::Context;
use crate::cli::client::Fetch;
use crate::output::{hint, plain};
use crate::remote::{Remote, unless_interrupted};

mod choice;
mod progress;

use choice::choose;
use progress::Shown;

/// What was fetched, as programs get it.
#[derive(Serialize)]
struct Fetched {
    repository: String,
    package: String,
    version: String,
    path: PathBuf,
    outer_checksum: Option<String>,
    notes: Vec<String>,
}

pub(super) async fn run(context: &Context, arguments: Fetch) -> anyhow::Result<()> {
    let remote = Remote::repository(&arguments.repo, context.output)?;
    let fetched = unless_interrupted(fetch(&remote, &arguments)).await?;
    if context.output.is_json() {
        return Ok(context.output.json(&fetched)?);
    }
    context.output.notes(&fetched.notes);
    Ok(context.output.data(fetched.path.display())?)
}

async fn fetch(remote: &Remote, arguments: &Fetch) -> anyhow::Result<Fetched> {
    let name = arguments.package.as_str();
    let (config, package) = package(remote, name).await?;
    let release = choose(&package, arguments.version.as_ref(), &remote.name)?;
    let stem = format!("{name}-{}", release.version);
    let folder = &arguments.output;
    fs_err::create_dir_all(folder)?;
    let path = match arguments.unpack {
        false => {
            let path = folder.join(format!("{stem}.tar"));
            tarball(remote, &config, name, release, &path).await?;
            path
        }
        true => {
            let path = folder.join(&stem);
            unpacked(remote, &config, name, release, &path).await?;
            path
        }
    };
    Ok(Fetched {
        repository: remote.name.clone(),
        package: name.to_owned(),
        version: release.version.clone(),
        path: path
            .strip_prefix(".")
            .map_or_else(|_| path.clone(), Path::to_owned),
        outer_checksum: release.outer_checksum.map(|checksum| checksum.to_string()),
        notes: notes(&package, release),
    })
}

/// The package, and the configuration with the credentials that opened it.
async fn package(remote: &Remote, name: &str) -> anyhow::Result<(Config, Package)> {
    let ask = |config: Config| async move {
        let package = fetch::package(&remote.transport, &config, name).await?;
        Ok((config, package))
    };
    remote.repo(ask).await
}

async fn tarball(
    remote: &Remote,
    config: &Config,
    name: &str,
    release: &Release,
    path: &Path,
) -> Result<(), Error> {
    let client = Shown::new(&remote.transport, format!("{name} {}", release.version));
    fetch::tarball_to_file(&client, config, name, release, path).await
}

/// The tarball is fetched beside `path`, where nobody sees it, and gone afterwards.
async fn unpacked(
    remote: &Remote,
    config: &Config,
    name: &str,
    release: &Release,
    path: &Path,
) -> anyhow::Result<()> {
    let is_occupied = path
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if is_occupied || path.is_file() {
        let error = anyhow::anyhow!("`{}` is there already", path.display());
        return Err(hint(error, "remove it, or name another directory with -o"));
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    let folder = TempDir::with_prefix_in(".skep-fetch-", parent)
        .with_context(|| format!("nothing can be written to `{}`", parent.display()))?;
    let file = folder.path().join("tarball");
    tarball(remote, config, name, release, &file).await?;
    let target = path.to_owned();
    let unpacking = tokio::task::spawn_blocking(move || {
        let file = File::open(&file)?;
        unpack(file, &Limits::default(), Sink::Directory(&target))?;
        anyhow::Ok(())
    });
    let done = unpacking.await.context("unpacking failed")?;
    done.with_context(|| format!("`{name}-{}.tar` cannot be unpacked", release.version))
}

/// What somebody should know who uses this release.
fn notes(package: &Package, release: &Release) -> Vec<String> {
    let retired = release.retired.iter().map(|found| {
        let reason = found.reason.word().unwrap_or("other");
        let message = found.message.as_deref().map(|text| format!(": {text}"));
        format!(
            "{} is retired ({reason}){}",
            release.version,
            message.unwrap_or_default()
        )
    });
    let advisories = release.advisory_indexes.iter().filter_map(|index| {
        let advisory = package.advisories.get(usize::try_from(*index).ok()?)?;
        Some(format!(
            "{}: {} ({})",
            advisory.id, advisory.summary, advisory.html_url
        ))
    });
    retired.chain(advisories).map(|note| plain(&note)).collect()
}
