//! `skep publish`

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use skep_server::app::App;
use skep_server::catalog::publish::{
    self, Outcome as Became, Publish as Request, PublishError, Published,
};
use skep_server::config::ConfigError;
use skep_server::db::audit::Actor;

use super::{Context, Outcome};
use crate::cli::catalog::Publish;
use crate::env_vars;
use crate::output::{Output, has_terminal, hint, report};
use crate::remote::Folder;
use crate::servers::Servers;

mod remote;

/// A file that was not published, as programs get it.
#[derive(Serialize)]
struct Fault {
    file: PathBuf,
    error: String,
}

pub(super) async fn run(context: &Context, arguments: Publish) -> anyhow::Result<Outcome> {
    if let (Some(docs), [_, _, ..]) = (&arguments.docs, arguments.files.as_slice()) {
        let error = anyhow::anyhow!(
            "`--docs {}` belongs to one FILE, and there are {}",
            docs.display(),
            arguments.files.len()
        );
        return Err(hint(
            error,
            "publish the release with documentation by itself",
        ));
    }
    if let Some(server) = &arguments.server {
        return remote::run(context.output, server, &arguments).await;
    }
    let done = context
        .with_app(async |app| publish_all(context.output, app, &arguments).await)
        .await;
    done.map_err(|error| match error.downcast_ref() {
        Some(ConfigError::Missing { .. }) if knows_servers() => hint(
            error,
            "to publish at a server over its API, name it: `skep publish --server NAME_OR_URL FILE`",
        ),
        _ => error,
    })
}

/// Whether whoever publishes may have meant another server than their own repository.
fn knows_servers() -> bool {
    let servers = || Servers::load(&Folder::own().ok()?.servers()).ok();
    env_vars::api_key().is_some() || servers().is_some_and(|all| all.iter().next().is_some())
}

/// A bad file does not keep the others out; a database or disk that fails does.
async fn publish_all(output: Output, app: &App, arguments: &Publish) -> anyhow::Result<Outcome> {
    app.managed_repository(arguments.repository.as_ref())?;
    let progress = progress(arguments.files.len());
    let (mut published, mut faults, mut unread) = (Vec::new(), Vec::new(), None);
    let requests: Vec<Request> = arguments
        .files
        .iter()
        .map(|file| request(arguments, file))
        .collect();
    let mut results = std::pin::pin!(publish::publish_all(app, &requests));
    for file in &arguments.files {
        match results.next().await.expect("one result for each file") {
            Ok(release) => {
                // Whether anybody reads along or not, the rest is published.
                unread = unread.or(say(output, &progress, &release).err());
                published.push(release);
            }
            Err(error) if concerns_the_file(&error) => faults.push(fault(&progress, file, error)),
            Err(error) => {
                progress.finish_and_clear();
                return Err(stopped(error, published.len()));
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if output.is_json() {
        output.json(&serde_json::json!({"published": published, "failed": faults}))?;
    } else if arguments.files.len() > 1 {
        output.talk(tally(&published, faults.len()));
    }
    if let Some(error) = unread {
        return Err(error.into());
    }
    Ok(if faults.is_empty() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn tally(published: &[Published], refused: usize) -> String {
    let is_same = |release: &&Published| release.outcome == Became::Unchanged;
    let same = published.iter().filter(is_same).count();
    let new = published.len() - same;
    match same {
        0 => format!("{new} published, {refused} refused."),
        _ => format!("{new} published, {same} there already, {refused} refused."),
    }
}

fn say(output: Output, progress: &ProgressBar, release: &Published) -> std::io::Result<()> {
    if output.is_json() {
        return Ok(());
    }
    progress.suspend(|| {
        output.data(line(release))?;
        output.notes(&release.notes);
        Ok(())
    })
}

fn request(arguments: &Publish, file: &Path) -> Request {
    Request {
        tarball: file.to_path_buf(),
        docs: arguments.docs.clone(),
        repository: arguments.repository.clone(),
        replace: arguments.replace,
        published_at: arguments.published_at,
        actor: Actor::Cli,
    }
}

fn line(release: &Published) -> String {
    let name = &release.release;
    match release.outcome {
        Became::Created => format!("Published {name}."),
        Became::Replaced => format!("Replaced {name}."),
        Became::Unchanged => format!("{name} is there already, exactly like this."),
    }
}

/// Whether another file may fare better.
fn concerns_the_file(error: &PublishError) -> bool {
    match error {
        PublishError::Read(_)
        | PublishError::Tarball { .. }
        | PublishError::Docs { .. }
        | PublishError::Invalid { .. }
        | PublishError::Exists(_) => true,
        PublishError::Repository(_) | PublishError::Files(_) | PublishError::Database(_) => false,
    }
}

fn fault(progress: &ProgressBar, file: &Path, error: PublishError) -> Fault {
    let error = anyhow::Error::from(error);
    progress.suspend(|| report(&error));
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let (file, error) = (file.to_path_buf(), causes.join(": "));
    Fault { file, error }
}

fn stopped(error: PublishError, published: usize) -> anyhow::Error {
    let kept = kept(published);
    let again = "once this is mended, run the same command again: it leaves alone what is there";
    hint(error, format!("{kept}; {again}"))
}

fn kept(published: usize) -> String {
    match published {
        0 => "nothing was published".to_owned(),
        1 => "one release was published before this and stays".to_owned(),
        more => format!("{more} releases were published before this and stay"),
    }
}

/// Only for people, and only where there is something to wait for.
fn progress(files: usize) -> ProgressBar {
    if files < 2 || !has_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}").expect("a valid template");
    ProgressBar::new(files as u64).with_style(style)
}
