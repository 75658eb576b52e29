//! `skep package …`

use serde::Serialize;
use serde_json::{Value, json};
use skep_server::app::App;
use skep_server::catalog::packages::{PackageDetails, PackageSummary};
use skep_server::catalog::release::Release;
use skep_server::catalog::retire::{self, Target, reason_name};
use skep_server::catalog::{delete, packages};
use skep_server::clock::Timestamp;
use skep_server::db::audit::Actor;

use super::Context;
use crate::cli::catalog::{
    Package, PackageDelete, PackageList, PackageRelease, PackageRetire, PackageShow,
};
use crate::output::{details, table};

pub(super) async fn run(context: &Context, command: Package) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            Package::List(arguments) => list(context, app, arguments).await,
            Package::Show(arguments) => show(context, app, arguments).await,
            Package::Retire(arguments) => retire(context, app, arguments).await,
            Package::Unretire(release) => unretire(context, app, release).await,
            Package::Delete(arguments) => delete(context, app, arguments).await,
        })
        .await
}

async fn list(context: &Context, app: &App, arguments: PackageList) -> anyhow::Result<()> {
    let packages = packages::list(app, arguments.repository.as_ref()).await?;
    context.output.result(&packages, || {
        let row = |summary: &PackageSummary| {
            [
                summary.package.name.to_string(),
                summary.latest_version.clone(),
                summary.releases.to_string(),
                summary.latest_published_at.date(),
                summary.package.repository.to_string(),
            ]
        };
        let headers = ["package", "latest", "releases", "published", "repository"];
        let nothing = "There are no packages yet: `skep publish FILE` adds one.";
        table(headers, packages.iter().map(row).collect(), nothing)
    })?;
    Ok(())
}

async fn show(context: &Context, app: &App, arguments: PackageShow) -> anyhow::Result<()> {
    let package = packages::show(app, arguments.repository.as_ref(), &arguments.name).await?;
    let value = json!({
        "id": package.package.id,
        "repository": package.package.repository,
        "name": package.package.name,
        "created_at": package.package.created_at,
        "metadata": package.metadata,
        "releases": package.releases.iter().map(ReleaseJson::new).collect::<Vec<_>>(),
    });
    context.output.result(&value, || describe(&package))?;
    Ok(())
}

/// A release as programs get it.
#[derive(Serialize)]
struct ReleaseJson<'a> {
    version: String,
    published_at: Timestamp,
    updated_at: Timestamp,
    size_bytes: u64,
    inner_checksum: String,
    outer_checksum: String,
    retirement: Option<Value>,
    has_docs: bool,
    dependencies: Vec<DependencyJson<'a>>,
}

#[derive(Serialize)]
struct DependencyJson<'a> {
    package: &'a str,
    requirement: &'a str,
    optional: bool,
    repository: Option<&'a str>,
}

impl<'a> ReleaseJson<'a> {
    fn new(release: &'a Release) -> Self {
        let retirement = release.retirement.as_ref();
        let dependencies = release
            .dependencies
            .iter()
            .map(|dependency| DependencyJson {
                package: &dependency.package,
                requirement: &dependency.requirement,
                optional: dependency.optional.unwrap_or(false),
                repository: dependency.repository.as_deref(),
            });
        Self {
            version: release.version.to_string(),
            published_at: release.published_at,
            updated_at: release.updated_at,
            size_bytes: release.size_bytes,
            inner_checksum: release.inner_checksum.to_string(),
            outer_checksum: release.outer_checksum.to_string(),
            retirement: retirement.map(
                |found| json!({"reason": reason_name(found.reason), "message": found.message}),
            ),
            has_docs: release.docs.is_some(),
            dependencies: dependencies.collect(),
        }
    }
}

fn describe(package: &PackageDetails) -> String {
    let metadata = |name: &str| match &package.metadata[name] {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts = values.iter().filter_map(Value::as_str);
            texts.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    };
    let head = details(&[
        ("Package", package.package.name.to_string()),
        ("Repository", package.package.repository.to_string()),
        ("Description", metadata("description")),
        ("Licenses", metadata("licenses")),
        ("Build tools", metadata("build_tools")),
    ]);
    let headers = ["version", "published", "size", "docs", "retired"];
    let releases = table(
        headers,
        package.releases.iter().rev().map(row).collect(),
        "No releases.",
    );
    format!("{head}\n\n{releases}")
}

fn row(release: &Release) -> [String; 5] {
    let retired = release.retirement.as_ref().map(|found| {
        let message = found.message.as_deref().map(|text| format!(": {text}"));
        format!(
            "{}{}",
            reason_name(found.reason),
            message.unwrap_or_default()
        )
    });
    [
        release.version.to_string(),
        release.published_at.date(),
        format!("{} bytes", release.size_bytes),
        if release.docs.is_some() { "yes" } else { "" }.to_owned(),
        retired.unwrap_or_default(),
    ]
}

fn target(release: PackageRelease) -> Target {
    Target {
        repository: release.repository,
        package: release.name,
        version: release.version,
        actor: Actor::Cli,
    }
}

async fn retire(context: &Context, app: &App, arguments: PackageRetire) -> anyhow::Result<()> {
    let reason = retire::parse_reason(&arguments.reason)?;
    let target = target(arguments.release);
    let release = retire::retire(app, &target, reason, arguments.message.as_deref()).await?;
    let (package, version) = (&target.package, &target.version);
    let done = || format!("Retired {package} {version}: {}.", arguments.reason);
    context.output.result(&ReleaseJson::new(&release), done)?;
    Ok(())
}

async fn unretire(context: &Context, app: &App, release: PackageRelease) -> anyhow::Result<()> {
    let target = target(release);
    let release = retire::unretire(app, &target).await?;
    let done = || {
        format!(
            "{} {} is no longer retired.",
            target.package, target.version
        )
    };
    context.output.result(&ReleaseJson::new(&release), done)?;
    Ok(())
}

async fn delete(context: &Context, app: &App, arguments: PackageDelete) -> anyhow::Result<()> {
    let target = target(arguments.release);
    let deleted = delete::delete(app, &target, arguments.force).await?;
    context.output.result(&deleted, || {
        let mut text = format!("Deleted {}.", deleted.release);
        if deleted.package_is_gone {
            text.push_str(" It was the last release of the package, which is gone too.");
        }
        text
    })?;
    if !deleted.downloaded_by.0.is_empty() {
        let note = format!("it had been downloaded by {}", deleted.downloaded_by);
        context.output.notes(&[note]);
    }
    Ok(())
}
