//! `/api/manage/customers…`

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use serde_json::{Value, json};

use super::fields::text;
use super::{Fields, Made, Post, Reader, Segment, Writer, part, written};
use crate::http::api::{Answer, ApiError, Input};
use crate::licensing::{customers, licenses};
use crate::node::Node;

/// `GET /customers`, or the one of an address: `?email=`.
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    _: Reader,
    RawQuery(query): RawQuery,
) -> Result<Answer, ApiError> {
    let mut query = Fields::of_query(query.as_deref())?;
    let email = query.optional("email", text)?;
    let part = part(&mut query)?;
    query.done()?;
    if let Some(email) = email {
        let found = match customers::show(&node.app, &email).await {
            Ok(customer) if customer.email == email.trim().to_lowercase() => vec![customer],
            Ok(_) | Err(customers::CustomerError::Unknown(_)) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        return Ok(Answer::ok(json!({"customers": found, "next": null})));
    }
    let page = customers::page(&node.app, part).await?;
    let body = json!({"customers": page.items, "next": page.next});
    Ok(Answer::ok(body))
}

/// `POST /customers`
pub(crate) async fn create(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async |node, caller, mut fields| {
        let request = customers::Create {
            name: fields.required("name", text)?,
            email: fields.required("email", text)?,
            actor: caller.actor(),
        };
        fields.done()?;
        let customer = customers::create(&node.app, &request).await?;
        Ok(Made::created(json!({"customer": customer})))
    })
    .await
}

/// `GET /customers/CUSTOMER`: an address or an id.
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    _: Reader,
    Segment(customer): Segment,
) -> Result<Answer, ApiError> {
    let customer = customers::show(&node.app, &customer).await?;
    let licenses = licenses::list(&node.app, Some(&customer.email)).await?;
    Ok(Answer::ok(
        json!({"customer": customer, "licenses": licenses}),
    ))
}

/// `PATCH /customers/CUSTOMER`
pub(crate) async fn edit(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(customer): Segment,
    Input(body): Input<Value>,
) -> Result<Answer, ApiError> {
    let mut fields = Fields::of_body(body)?;
    let request = customers::Edit {
        customer,
        name: fields.optional("name", text)?,
        email: fields.optional("email", text)?,
        actor: caller.actor(),
    };
    fields.done()?;
    let customer = customers::edit(&node.app, &request).await?;
    Ok(written(&node, Made::ok(json!({"customer": customer}))).await)
}
