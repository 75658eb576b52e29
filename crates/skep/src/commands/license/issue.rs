//! `skep license issue`: the key, once, and the lines for the customer.

use serde_json::json;
use skep_formats::name::RepositoryName;
use skep_server::app::App;
use skep_server::catalog::{CatalogError, packages};
use skep_server::db::audit::Actor;
use skep_server::licensing::license::License;
use skep_server::licensing::licenses::{Issue, Issued, issue};
use skep_server::licensing::product::{Pattern, Product};
use skep_server::licensing::terms::Dates;

use super::super::key::{another_key, with_secret};
use super::{Context, terms_text};
use crate::cli::license;
use crate::instructions::Instructions;
use crate::output::details;

/// More are not written out: the customer picks from them anyway.
const MOST_PACKAGES: usize = 12;

pub(super) async fn run(
    context: &Context,
    app: &App,
    arguments: license::Issue,
) -> anyhow::Result<()> {
    let request = Issue {
        customer: arguments.customer,
        products: arguments.products,
        plan: arguments.plan,
        dates: Dates {
            starts_at: arguments.starts_at,
            access_until: arguments.access_until,
            updates_until: arguments.updates_until,
            grace_days: arguments.grace_days,
        },
        external_id: arguments.external_id.filter(|text| !text.is_empty()),
        notes: arguments.notes.unwrap_or_default(),
        key_label: arguments.label.unwrap_or_default(),
        actor: Actor::Cli,
    };
    let issued = issue(app, &request).await?;
    let value = json!({
        "license": issued.license,
        "customer": issued.customer,
        "products": issued.products.iter().map(|product| &product.slug).collect::<Vec<_>>(),
        "key": with_secret(&issued.key, issued.secret.reveal()),
    });
    let lines = if context.output.is_json() {
        String::new()
    } else {
        context.output.talk(summary(&issued));
        instructions(app, &issued).await?
    };
    context
        .output
        .secret(&value, || lines, || another_key(&issued.key))?;
    context.output.notes(&issued.notes);
    Ok(())
}

fn summary(issued: &Issued) -> String {
    let products = issued.products.iter().map(|product| product.slug.as_str());
    let about = details(&[
        ("License", issued.license.id.to_string()),
        (
            "Customer",
            format!("{} <{}>", issued.customer.name, issued.customer.email),
        ),
        ("Products", products.collect::<Vec<_>>().join(" ")),
        (
            "Plan",
            format!(
                "{}: {}",
                issued.license.plan,
                terms_text(&issued.license.terms)
            ),
        ),
        ("Key", issued.secret.reveal().to_owned()),
    ]);
    format!("{about}\n\nThe key is shown only now. What to send to the customer:\n")
}

/// What to send to the customer: for each repository that the products are in.
async fn instructions(app: &App, issued: &Issued) -> anyhow::Result<String> {
    let mut repositories: Vec<&RepositoryName> = issued
        .products
        .iter()
        .map(|product| &product.repository)
        .collect();
    repositories.sort();
    repositories.dedup();
    let mut parts = Vec::new();
    for repository in repositories {
        // A product may be of a repository that the configuration has no more.
        let Some((public_key, fingerprint)) = app.public_key(repository) else {
            continue;
        };
        let packages = packages_of(app, repository, issued).await?;
        let instructions = Instructions {
            repository: repository.as_str(),
            url: &app.config.repository_url(repository),
            fingerprint,
            public_key: &public_key.to_pem(),
            key: issued.secret.reveal(),
            packages: &packages,
        };
        parts.push(instructions.render());
    }
    Ok(parts.join("\n\n\n"))
}

/// The packages that a license covers in a repository, with the newest version that it sees.
async fn packages_of(
    app: &App,
    repository: &RepositoryName,
    issued: &Issued,
) -> anyhow::Result<Vec<(String, Option<String>)>> {
    let products: Vec<&Product> = issued
        .products
        .iter()
        .filter(|product| product.repository == *repository)
        .collect();
    let published = match packages::list(app, Some(repository)).await {
        // The license is there: its key is shown, also while a static registry is out of reach.
        Err(CatalogError::Registry(_)) => Vec::new(),
        published => published?,
    };
    let covered = published
        .iter()
        .map(|summary| &summary.package.name)
        .filter(|name| {
            products
                .iter()
                .any(|product| product.covers(repository.as_str(), name.as_str()))
        });
    let mut packages = Vec::new();
    for name in covered.take(MOST_PACKAGES) {
        let package = packages::show(app, Some(repository), name).await?;
        packages.push((name.to_string(), newest(&package, &issued.license)));
    }
    // What is still to be published has a name already, unless it is a pattern.
    for pattern in products.iter().flat_map(|product| &product.packages) {
        let name = Pattern::as_str(pattern);
        if !name.contains(['*', '?']) && !packages.iter().any(|(known, _)| known == name) {
            packages.push((name.to_owned(), None));
        }
    }
    Ok(packages)
}

fn newest(package: &packages::PackageDetails, license: &License) -> Option<String> {
    let seen = package
        .releases
        .iter()
        .filter(|release| license.terms.includes_release_of(release.published_at));
    let best = seen.max_by_key(|release| {
        let is_advised = !release.version.is_pre() && release.retirement.is_none();
        (is_advised, release.version.clone())
    });
    best.map(|release| release.version.to_string())
}
