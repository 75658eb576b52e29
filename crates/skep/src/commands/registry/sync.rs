//! `skep registry sync`: a built registry, brought to where it is served.

mod local;

use skep_server::mirror::{self, Permissions};

use super::super::mirrored::{self, Report};
use super::super::{Outcome, place};
use super::folder::Folder;
use super::report::count;
use super::verify;
use crate::cli::registry::Sync;
use crate::output::{Output, hint};

pub(super) async fn run(output: Output, arguments: &Sync) -> anyhow::Result<Outcome> {
    let url = place::url(&arguments.destination, &arguments.store)?;
    let folder = Folder::new(&arguments.dir);
    // Only a folder of our own builds has anything to be locked against.
    let is_ours = folder.manifest().parent().is_some_and(|it| it.is_dir());
    let _lock = is_ours.then(|| folder.lock()).transpose()?;
    if !verified(output, arguments)? {
        return Ok(Outcome::Failed);
    }
    let contents = local::contents(&arguments.dir, &folder)?;
    let tree = place::destination(&url, arguments.dry_run).await?;
    let permissions = Permissions {
        may_replace: arguments.force,
        may_delete: arguments.delete,
        ..Permissions::default()
    };
    let planned = mirror::plan(tree.as_ref(), &contents, permissions).await;
    let plan = planned.map_err(mirrored::explained)?;
    if let (Some(tree), false) = (&tree, arguments.dry_run) {
        let read = |path| local::read(arguments.dir.clone(), path);
        mirrored::carry_out(tree, &plan, read).await?;
    }
    let place = tree
        .as_ref()
        .map_or(&*arguments.destination, |it| it.place());
    let report = Report::new(place, &contents.repository, &plan, arguments.dry_run);
    output.result(&report, || report.to_text())?;
    output.notes(&report.notes());
    Ok(Outcome::Done)
}

/// Whether it may be seen by customers; what is wrong with it has been said.
fn verified(output: Output, arguments: &Sync) -> anyhow::Result<bool> {
    let name = arguments.name.as_ref().map(ToString::to_string);
    let found = verify::folder(&arguments.dir, arguments.public_key.as_deref(), name);
    let findings = found.map_err(|error| {
        let shown = arguments.dir.display();
        let error = error.context(format!("`{shown}` is no registry that could be uploaded"));
        hint(error, "`skep registry build` makes one")
    })?;
    output.notes(&findings.notes);
    if findings.faults.is_empty() {
        return Ok(true);
    }
    for fault in &findings.faults {
        output.talk(format_args!("error: {}: {}", fault.file, fault.fault));
    }
    output.talk(format_args!(
        "error: `{}` has {}: nothing was uploaded",
        arguments.dir.display(),
        count(findings.faults.len(), "fault")
    ));
    if output.is_json() {
        output.json(&serde_json::json!({"faults": findings.faults}))?;
    }
    Ok(false)
}
