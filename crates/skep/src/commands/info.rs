//! `skep info`

use bytes::Bytes;
use http::Response;
use serde_json::Value;
use skep_client::api::packages::{self, Package, PackageRelease};
use skep_client::api::releases::{self, Release, Requirement, Retirement};
use skep_client::cli_auth::Permission;
use skep_client::http_client::HttpClient as _;

use super::Context;
use crate::cli::client::Info;
use crate::output::{details, plain, shortened, table};
use crate::remote::{Remote, unless_interrupted};

/// How many releases people see; programs see them all.
const RELEASES: usize = 20;
/// How long a description may be, in characters.
const DESCRIPTION: usize = 1000;

pub(super) async fn run(context: &Context, arguments: Info) -> anyhow::Result<()> {
    let remote = Remote::server(&arguments.server.name, context.output)?;
    let name = arguments.package.as_str();
    let (value, text) = match &arguments.version {
        None => {
            let (package, value) = unless_interrupted(package(&remote, name)).await?;
            (value, about_package(&package))
        }
        Some(version) => {
            let version = version.to_string();
            let (release, value) = unless_interrupted(release(&remote, name, &version)).await?;
            (value, about_release(name, &release))
        }
    };
    context.output.result(&value, || text)?;
    Ok(())
}

async fn package(remote: &Remote, name: &str) -> anyhow::Result<(Package, Value)> {
    let ask = |config| async move {
        let request = packages::get_request(&config, name)?;
        let response = remote.transport.send(request).await?;
        let value = said(&response);
        Ok((packages::get_response(response)?, value))
    };
    remote.api(Permission::Read, true, ask).await
}

async fn release(remote: &Remote, name: &str, version: &str) -> anyhow::Result<(Release, Value)> {
    let ask = |config| async move {
        let request = releases::get_request(&config, name, version)?;
        let response = remote.transport.send(request).await?;
        let value = said(&response);
        Ok((releases::get_response(response)?, value))
    };
    remote.api(Permission::Read, true, ask).await
}

/// What the server says, with the fields that this program does not know.
pub(super) fn said(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

fn about_package(package: &Package) -> String {
    let meta = &package.meta;
    let owners = package.owners.iter().map(|owner| owner.username.as_str());
    let links = meta
        .links
        .iter()
        .map(|(name, url)| format!("{name}: {url}"));
    let downloads = package.downloads.get("all").map(u64::to_string);
    let config = package.configs.get("mix.exs").map(String::as_str);
    let head = shown(&[
        ("Package", Some(&package.name)),
        ("Repository", package.repository.as_deref()),
        ("Description", meta.description.as_deref()),
        ("Licenses", Some(&meta.licenses.join(", "))),
        ("Links", Some(&links.collect::<Vec<_>>().join(", "))),
        ("Owners", Some(&owners.collect::<Vec<_>>().join(", "))),
        ("Downloads", downloads.as_deref()),
        ("Page", package.html_url.as_deref()),
        ("Documentation", package.docs_html_url.as_deref()),
        ("mix.exs", config),
    ]);
    let row = |release: &PackageRelease| {
        let retired = package.retirements.get(&release.version);
        [
            plain(&release.version),
            day(release.inserted_at.as_deref()),
            if release.has_docs { "yes" } else { "" }.to_owned(),
            retired.map(retirement).unwrap_or_default(),
        ]
    };
    let newest = package.releases.iter().take(RELEASES);
    let headers = ["version", "published", "docs", "retired"];
    let mut text = table(headers, newest.map(row).collect(), "No releases.");
    if let Some(more) = package
        .releases
        .len()
        .checked_sub(RELEASES)
        .filter(|n| *n > 0)
    {
        text.push_str(&format!("\n… and {more} older ones: --json has them all"));
    }
    format!("{head}\n\n{text}")
}

fn about_release(name: &str, release: &Release) -> String {
    let publisher = release.publisher.as_ref();
    let retired = release.retirement.as_ref().map(retirement);
    let downloads = release.downloads.map(|downloads| downloads.to_string());
    let head = shown(&[
        ("Package", Some(name)),
        ("Version", Some(&release.version)),
        ("Published", Some(&day(release.inserted_at.as_deref()))),
        ("Published by", publisher.map(|user| user.username.as_str())),
        ("Retired", retired.as_deref()),
        ("Checksum", release.checksum.as_deref()),
        ("Build tools", Some(&release.meta.build_tools.join(", "))),
        ("Elixir", release.meta.elixir.as_deref()),
        ("Downloads", downloads.as_deref()),
        ("Page", release.html_url.as_deref()),
        ("Documentation", release.docs_html_url.as_deref()),
    ]);
    let row = |(name, needed): (&String, &Requirement)| {
        let requirement = needed.requirement.as_deref().unwrap_or_default();
        let optional = if needed.optional { "optional" } else { "" };
        [plain(name), plain(requirement), optional.to_owned()]
    };
    let rows = release.requirements.iter().map(row).collect();
    let needs = table(["needs", "version", ""], rows, "It needs no other package.");
    format!("{head}\n\n{needs}")
}

fn shown(pairs: &[(&str, Option<&str>)]) -> String {
    let texts = pairs.iter().map(|(name, text)| {
        let text = shortened(text.unwrap_or_default(), DESCRIPTION);
        (*name, text)
    });
    details(&texts.collect::<Vec<_>>())
}

fn day(moment: Option<&str>) -> String {
    let day = moment.and_then(|text| text.split('T').next());
    plain(day.unwrap_or_default())
}

fn retirement(found: &Retirement) -> String {
    let message = found.message.as_deref().map(|text| format!(": {text}"));
    plain(&format!("{}{}", found.reason, message.unwrap_or_default()))
}
