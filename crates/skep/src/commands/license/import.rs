//! `skep license import`

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use skep_server::app::App;
use skep_server::db::audit::Actor;
use skep_server::licensing::import::{
    BadLine, ImportError, ImportRow, Imported, ImportedLicense, import,
};

use super::super::key::key_changes;
use super::Context;
use crate::cli::license::Import;
use crate::licenses_csv;
use crate::output::{hint, table};

pub(super) async fn run(context: &Context, app: &App, arguments: Import) -> anyhow::Result<()> {
    let rows = read(&arguments.file)?;
    let imported = match import(app, &rows, &Actor::Cli).await {
        Ok(imported) => imported,
        Err(ImportError::BadLines(lines)) => {
            return Err(refused(&arguments.file, rows.len(), &lines));
        }
        Err(error) => return Err(error.into()),
    };
    let value = json!({
        "new_customers": imported.new_customers,
        "licenses": imported.licenses.iter().map(license).collect::<Vec<_>>(),
    });
    context.output.secret(
        &value,
        || text(app, &imported),
        || {
            "`skep license list` shows the licenses, `skep key create LICENSE` makes a key"
                .to_owned()
        },
    )?;
    let notes: Vec<String> = imported
        .notes
        .iter()
        .map(|(line, note)| format!("line {line}: {note}"))
        .collect();
    context.output.notes(&notes);
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Vec<ImportRow>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin()
            .read_to_end(&mut bytes)
            .context("the licenses cannot be read from standard input")?;
    } else {
        bytes = fs_err::read(file).context("the licenses cannot be read")?;
    }
    licenses_csv::read(&bytes).map_err(|error| {
        let error = anyhow::anyhow!("`{}` cannot be imported: {error}", file.display());
        hint(
            error,
            "`skep license import --help` shows the columns and an example",
        )
    })
}

fn refused(file: &Path, rows: usize, lines: &[BadLine]) -> anyhow::Error {
    let problems = lines
        .iter()
        .map(|bad| format!("\n  line {}: {}", bad.line, bad.problem));
    let mut numbers: Vec<u64> = lines.iter().map(|bad| bad.line).collect();
    numbers.dedup();
    let error = anyhow::anyhow!(
        "nothing was imported: {} of {rows} lines of `{}` are bad{}",
        numbers.len(),
        file.display(),
        problems.collect::<String>()
    );
    hint(error, "correct these lines and import the whole file again")
}

fn license(license: &ImportedLicense) -> serde_json::Value {
    let secret = license.secret.as_ref().map(|key| key.reveal());
    json!({
        "line": license.line,
        "customer_email": license.customer_email,
        "license": {"id": license.license},
        "key": {"id": license.key, "secret": secret},
    })
}

/// The new keys are shown only now; whoever brought a key along knows it.
fn text(app: &App, imported: &Imported) -> String {
    let (licenses, customers) = (imported.licenses.len(), imported.new_customers);
    let mut text = format!("Imported {licenses} licenses; {customers} customers are new.");
    let made = imported.licenses.iter().filter_map(|license| {
        let secret = license.secret.as_ref()?;
        Some([
            license.customer_email.clone(),
            license.license.to_string(),
            secret.reveal().to_owned(),
        ])
    });
    let made: Vec<_> = made.collect();
    if !made.is_empty() {
        text.push_str("\n\nThese lines had no key; the new ones are shown only now:\n\n");
        text.push_str(&table(["customer", "license", "key"], made, ""));
        let names = app.config.repositories.iter().map(|it| &it.name);
        text.push_str("\n\n");
        text.push_str(&key_changes(app, names, "NEW_KEY"));
    }
    text
}
