//! `skep audit`

use serde_json::Value;
use skep_server::accounts::users;
use skep_server::app::App;
use skep_server::db::audit::{self, Entry, Filter};

use super::Context;
use crate::cli::audit::Audit;
use crate::output::{minute, plain, table};

pub(super) async fn run(context: &Context, arguments: Audit) -> anyhow::Result<()> {
    context
        .with_app(async |app| list(context, app, arguments).await)
        .await
}

async fn list(context: &Context, app: &App, arguments: Audit) -> anyhow::Result<()> {
    let user = match arguments.user {
        Some(user) => Some(users::show(app, &user).await?.id),
        None => None,
    };
    let filter = Filter {
        user,
        action: arguments.action,
        subject: arguments.subject,
        since: arguments.since,
    };
    let entries = audit::search(&mut app.db.read().await?, &filter, arguments.limit).await?;
    context.output.result(&entries, || {
        let rows = entries.iter().map(row);
        let headers = ["when", "who", "what", "to what", "from", "with", "more"];
        table(headers, rows.collect(), "There are no such entries.")
    })?;
    Ok(())
}

fn row(entry: &Entry) -> [String; 7] {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        minute(entry.at),
        entry.actor.clone(),
        entry.action.clone(),
        plain(&entry.subject),
        or_dash(&entry.address),
        or_dash(&entry.via),
        more(&entry.detail),
    ]
}

/// What is not a list and not empty, on one line.
fn more(detail: &Value) -> String {
    let Value::Object(detail) = detail else {
        return String::new();
    };
    let parts = detail.iter().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) => Some(format!("{name}={}", plain(text))),
        other => Some(format!("{name}={}", plain(&other.to_string()))),
    });
    parts.collect::<Vec<_>>().join(" ")
}
