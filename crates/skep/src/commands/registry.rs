//! `skep registry`: repositories of plain files. Needs no configuration and no server.

mod build;
mod folder;
mod manifest;
mod release;
mod report;
mod scan;
mod sync;
mod verify;
mod writer;

pub(super) use report::count;
pub(super) use verify::{read_key, web_url};

use super::{Context, Outcome};
use crate::cli::registry::Registry;

pub(super) async fn run(context: &Context, command: Registry) -> anyhow::Result<Outcome> {
    match command {
        Registry::Build(arguments) => build::run(context.output, &arguments),
        Registry::Sync(arguments) => sync::run(context.output, &arguments).await,
        Registry::Verify(arguments) => verify::run(context.output, &arguments).await,
    }
}
