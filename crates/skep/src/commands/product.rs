//! `skep product …`

use serde_json::json;
use skep_server::app::App;
use skep_server::catalog::packages;
use skep_server::db::audit::Actor;
use skep_server::licensing::narrowing::{Downloaded, Narrowed};
use skep_server::licensing::product::{self, Pattern};
use skep_server::licensing::products;

use super::Context;
use crate::cli::product::{Product, ProductCreate, ProductEdit, ProductShow};
use crate::output::{details, table};

pub(super) async fn run(context: &Context, command: Product) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            Product::Create(arguments) => create(context, app, arguments).await,
            Product::List => list(context, app).await,
            Product::Show(arguments) => show(context, app, arguments).await,
            Product::Edit(arguments) => edit(context, app, arguments).await,
        })
        .await
}

fn patterns(product: &product::Product) -> String {
    let texts = product.packages.iter().map(Pattern::as_str);
    texts.collect::<Vec<_>>().join(" ")
}

async fn create(context: &Context, app: &App, arguments: ProductCreate) -> anyhow::Result<()> {
    let request = products::Create {
        slug: arguments.slug,
        packages: arguments.packages,
        repository: arguments.repository,
        actor: Actor::Cli,
    };
    let product = products::create(app, &request).await?;
    let packages = covered(app, &product).await?;
    context.output.result(&product, || {
        format!("Product {} has {}.", product.slug, patterns(&product))
    })?;
    if packages.is_empty() {
        let note =
            "no package of that name is published yet: customers get it once it is".to_owned();
        context.output.notes(&[note]);
    }
    Ok(())
}

/// The packages that belong to a product now.
async fn covered(app: &App, product: &product::Product) -> anyhow::Result<Vec<String>> {
    if app.config.repository(&product.repository).is_none() {
        return Ok(Vec::new());
    }
    let all = packages::list(app, Some(&product.repository)).await?;
    let names = all.iter().map(|summary| summary.package.name.as_str());
    let covered = names.filter(|name| product.covers(product.repository.as_str(), name));
    Ok(covered.map(str::to_owned).collect())
}

async fn list(context: &Context, app: &App) -> anyhow::Result<()> {
    let products = products::list(app).await?;
    context.output.result(&products, || {
        let rows = products.iter().map(|product| {
            let repository = product.repository.to_string();
            [
                product.slug.to_string(),
                patterns(product),
                repository,
                product.id.to_string(),
            ]
        });
        let nothing = "There are no products yet: `skep product create` makes one.";
        table(
            ["product", "packages", "repository", "id"],
            rows.collect(),
            nothing,
        )
    })?;
    Ok(())
}

async fn show(context: &Context, app: &App, arguments: ProductShow) -> anyhow::Result<()> {
    let product = products::show(app, &arguments.slug).await?;
    let packages = covered(app, &product).await?;
    let value = json!({"product": product, "published_packages": packages});
    context.output.result(&value, || {
        let published = match packages.as_slice() {
            [] => "none yet".to_owned(),
            names => names.join(", "),
        };
        details(&[
            ("Product", product.slug.to_string()),
            ("Id", product.id.to_string()),
            ("Repository", product.repository.to_string()),
            ("Packages", patterns(&product)),
            ("Published", published),
            ("Since", product.created_at.date()),
        ])
    })?;
    Ok(())
}

async fn edit(context: &Context, app: &App, arguments: ProductEdit) -> anyhow::Result<()> {
    let may_keep = !arguments.remove.is_empty() && !arguments.strict;
    let request = products::Edit {
        slug: arguments.slug,
        add: arguments.add,
        remove: arguments.remove,
        downloaded: downloaded(arguments.strict),
        actor: Actor::Cli,
    };
    let edited = products::edit(app, &request).await?;
    let value = json!({"product": edited.product, "narrowed": edited.narrowed});
    context.output.result(&value, || {
        let product = &edited.product;
        let mut text = format!("Product {} has {}.", product.slug, patterns(product));
        for narrowed in &edited.narrowed {
            text.push_str("\n\n");
            text.push_str(&narrowing(narrowed));
        }
        if may_keep {
            text.push_str("\n\n");
            text.push_str(LATE_DOWNLOADS);
        }
        text
    })?;
    Ok(())
}

/// Of every narrowing that keeps something: the list may not be complete yet.
pub(super) const LATE_DOWNLOADS: &str =
    "What was downloaded in the last seconds is kept as well, though it is not listed here yet.";

/// What `--strict` means.
pub(super) const fn downloaded(is_strict: bool) -> Downloaded {
    if is_strict {
        Downloaded::Hide
    } else {
        Downloaded::Keep
    }
}

/// What a license keeps, or loses, of what it had downloaded.
pub(super) fn narrowing(narrowed: &Narrowed) -> String {
    let what = if narrowed.are_kept {
        "keeps what it had downloaded, so that locked builds go on working"
    } else {
        "loses what it had downloaded; builds locked to it will fail"
    };
    let releases = narrowed
        .releases
        .iter()
        .map(|release| format!("\n  {release}"));
    format!(
        "License {} {what}:{}",
        narrowed.license,
        releases.collect::<String>()
    )
}
