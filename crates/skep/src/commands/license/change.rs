//! `skep license change`

use serde_json::json;
use skep_server::app::App;
use skep_server::db::audit::Actor;
use skep_server::licensing::licenses::{Change, Changed, Edit, change};

use super::super::product::{LATE_DOWNLOADS, downloaded, narrowing};
use super::{Context, terms_text};
use crate::cli::license;
use crate::dates::DateOrNever;
use crate::output::hint;

pub(super) async fn run(
    context: &Context,
    app: &App,
    arguments: license::Change,
) -> anyhow::Result<()> {
    if changes_nothing(&arguments) {
        let error = anyhow::anyhow!(
            "nothing to change was given for license `{}`",
            arguments.license
        );
        return Err(hint(
            error,
            "for instance `--access-until 2028-11-30`; `skep license change --help` shows all",
        ));
    }
    let changed = change(app, &request(arguments)).await?;
    let value = json!({
        "license": changed.license,
        "products": changed.products.iter().map(|product| &product.slug).collect::<Vec<_>>(),
        "narrowed": changed.narrowed,
    });
    context.output.result(&value, || text(&changed))?;
    context.output.notes(&changed.notes);
    Ok(())
}

const fn changes_nothing(arguments: &license::Change) -> bool {
    arguments.plan.is_none()
        && arguments.starts_at.is_none()
        && arguments.access_until.is_none()
        && arguments.updates_until.is_none()
        && arguments.grace_days.is_none()
        && arguments.add_products.is_empty()
        && arguments.remove_products.is_empty()
        && arguments.external_id.is_none()
        && arguments.notes.is_none()
        // Alone, it takes away what an earlier change kept.
        && !arguments.strict
}

fn request(arguments: license::Change) -> Change {
    let date = |given: Option<DateOrNever>| match given {
        None => Edit::Keep,
        Some(DateOrNever::Date(at)) => Edit::Set(at),
        Some(DateOrNever::Never) => Edit::Clear,
    };
    Change {
        license: arguments.license,
        plan: arguments.plan,
        starts_at: arguments.starts_at,
        access_until: date(arguments.access_until),
        updates_until: date(arguments.updates_until),
        grace_days: arguments.grace_days,
        add_products: arguments.add_products,
        remove_products: arguments.remove_products,
        external_id: match arguments.external_id {
            None => Edit::Keep,
            Some(text) if text.is_empty() => Edit::Clear,
            Some(text) => Edit::Set(text),
        },
        notes: arguments.notes,
        downloaded: downloaded(arguments.strict),
        actor: Actor::Cli,
    }
}

fn text(changed: &Changed) -> String {
    let license = &changed.license;
    let products = changed.products.iter().map(|product| product.slug.as_str());
    let products = products.collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "License {} is {}: {}; products {products}.",
        license.id,
        license.plan,
        terms_text(&license.terms)
    );
    if !changed.narrowed.releases.is_empty() {
        text.push_str("\n\n");
        text.push_str(&narrowing(&changed.narrowed));
    }
    if license.narrowed_at == Some(license.updated_at) {
        text.push_str("\n\n");
        text.push_str(LATE_DOWNLOADS);
    }
    text
}
