//! `skep doctor`

use std::fmt::Write;

use serde_json::json;
use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::doctor::{Check, Examination, Status, examine, verdict};

use super::{Context, Outcome};
use crate::cli::server::Doctor;
use crate::output::table;

pub(super) async fn run(context: &Context, arguments: Doctor) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let examination = Examination {
        is_deep: arguments.deep,
    };
    let checks = examine(&config, &Clock::system(), examination).await;
    let origins: Vec<_> = config
        .origins()
        .iter()
        .map(|setting| json!({"key": setting.key, "value": setting.value, "origin": setting.origin.to_string()}))
        .collect();
    let value = json!({"configuration": origins, "checks": checks});
    context.output.result(&value, || text(&config, &checks))?;
    Ok(match verdict(&checks) {
        Status::Ok | Status::Warn => Outcome::Done,
        Status::Fail => Outcome::Failed,
    })
}

fn text(config: &Config, checks: &[Check]) -> String {
    let rows = config.origins().iter().map(|setting| {
        [
            setting.key.clone(),
            Some(setting.value.clone())
                .filter(|value| !value.is_empty())
                .unwrap_or_else(|| "-".to_owned()),
            setting.origin.to_string(),
        ]
    });
    let mut text = table(["setting", "value", "from"], rows.collect(), "");
    text.push('\n');
    for check in checks {
        let _ = write!(
            text,
            "\n{} {}: {}",
            mark(check.status),
            check.name,
            check.text
        );
        if let Some(advice) = &check.advice {
            let _ = write!(text, "\n        {advice}");
        }
    }
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let (bad, odd) = (count(Status::Fail), count(Status::Warn));
    let _ = match (bad, odd) {
        (0, 0) => write!(text, "\n\nAll is well."),
        (0, _) => write!(text, "\n\nIt works; {odd} to look at."),
        (_, _) => write!(text, "\n\n{bad} to mend, {odd} to look at."),
    };
    text
}

fn mark(status: Status) -> String {
    use anstyle::AnsiColor::{Green, Red, Yellow};
    let (color, word) = match status {
        Status::Ok => (Green, "ok  "),
        Status::Warn => (Yellow, "look"),
        Status::Fail => (Red, "FAIL"),
    };
    let style = color.on_default().bold();
    format!("{style}{word}{style:#}")
}
