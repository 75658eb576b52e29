//! `skep restore`

use std::path::Path;

use serde_json::json;
use skep_server::app::App;
use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::transfer::{
    Backup, BackupError, Progress, RestoreOptions, Restored, check_by_restoring, restore,
    write_configuration,
};

use super::transfer::{Waiting, contents};
use super::{Context, Outcome};
use crate::cli::transfer::Restore;
use crate::env_vars;
use crate::output::hint;

pub(super) async fn run(context: &Context, arguments: Restore) -> anyhow::Result<Outcome> {
    let waiting = Waiting::begin();
    let watcher = |progress: Progress<'_>| waiting.show(progress);
    let clock = Clock::system();
    let backup = Backup::open(&arguments.file).await?;
    if arguments.check {
        let place = tempfile::tempdir()?;
        check_by_restoring(&backup, place.path(), &clock, &watcher).await?;
        drop(waiting);
        let value = described(&backup);
        context.output.result(&value, || checked(&backup))?;
        return Ok(Outcome::Done);
    }
    let config = match &arguments.into {
        None => context.config()?,
        Some(folder) => {
            let environment = env_vars::config_overrides();
            let path = write_configuration(&backup, folder, &environment)?;
            Config::load(&path, &environment)?
        }
    };
    let options = RestoreOptions {
        without_files: arguments.without_files,
        replaces_nul: arguments.replace_nul,
    };
    let restored = restore(&config, &clock, &backup, options, &watcher).await;
    let restored = restored.map_err(|error| match &arguments.into {
        None => error.into(),
        Some(folder) => go_on_in(folder, &arguments.file, error),
    })?;
    // What can be opened can be served.
    let app = App::open(config, clock).await?;
    app.db.close().await;
    drop(waiting);
    let mut value = described(&backup);
    value["restored"] = json!({
        "database": restored.database,
        "storage": restored.storage,
        "files": restored.files,
        "missing": restored.missing,
        "replaced": restored.replaced,
    });
    let text = || text(&backup, &restored, arguments.into.as_deref());
    context.output.result(&value, text)?;
    Ok(if restored.missing.is_empty() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// The folder has its configuration by now, so the same command would be refused.
fn go_on_in(folder: &Path, file: &Path, error: BackupError) -> anyhow::Error {
    let advice = format!(
        "`{}` has the configuration and the keys now: once the cause is gone, go on with \
         `skep --config {}/skep.toml restore {}`",
        folder.display(),
        folder.display(),
        file.display(),
    );
    hint(error, advice)
}

fn described(backup: &Backup) -> serde_json::Value {
    json!({
        "file": backup.path,
        "created_at": backup.head.created_at,
        "made_by": backup.head.skep,
        "schema": backup.head.schema,
        "manifest": backup.manifest,
    })
}

fn checked(backup: &Backup) -> String {
    let files = match backup.manifest.files {
        Some(files) => format!("{} tarballs and docs", files.count),
        None => "no tarballs and docs: it was made without".to_owned(),
    };
    let secrets = match backup.manifest.configuration.as_slice() {
        [] => "no configuration and no signing keys: they have to be kept elsewhere".to_owned(),
        names => names.join(", "),
    };
    format!(
        "`{}` is whole: it was restored for a trial, and every table came out the same.\nIt is of {}: {}; {files}; {secrets}.",
        backup.path.display(),
        backup.head.created_at,
        contents(&backup.manifest)
    )
}

fn text(backup: &Backup, restored: &Restored, into: Option<&Path>) -> String {
    let mut lines = vec![
        format!(
            "Restored what was there at {}: {}.",
            backup.head.created_at,
            contents(&backup.manifest)
        ),
        format!(
            "The database is `{}`; {} files were written to `{}`.",
            restored.database, restored.files, restored.storage
        ),
    ];
    if restored.replaced > 0 {
        lines.push(format!(
            "In {} texts U+FFFD took the place of a NUL.",
            restored.replaced
        ));
    }
    for path in restored.missing.iter().take(20) {
        lines.push(format!("MISSING: `{path}` is not in the storage"));
    }
    if restored.missing.len() > 20 {
        lines.push(format!("MISSING: {} in all", restored.missing.len()));
    }
    let place = into.map_or_else(String::new, |folder| format!("cd {} && ", folder.display()));
    lines.push(format!(
        "Next: `{place}skep doctor --deep`, then `skep serve`; nodes that already run on a PostgreSQL database have it."
    ));
    lines.join("\n")
}
