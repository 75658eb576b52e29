//! `skep search`

use skep_client::api::packages::{self, Package, Search as Query};
use skep_client::cli_auth::Permission;
use skep_client::http_client::HttpClient as _;

use super::Context;
use super::info::said;
use crate::cli::client::Search;
use crate::output::{plain, shortened, table};
use crate::remote::{Remote, unless_interrupted};

/// How much of a description is in the table, in characters.
const DESCRIPTION: usize = 60;

pub(super) async fn run(context: &Context, arguments: Search) -> anyhow::Result<()> {
    let remote = Remote::server(&arguments.server.name, context.output)?;
    let mut query = Query::new(&arguments.term);
    query.page = arguments.page;
    let query = &query;
    let transport = &remote.transport;
    let search = remote.api(Permission::Read, true, |config| async move {
        let response = transport
            .send(packages::search_request(&config, query)?)
            .await?;
        let value = said(&response);
        Ok((packages::search_response(response)?, value))
    });
    let (found, value) = unless_interrupted(search).await?;
    context.output.result(&value, || {
        let headers = ["package", "latest", "description"];
        let nothing = format!("Nothing is found for `{}`.", arguments.term);
        table(headers, found.iter().map(row).collect(), &nothing)
    })?;
    Ok(())
}

fn row(package: &Package) -> [String; 3] {
    let stable = package.latest_stable_version.as_ref();
    let latest = stable.or(package.latest_version.as_ref());
    let newest = package.releases.first().map(|release| &release.version);
    let description = package.meta.description.as_deref().unwrap_or_default();
    [
        name(package),
        plain(latest.or(newest).map_or("", String::as_str)),
        shortened(description, DESCRIPTION),
    ]
}

/// With its repository, where that is not the server's main one.
fn name(package: &Package) -> String {
    let repository = package.repository.as_deref();
    match repository.filter(|name| *name != crate::servers::HEXPM) {
        Some(repository) => plain(&format!("{repository}/{}", package.name)),
        None => plain(&package.name),
    }
}
