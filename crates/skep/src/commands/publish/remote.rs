//! `skep publish --server`: over the HTTP API of another server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use skep_client::api::{ApiErrorKind, docs, releases};
use skep_client::cli_auth::Permission;
use skep_client::http_client::{Body, HttpClient as _};
use skep_client::{Config, Error};
use skep_formats::checksum::Sha256;
use skep_formats::tarball::{Limits, read_release};
use skep_server::catalog::publish::Outcome as Became;

use super::{Fault, Outcome, kept};
use crate::cli::catalog::Publish;
use crate::output::{Output, has_terminal, hint, plain, report};
use crate::remote::{Remote, unless_interrupted};
use crate::servers::ServerRef;

/// A release that the server has, as programs get it.
#[derive(Debug, Serialize)]
struct Published {
    package: String,
    version: String,
    outcome: Became,
    checksum: Sha256,
    size_bytes: u64,
    url: Option<String>,
}

/// A tarball that is worth sending.
struct Tarball {
    package: String,
    version: String,
    checksum: Sha256,
    bytes: Bytes,
}

/// A bad file does not keep the others out; a server that cannot be used does.
pub(super) async fn run(
    output: Output,
    server: &ServerRef,
    arguments: &Publish,
) -> anyhow::Result<Outcome> {
    let remote = Remote::server(server, output)?;
    let (mut published, mut faults) = (Vec::new(), Vec::<Fault>::new());
    for file in &arguments.files {
        match unless_interrupted(publish(&remote, file, arguments)).await {
            Ok(release) => {
                if !output.is_json() {
                    output.data(line(&release))?;
                }
                published.push(release);
            }
            Err(error) if error.is::<FileFault>() => {
                report(&error);
                let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
                let (file, error) = (file.clone(), causes.join(": "));
                faults.push(Fault { file, error });
            }
            Err(error) if published.is_empty() => return Err(error),
            Err(error) => return Err(error.context(kept(published.len()))),
        }
    }
    if output.is_json() {
        output.json(&serde_json::json!({"published": published, "failed": faults}))?;
    }
    Ok(match faults.is_empty() {
        true => Outcome::Done,
        false => Outcome::Failed,
    })
}

async fn publish(remote: &Remote, file: &Path, arguments: &Publish) -> anyhow::Result<Published> {
    let at_fault = || FileFault(file.to_owned());
    let tarball = read(file.to_owned()).await.with_context(at_fault)?;
    let docs = match &arguments.docs {
        Some(file) => Some(Bytes::from(fs_err::read(file)?)),
        None => None,
    };
    let sent = send(remote, &tarball, arguments.replace).await;
    let (outcome, url) = sent.map_err(|error| match error.downcast_ref() {
        Some(Error::Api(refusal)) if refusal.is_not_replacing() => {
            hint(error, "publish another version, or give --replace").context(at_fault())
        }
        Some(Error::Api(refusal)) if is_validation(&refusal.kind) => error.context(at_fault()),
        _ => error,
    })?;
    if let Some(docs) = docs {
        send_docs(remote, &tarball, docs).await?;
    }
    Ok(Published {
        outcome,
        url,
        size_bytes: tarball.bytes.len() as u64,
        package: tarball.package,
        version: tarball.version,
        checksum: tarball.checksum,
    })
}

/// Something is wrong with a file; another one may fare better.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be published", .0.display())]
struct FileFault(PathBuf);

fn is_validation(kind: &ApiErrorKind) -> bool {
    matches!(kind, ApiErrorKind::Validation { .. })
}

async fn read(file: PathBuf) -> anyhow::Result<Tarball> {
    let reading = tokio::task::spawn_blocking(move || {
        let limits = Limits::default();
        let size = fs_err::metadata(&file)?.len();
        let limit = limits.compressed;
        anyhow::ensure!(size <= limit, "it has {size} bytes, the most is {limit}");
        let bytes = Bytes::from(fs_err::read(&file)?);
        let release = read_release(&bytes[..], &limits)?;
        Ok(Tarball {
            package: release.metadata.name,
            version: release.metadata.version,
            checksum: release.outer_checksum,
            bytes,
        })
    });
    reading.await.context("the file could not be read")?
}

/// What became of it, and its page if the server says.
async fn send(
    remote: &Remote,
    tarball: &Tarball,
    replace: bool,
) -> anyhow::Result<(Became, Option<String>)> {
    let progress = progress(tarball);
    let ask = |config: Config| {
        let bar = progress.clone();
        let heard = Arc::new(move |sent: u64, _: u64| bar.set_position(sent));
        let body = Body::from(tarball.bytes.clone()).with_progress(heard);
        async move {
            let request = releases::publish_request(&config, &tarball.package, body, replace)?;
            let response = remote.transport.send(request).await?;
            match releases::publish_response(response) {
                Err(Error::Api(error)) if error.is_not_replacing() => {
                    match is_there(remote, &config, tarball).await {
                        true => Ok((Became::Unchanged, None)),
                        false => Err(Error::Api(error)),
                    }
                }
                Err(error) => Err(error),
                Ok(done) if done.is_new => Ok((Became::Created, done.release.html_url)),
                Ok(done) => Ok((Became::Replaced, done.release.html_url)),
            }
        }
    };
    let done = remote.api(Permission::Write, false, ask).await;
    progress.finish_and_clear();
    done
}

/// Whether the server has exactly these bytes: a build that is run again is then no failure.
async fn is_there(remote: &Remote, config: &Config, tarball: &Tarball) -> bool {
    let Ok(request) = releases::get_request(config, &tarball.package, &tarball.version) else {
        return false;
    };
    let response = remote.transport.send(request).await.map_err(Error::from);
    let release = response.and_then(releases::get_response);
    let checksum = release.ok().and_then(|release| release.checksum);
    let own = tarball.checksum.to_string();
    checksum.is_some_and(|found| found.eq_ignore_ascii_case(&own))
}

async fn send_docs(remote: &Remote, tarball: &Tarball, pages: Bytes) -> anyhow::Result<()> {
    let Tarball {
        package, version, ..
    } = tarball;
    let ask = |config: Config| {
        let pages = pages.clone();
        async move {
            let request = docs::publish_request(&config, package, version, pages)?;
            docs::publish_response(remote.transport.send(request).await?)
        }
    };
    let done = remote.api(Permission::Write, false, ask).await;
    done.with_context(|| format!("{package} {version} is published, but not its documentation"))?;
    Ok(())
}

fn line(release: &Published) -> String {
    let name = format!("{} {}", release.package, release.version);
    let page = release.url.as_deref().map(|url| format!(" {}", plain(url)));
    let page = page.unwrap_or_default();
    match release.outcome {
        Became::Created => format!("Published {name}.{page}"),
        Became::Replaced => format!("Replaced {name}.{page}"),
        Became::Unchanged => format!("{name} is there already, exactly like this."),
    }
}

/// Only for people, and only where there is something to wait for.
fn progress(tarball: &Tarball) -> ProgressBar {
    if !has_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:40} {bytes}/{total_bytes} {eta}")
        .expect("a valid template");
    let bar = ProgressBar::new(tarball.bytes.len() as u64).with_style(style);
    bar.with_message(format!("{} {}", tarball.package, tarball.version))
}
