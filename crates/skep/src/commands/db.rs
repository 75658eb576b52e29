//! `skep db`

use serde_json::json;
use skep_server::clock::Clock;
use skep_server::transfer::{Copied, Progress, copy};

use super::Context;
use super::transfer::Waiting;
use crate::cli::transfer::{Database, DatabaseCopy};
use crate::output::table;

pub(super) async fn run(context: &Context, command: Database) -> anyhow::Result<()> {
    match command {
        Database::Copy(arguments) => run_copy(context, arguments).await,
    }
}

async fn run_copy(context: &Context, arguments: DatabaseCopy) -> anyhow::Result<()> {
    let from = match arguments.from {
        Some(url) => url,
        None => context.config()?.database.reveal().to_owned(),
    };
    let waiting = Waiting::begin();
    let watcher = |progress: Progress<'_>| waiting.show(progress);
    let places = (from.as_str(), arguments.to.as_str());
    let copied = copy(places, arguments.replace_nul, &Clock::system(), &watcher).await;
    drop(waiting);
    let copied = copied?;
    let value = json!({
        "from": copied.from,
        "to": copied.to,
        "tables": copied.tables,
        "replaced": copied.replaced,
        "is_stale": copied.is_stale,
    });
    context.output.result(&value, || text(&copied))?;
    if copied.is_stale {
        context.output.notes(&[format!(
            "`{}` was written to while it was copied, and the copy does not have that: stop every `skep serve` and \
             whatever else writes, empty the target and copy again",
            copied.from
        )]);
    }
    Ok(())
}

fn text(copied: &Copied) -> String {
    let rows = copied.tables.iter().filter(|table| table.content.rows > 0);
    let rows = rows.map(|table| {
        let checksum = table.content.checksum.get(..16).unwrap_or_default();
        [
            table.name.clone(),
            table.content.rows.to_string(),
            checksum.to_owned(),
        ]
    });
    let mut text = table(["table", "rows", "checksum"], rows.collect(), "");
    text.push_str(&format!(
        "\n\nEvery table is the same in `{}` and `{}`.",
        copied.from, copied.to
    ));
    if copied.replaced > 0 {
        text.push_str(&format!(
            "\nIn {} texts U+FFFD took the place of a NUL.",
            copied.replaced
        ));
    }
    text.push_str(
        "\nNext: set `url` in section [database] to the new one on every node, `skep doctor`, then `skep serve`.",
    );
    text
}
