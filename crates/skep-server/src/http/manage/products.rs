//! `/api/manage/products…`

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use super::fields::parsed;
use super::{Fields, Made, Post, Reader, Segment, Writer, downloaded, written};
use crate::http::api::{Answer, ApiError, Input};
use crate::licensing::product::Slug;
use crate::licensing::products;
use crate::licensing::unknown::Unknown;
use crate::node::Node;

/// `GET /products`: all of them, they are few.
pub(crate) async fn list(State(node): State<Arc<Node>>, _: Reader) -> Result<Answer, ApiError> {
    let products = products::list(&node.app).await?;
    Ok(Answer::ok(json!({"products": products})))
}

/// `POST /products`
pub(crate) async fn create(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async |node, caller, mut fields| {
        let request = products::Create {
            slug: fields.required("slug", parsed)?,
            packages: fields.list("packages")?,
            repository: fields.optional("repository", parsed)?,
            actor: caller.actor(),
        };
        fields.done()?;
        let product = products::create(&node.app, &request).await?;
        Ok(Made::created(json!({"product": product})))
    })
    .await
}

/// `GET /products/SLUG`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    _: Reader,
    Segment(slug): Segment,
) -> Result<Answer, ApiError> {
    let product = products::show(&node.app, &parse(&slug)?).await?;
    Ok(Answer::ok(json!({"product": product})))
}

/// `PATCH /products/SLUG`
pub(crate) async fn edit(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(slug): Segment,
    Input(body): Input<Value>,
) -> Result<Answer, ApiError> {
    let mut fields = Fields::of_body(body)?;
    let request = products::Edit {
        slug: parse(&slug)?,
        add: fields.list("add_packages")?,
        remove: fields.list("remove_packages")?,
        downloaded: downloaded(&mut fields)?,
        actor: caller.actor(),
    };
    fields.done()?;
    let edited = products::edit(&node.app, &request).await?;
    let body = json!({"product": edited.product, "narrowed": edited.narrowed});
    Ok(written(&node, Made::ok(body)).await)
}

/// What can be no slug is no product's.
fn parse(slug: &str) -> Result<Slug, ApiError> {
    slug.parse().map_err(|_| Unknown::product(slug).into())
}
