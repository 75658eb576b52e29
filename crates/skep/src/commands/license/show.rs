//! `skep license show`

use skep_server::app::App;
use skep_server::licensing::grant::{Grant, Origin};
use skep_server::licensing::licenses::{Shown, show};

use super::super::key::keys_table;
use super::{Context, slugs, terms_text};
use crate::cli::license::One;
use crate::output::{details, minute, table};

pub(super) async fn run(context: &Context, app: &App, one: One) -> anyhow::Result<()> {
    let shown = show(app, &one.license).await?;
    context.output.result(&shown, || text(app, &shown))?;
    Ok(())
}

fn text(app: &App, shown: &Shown) -> String {
    let license = &shown.license;
    let products: Vec<_> = shown
        .products
        .iter()
        .map(|product| product.slug.clone())
        .collect();
    let head = details(&[
        ("License", license.id.to_string()),
        (
            "Customer",
            format!("{} <{}>", shown.customer.name, shown.customer.email),
        ),
        ("Products", slugs(&products)),
        (
            "Plan",
            format!("{}: {}", license.plan, terms_text(&license.terms)),
        ),
        ("Standing", shown.standing.to_owned()),
        ("Starts", license.terms.starts_at.date()),
        (
            "External id",
            license.external_id.clone().unwrap_or_default(),
        ),
        ("Notes", license.notes.clone()),
        ("Issued", license.created_at.date()),
        ("Changed", license.updated_at.date()),
    ]);
    let keys = keys_table(
        &shown.keys,
        app.clock.now(),
        "No keys: `skep key create` makes one.",
    );
    let mut parts = vec![head, keys];
    if !shown.grants.is_empty() {
        parts.push(grants(&shown.grants));
    }
    let downloads = shown.downloads.iter().map(|download| {
        let release = &download.release;
        [
            release.package.to_string(),
            release.version.to_string(),
            download.requests.to_string(),
            minute(download.first_at),
            minute(download.last_at),
        ]
    });
    let headers = ["downloaded", "version", "requests", "first", "last"];
    parts.push(table(
        headers,
        downloads.collect(),
        "Nothing was downloaded yet.",
    ));
    parts.join("\n\n")
}

fn grants(grants: &[Grant]) -> String {
    let rows = grants.iter().map(|grant| {
        let why = match grant.origin {
            Origin::Seller => "given by you",
            Origin::Narrowing => "kept for locked builds",
        };
        [
            grant.release.package.to_string(),
            grant.release.version.to_string(),
            why.to_owned(),
            grant.granted_at.date(),
        ]
    });
    table(
        ["seen by name", "version", "why", "since"],
        rows.collect(),
        "",
    )
}
