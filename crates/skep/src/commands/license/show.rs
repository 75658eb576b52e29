//! `skep license show`

use skep_server::app::App;
use skep_server::db::downloads::Download;
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
    let nothing = "No keys: `skep key create` makes one.";
    let mut parts = vec![
        about(shown),
        keys_table(&shown.keys, app.clock.now(), nothing),
    ];
    if !shown.grants.is_empty() {
        parts.push(grants(&shown.grants));
    }
    parts.push(downloads(&shown.downloads));
    parts.join("\n\n")
}

fn about(shown: &Shown) -> String {
    let license = &shown.license;
    let products: Vec<_> = shown
        .products
        .iter()
        .map(|product| product.slug.clone())
        .collect();
    let customer = format!("{} <{}>", shown.customer.name, shown.customer.email);
    let plan = format!("{}: {}", license.plan, terms_text(&license.terms));
    details(&[
        ("License", license.id.to_string()),
        ("Customer", customer),
        ("Products", slugs(&products)),
        ("Plan", plan),
        ("Standing", shown.standing.to_owned()),
        ("Starts", license.terms.starts_at.date()),
        (
            "External id",
            license.external_id.clone().unwrap_or_default(),
        ),
        ("Notes", license.notes.clone()),
        ("Issued", license.created_at.date()),
        ("Changed", license.updated_at.date()),
    ])
}

fn downloads(downloads: &[Download]) -> String {
    let rows = downloads.iter().map(|download| {
        [
            download.release.package.to_string(),
            download.release.version.to_string(),
            download.requests.to_string(),
            minute(download.first_at),
            minute(download.last_at),
        ]
    });
    let headers = ["downloaded", "version", "requests", "first", "last"];
    table(headers, rows.collect(), "Nothing was downloaded yet.")
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
