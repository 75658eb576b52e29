//! `skep backup`

use serde_json::json;
use skep_server::clock::Clock;
use skep_server::config::{Config, Origin};
use skep_server::transfer::{BackedUp, BackupOptions, backup};

use super::transfer::{Waiting, contents, size};
use super::{Context, Outcome};
use crate::cli::transfer::Backup;

pub(super) async fn run(context: &Context, arguments: Backup) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let with_files = match (arguments.with_files, arguments.without_files) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let options = BackupOptions {
        file: arguments.file,
        with_files,
        configuration: (!arguments.without_keys).then(|| context.config_path().0),
        is_verified: !arguments.no_verify,
    };
    let waiting = Waiting::begin();
    let watcher = |progress: skep_server::transfer::Progress<'_>| waiting.show(progress);
    let made = backup(&config, &Clock::system(), &options, &watcher).await;
    drop(waiting);
    let made = made?;
    let not_inside = not_inside(&config, &options, &made);
    let value = json!({
        "file": options.file,
        "bytes": made.bytes,
        "created_at": made.head.created_at,
        "schema": made.head.schema,
        "is_verified": options.is_verified,
        "manifest": made.manifest,
        "not_inside": not_inside,
    });
    context
        .output
        .result(&value, || text(&options, &made, &not_inside))?;
    Ok(if made.manifest.missing.is_empty() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn text(options: &BackupOptions, made: &BackedUp, not_inside: &[String]) -> String {
    let manifest = &made.manifest;
    let mut lines = vec![format!(
        "`{}` has all of {}: {}.",
        options.file.display(),
        made.head.created_at,
        contents(manifest)
    )];
    if let Some(files) = manifest.files {
        let (count, bytes) = (files.count, size(files.bytes));
        lines.push(format!("Inside: {count} tarballs and docs ({bytes})."));
    }
    if !manifest.configuration.is_empty() {
        let names = manifest.configuration.join(", ");
        lines.push(format!(
            "Inside: {names}. Who has this file can sign packages in your name: keep it safe."
        ));
    }
    lines.extend(not_inside.iter().map(|what| format!("Not inside: {what}.")));
    let trial = if options.is_verified {
        "It was restored for a trial, and every table came out the same"
    } else {
        "It was not restored for a trial: `skep restore --check` does that"
    };
    lines.push(format!("{} in all. {trial}.", size(made.bytes)));
    for path in &manifest.missing {
        lines.push(format!(
            "MISSING: `{path}` is not in the storage, or not as it was published; see `skep doctor --deep`"
        ));
    }
    lines.join("\n")
}

/// What a seller has to keep by other means.
fn not_inside(config: &Config, options: &BackupOptions, made: &BackedUp) -> Vec<String> {
    let mut missing = Vec::new();
    if made.manifest.files.is_none() {
        missing.push(
            "tarballs and docs, which stay in the storage: back that up, or use `--with-files`"
                .to_owned(),
        );
    }
    if options.configuration.is_none() {
        missing.push(
            "skep.toml and the signing keys, without which nothing can be restored: keep a copy"
                .to_owned(),
        );
    }
    for setting in config.origins() {
        let is_file = setting.key.ends_with("_file") && !setting.key.starts_with("repository.");
        if is_file && !setting.value.is_empty() {
            missing.push(format!(
                "`{}`, which `{}` names",
                setting.value, setting.key
            ));
        }
    }
    for setting in config.origins() {
        if let Origin::Environment(name) = &setting.origin {
            missing.push(format!("`{}`, which the variable {name} sets", setting.key));
        }
    }
    missing.push("usage of the last seconds, which waits in the spool of each node".to_owned());
    missing
}
