//! `skep export`

use skep_server::app::App;
use skep_server::catalog::export;
use skep_server::mirror::{self, Permissions};

use super::mirrored::{self, Report};
use super::{Context, Outcome, place};
use crate::cli::moving::Export;

pub(super) async fn run(context: &Context, arguments: &Export) -> anyhow::Result<Outcome> {
    let url = place::url(&arguments.destination, &arguments.store)?;
    let exported = context.with_app(async |app| {
        let tree = place::destination(&url, arguments.dry_run).await?;
        let exported = export::export(app, arguments.repository.as_ref()).await?;
        let permissions = Permissions {
            may_replace: arguments.force,
            // Replaced releases were replaced here, by the seller.
            may_replace_tarballs: true,
            may_delete: arguments.delete,
        };
        let planned = mirror::plan(tree.as_ref(), &exported.contents, permissions).await;
        let plan = planned.map_err(mirrored::explained)?;
        if let (Some(tree), false) = (&tree, arguments.dry_run) {
            let read = |path| read(app, &exported, path);
            mirrored::carry_out(tree, &plan, read).await?;
        }
        let place = tree
            .as_ref()
            .map_or(&*arguments.destination, |it| it.place());
        let repository = &exported.contents.repository;
        Ok(Report::new(place, repository, &plan, arguments.dry_run))
    });
    let report = exported.await?;
    context.output.result(&report, || report.to_text())?;
    context.output.notes(&report.notes());
    Ok(Outcome::Done)
}

async fn read(
    app: &App,
    exported: &export::Export,
    path: skep_server::files::TreePath,
) -> Result<bytes::Bytes, skep_server::files::FilesError> {
    exported.read(app, &path).await
}
