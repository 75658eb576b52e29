//! `skep import`: releases of another hosting, taken over as they are.

mod dates;
mod execute;
mod offers;
mod report;
mod source;

use skep_formats::name::RepositoryName;
use skep_server::app::App;
use skep_server::catalog::import::{ImportError, plan};

use super::{Context, Outcome};
use crate::cli::moving::Import;
use crate::output::hint;
use dates::Dates;
use execute::Work;
use offers::Offers;
use report::Report;
use source::Source;

pub(super) async fn run(context: &Context, arguments: &Import) -> anyhow::Result<Outcome> {
    let dates = match &arguments.dates {
        Some(file) => Dates::read(file)?,
        None => Dates::default(),
    };
    let imported = context.with_app(async |app| import(app, arguments, &dates).await);
    let report = imported.await?;
    context.output.result(&report, || report.to_text())?;
    context.output.notes(&report.notes);
    for failure in &report.failed {
        context
            .output
            .talk(format_args!("error: {}: {}", failure.what, failure.error));
    }
    Ok(match report.failed.is_empty() && report.held.is_empty() {
        true => Outcome::Done,
        false => Outcome::Failed,
    })
}

async fn import(app: &App, arguments: &Import, dates: &Dates) -> anyhow::Result<Report> {
    let repository = &app.managed_repository(arguments.repository.as_ref())?.name;
    let source = Source::open(arguments).await?;
    let mut report = Report::new(&source, repository, arguments.dry_run);
    report
        .notes
        .extend(notes_on_identity(app, &source, repository));
    let offers = Offers::read(&source, dates, arguments, &mut report).await?;
    report.notes.extend(dates.notes(&offers.all));
    let planned = plan(app, repository, &offers.all, arguments.replace).await;
    let mut plan = planned.map_err(explained)?;
    // What could not be read may well be there.
    plan.only_here
        .retain(|release| !offers.unread.contains(release.package.as_str()));
    report.planned(&plan);
    if arguments.dry_run {
        report.would_do(&plan, &offers.all, (repository, arguments.delete));
        return Ok(report);
    }
    let work = Work {
        app,
        source: &source,
        repository,
        arguments,
    };
    work.take_all(&plan, &offers.all, &mut report).await?;
    if arguments.delete {
        work.delete_all(&plan, &mut report).await?;
    }
    Ok(report)
}

/// Customers who change nothing need the same name and the same key.
fn notes_on_identity(app: &App, source: &Source, repository: &RepositoryName) -> Vec<String> {
    let mut notes = Vec::new();
    if source.repository != repository.as_str() {
        notes.push(format!(
            "the repository is called `{}` there and `{repository}` here: customers' projects name the one they use",
            source.repository
        ));
    }
    let ours = app.signer(repository).map(|signer| &signer.public_key);
    if ours.is_some_and(|ours| *ours != source.key) {
        notes.push(
            "it is signed with another key here: customers have to add the repository again with the new key".to_owned(),
        );
    }
    notes
}

fn explained(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Undated { .. } => hint(
            error,
            "say when they were published: --dates FILE.csv, or --dates-from-mtime if the files' times are those of \
             the publications",
        ),
        error => error.into(),
    }
}

/// Everything that an error and its causes say, on one line.
fn said(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Many libraries repeat their cause in their own sentence.
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}
