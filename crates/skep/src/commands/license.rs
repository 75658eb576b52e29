//! `skep license …`

use skep_server::app::App;
use skep_server::db::audit::Actor;
use skep_server::licensing::license::Terms;
use skep_server::licensing::licenses::{self, Listed};
use skep_server::licensing::product::Slug;

use super::Context;
use crate::cli::license::{Grant, License, List, One};
use crate::output::{day_or_dash, table};

mod change;
mod explain;
mod import;
mod issue;
mod show;

pub(super) async fn run(context: &Context, command: License) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            License::Issue(arguments) => issue::run(context, app, *arguments).await,
            License::List(arguments) => list(context, app, arguments).await,
            License::Show(one) => show::run(context, app, one).await,
            License::Explain(arguments) => explain::run(context, app, arguments).await,
            License::Change(arguments) => change::run(context, app, *arguments).await,
            License::Grant(arguments) => grant(context, app, arguments).await,
            License::Suspend(_) | License::Resume(_) | License::Revoke(_) => {
                status(context, app, command).await
            }
            License::Import(arguments) => import::run(context, app, arguments).await,
        })
        .await
}

async fn list(context: &Context, app: &App, arguments: List) -> anyhow::Result<()> {
    let mut found = licenses::list(app, arguments.customer.as_deref()).await?;
    if let Some(slug) = &arguments.product {
        skep_server::licensing::products::show(app, slug).await?;
        found.retain(|license| license.product_slugs.contains(slug));
    }
    context.output.result(&found, || licenses_table(&found))?;
    Ok(())
}

/// Licenses for people, one a line.
pub(super) fn licenses_table(licenses: &[Listed]) -> String {
    let rows = licenses.iter().map(|listed| {
        let terms = &listed.license.terms;
        [
            listed.license.id.to_string(),
            listed.customer_email.clone(),
            slugs(&listed.product_slugs),
            listed.license.plan.to_string(),
            listed.standing.to_owned(),
            day_or_dash(terms.access_until),
            day_or_dash(terms.updates_until),
            listed
                .license
                .external_id
                .clone()
                .unwrap_or_else(|| "-".to_owned()),
        ]
    });
    let headers = [
        "id",
        "customer",
        "products",
        "plan",
        "standing",
        "access until",
        "updates until",
        "external id",
    ];
    let nothing = "There are no such licenses: `skep license issue` issues one.";
    table(headers, rows.collect(), nothing)
}

fn slugs(slugs: &[Slug]) -> String {
    slugs.iter().map(Slug::as_str).collect::<Vec<_>>().join(" ")
}

/// The dates of a license in words.
fn terms_text(terms: &Terms) -> String {
    let mut parts = Vec::new();
    match (terms.access_until, terms.grace_days) {
        (None, _) => parts.push("open for ever".to_owned()),
        (Some(until), 0) => parts.push(format!("open until {}", until.date())),
        (Some(until), days) => parts.push(format!(
            "open until {} and {days} days of grace",
            until.date()
        )),
    }
    match terms.updates_until {
        None => parts.push("all releases".to_owned()),
        Some(until) => parts.push(format!("releases published until {}", until.date())),
    }
    parts.join(", ")
}

async fn grant(context: &Context, app: &App, arguments: Grant) -> anyhow::Result<()> {
    let request = licenses::GrantRequest {
        license: arguments.license,
        package: arguments.package,
        version: arguments.version,
        repository: arguments.repository,
        actor: Actor::Cli,
    };
    let granted = licenses::grant(app, &request).await?;
    let value = serde_json::json!({
        "license": {"id": granted.license},
        "grant": granted.grant,
        "is_new": granted.is_new,
    });
    context.output.result(&value, || {
        let already = if granted.is_new { "" } else { " already" };
        format!(
            "License {} sees {}{already}.",
            granted.license, granted.grant.release
        )
    })?;
    Ok(())
}

async fn status(context: &Context, app: &App, command: License) -> anyhow::Result<()> {
    let (license, done) = match command {
        License::Suspend(One { license }) => (
            licenses::suspend(app, &license, &Actor::Cli).await?,
            "suspended",
        ),
        License::Resume(One { license }) => (
            licenses::resume(app, &license, &Actor::Cli).await?,
            "open again",
        ),
        License::Revoke(One { license }) => (
            licenses::revoke(app, &license, &Actor::Cli).await?,
            "closed for good",
        ),
        _ => unreachable!("only these change the status"),
    };
    context
        .output
        .result(&license, || format!("License {} is {done}.", license.id))?;
    Ok(())
}
