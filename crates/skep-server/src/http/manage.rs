//! The license API below `/api/manage`: what the commands do, for the seller's own shop. Names in JSON
//! are those that the commands print with `--json`.

pub(crate) mod customers;
mod error;
mod fields;
mod idempotency;
pub(crate) mod keys;
pub(crate) mod license_actions;
pub(crate) mod licenses;
pub(crate) mod products;
pub(crate) mod put;
mod request;
pub(crate) mod usage;

use fields::Fields;
use request::{Made, Post, Reader, Segment, UsageReader, Writer, written};

use std::str::FromStr;

use serde_json::{Value, json};

use crate::http::api::ApiError;
use crate::licensing::key::KeyRecord;
use crate::licensing::narrowing::Downloaded;
use crate::licensing::page::Part;
use crate::licensing::product::Product;

/// The longest page.
const LONGEST_PAGE: u32 = 500;
const USUAL_PAGE: u32 = 100;

/// Which page a query asks for: `limit` and `after`.
fn part<I: FromStr<Err: std::fmt::Display>>(query: &mut Fields) -> Result<Part<I>, ApiError> {
    let after = query.optional("after", fields::parsed)?;
    let limit = query.number("limit", LONGEST_PAGE)?.unwrap_or(USUAL_PAGE);
    if limit == 0 {
        return Err(ApiError::invalid("limit", "has to be at least 1"));
    }
    Ok(Part { after, limit })
}

/// What becomes of downloads when a license comes to see less: `strict` takes them away.
fn downloaded(fields: &mut Fields) -> Result<Downloaded, ApiError> {
    Ok(if fields.flag("strict")? {
        Downloaded::Hide
    } else {
        Downloaded::Keep
    })
}

fn slugs(products: &[Product]) -> Vec<&str> {
    products
        .iter()
        .map(|product| product.slug.as_str())
        .collect()
}

/// A new key; the answer puts its secret in.
fn with_secret(key: &KeyRecord) -> Value {
    json!({"id": key.id, "secret": null, "label": key.label, "expires_at": key.expires_at})
}
