//! `/api/manage/licenses…`: issuing, listing, showing and changing.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use serde_json::{Value, json};

use super::fields::{end, parsed, start, text};
use super::{
    Fields, Made, Post, Reader, Segment, Writer, downloaded, part, slugs, with_secret, written,
};
use crate::http::api::{Answer, ApiError, Input};
use crate::licensing::licenses::{self, Change, Filter, Issue};
use crate::licensing::terms::Dates;
use crate::licensing::{customers, products};
use crate::node::Node;

/// More grace days than the domain takes are refused by it, with its words.
const MOST_NUMBER: u32 = 1_000_000;

/// `GET /licenses`: of a customer, of a product, under a plan, of a status.
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    _: Reader,
    RawQuery(query): RawQuery,
) -> Result<Answer, ApiError> {
    let mut query = Fields::of_query(query.as_deref())?;
    let customer = query.optional("customer", text)?;
    let product = query.optional("product", parsed)?;
    let mut filter = Filter {
        plan: query.optional("plan", parsed)?,
        status: query.optional("status", parsed)?,
        ..Filter::default()
    };
    let part = part(&mut query)?;
    query.done()?;
    if let Some(customer) = customer {
        filter.customer = Some(customers::show(&node.app, &customer).await?.id);
    }
    if let Some(slug) = product {
        filter.product = Some(products::show(&node.app, &slug).await?.id);
    }
    let page = licenses::page(&node.app, &filter, part).await?;
    let body = json!({"licenses": page.items, "next": page.next});
    Ok(Answer::ok(body))
}

/// `POST /licenses`
pub(crate) async fn issue(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async |node, caller, mut fields| {
        let request = Issue {
            customer: fields.required("customer", text)?,
            products: fields.list("products")?,
            plan: fields.required("plan", parsed)?,
            dates: Dates {
                starts_at: fields.optional("starts_at", start)?,
                access_until: fields.optional("access_until", end)?,
                updates_until: fields.optional("updates_until", end)?,
                grace_days: fields.number("grace_days", MOST_NUMBER)?,
            },
            external_id: fields.optional("external_id", text)?,
            notes: fields.optional("notes", text)?.unwrap_or_default(),
            key_label: fields.optional("label", text)?.unwrap_or_default(),
            actor: caller.actor(),
        };
        fields.done()?;
        let issued = licenses::issue(&node.app, &request).await?;
        let now = node.app.clock.now();
        let body = json!({
            "license": issued.license,
            "standing": issued.license.terms.standing(now).as_str(),
            "customer": issued.customer,
            "products": slugs(&issued.products),
            "key": with_secret(&issued.key),
            "notes": issued.notes,
        });
        Ok(Made {
            secret: Some(issued.secret.reveal().to_owned()),
            ..Made::created(body)
        })
    })
    .await
}

/// `GET /licenses/LICENSE`: an id or an external id.
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    _: Reader,
    Segment(license): Segment,
) -> Result<Answer, ApiError> {
    Ok(Answer::ok(licenses::show(&node.app, &license).await?))
}

/// `PATCH /licenses/LICENSE`
pub(crate) async fn change(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(license): Segment,
    Input(body): Input<Value>,
) -> Result<Answer, ApiError> {
    let mut fields = Fields::of_body(body)?;
    let request = Change {
        license,
        plan: fields.optional("plan", parsed)?,
        starts_at: fields.optional("starts_at", start)?,
        access_until: fields.edit("access_until", end)?,
        updates_until: fields.edit("updates_until", end)?,
        grace_days: fields.number("grace_days", MOST_NUMBER)?,
        add_products: fields.list("add_products")?,
        remove_products: fields.list("remove_products")?,
        external_id: fields.edit("external_id", text)?,
        notes: fields.optional("notes", text)?,
        downloaded: downloaded(&mut fields)?,
        actor: caller.actor(),
    };
    fields.done()?;
    let changed = licenses::change(&node.app, &request).await?;
    let now = node.app.clock.now();
    let body = json!({
        "license": changed.license,
        "standing": changed.license.terms.standing(now).as_str(),
        "products": slugs(&changed.products),
        "narrowed": changed.narrowed,
        "notes": changed.notes,
    });
    Ok(written(&node, Made::ok(body)).await)
}
