//! `skep license explain`: what a customer is told, told to the seller.

use std::fmt::Write;
use std::io::Read;

use anyhow::Context as _;
use skep_server::app::App;
use skep_server::licensing::explain::{Answer, Explain, Explanation, Subject, explain};
use skep_server::licensing::key::LicenseKey;
use skep_server::licensing::licenses;

use super::Context;
use crate::cli::license;
use crate::output::{details, hint};

pub(super) async fn run(
    context: &Context,
    app: &App,
    arguments: license::Explain,
) -> anyhow::Result<()> {
    let subject = match arguments.subject.as_str() {
        "-" => Subject::Key(LicenseKey::from_text(key_from_stdin()?)),
        text => subject(app, text).await?,
    };
    let question = Explain {
        subject,
        package: arguments.package,
        version: arguments.version,
    };
    let explanation = explain(app, &question).await?;
    context
        .output
        .result(&explanation, || text(app, &explanation))?;
    Ok(())
}

/// What is neither an id nor the seller's own name for a license is taken for a key.
async fn subject(app: &App, text: &str) -> anyhow::Result<Subject> {
    let subject = Subject::from(text);
    if !matches!(subject, Subject::Key(_)) {
        return Ok(subject);
    }
    match licenses::show(app, text).await {
        Ok(shown) => Ok(Subject::License(shown.license.id)),
        Err(licenses::ShowError::Unknown(_)) => Ok(subject),
        Err(error) => Err(error.into()),
    }
}

fn key_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    // Longer than any key; a wrong file must not be read to its end.
    let mut start = std::io::stdin().take(4_096);
    start
        .read_to_string(&mut text)
        .context("the key cannot be read from standard input")?;
    let key = text.trim();
    if key.is_empty() {
        let error = anyhow::anyhow!("there is no key on standard input");
        return Err(hint(
            error,
            "for instance: skep license explain - < key.txt",
        ));
    }
    Ok(key.to_owned())
}

fn text(app: &App, explanation: &Explanation) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut parts = vec![details(&[
        (
            "License",
            explanation.license.map_or_else(
                || "none: no such key was ever issued".to_owned(),
                |id| id.to_string(),
            ),
        ),
        ("Customer", text(&explanation.customer)),
        (
            "Key",
            explanation
                .key
                .map_or_else(String::new, |id| id.to_string()),
        ),
        (
            "Standing",
            explanation.standing.unwrap_or_default().to_owned(),
        ),
    ])];
    if explanation.answers.is_empty() {
        parts.push("The products of this license have no published package yet.".to_owned());
    }
    let has_several = app.config.repositories.len() > 1;
    parts.extend(
        explanation
            .answers
            .iter()
            .map(|answer| answer_text(answer, has_several)),
    );
    parts.join("\n\n")
}

fn answer_text(answer: &Answer, has_several: bool) -> String {
    let mut what = match (&answer.package, &answer.version) {
        (None, _) => "Everything".to_owned(),
        (Some(package), None) => package.clone(),
        (Some(package), Some(version)) => format!("{package} {version}"),
    };
    if has_several {
        let _ = write!(what, " in {}", answer.repository);
    }
    let mut text = match answer.is_allowed {
        true => format!("{what}: allowed"),
        false => format!("{what}: refused. The customer reads:\n  {}", answer.refusal),
    };
    for (name, versions) in [("sees", &answer.shown), ("hidden", &answer.hidden)] {
        if !versions.is_empty() {
            let _ = write!(text, "\n  {name}: {}", versions.join(", "));
        }
    }
    for notice in &answer.notices {
        let _ = write!(text, "\n  told beside: {notice}");
    }
    text
}
