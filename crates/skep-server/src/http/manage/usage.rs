//! `GET /api/manage/usage`: who fetched what.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use skep_formats::name::{PackageName, RepositoryName};

use super::fields::{end, parsed, start, text};
use super::{Fields, UsageReader};
use crate::http::api::{Answer, ApiError};
use crate::licensing::{customers, licenses};
use crate::node::Node;
use crate::usage::report::{Asked, report};

const MOST_ROWS: u32 = 10_000;
const USUAL_ROWS: u32 = 1_000;
const KINDS: [&str; 6] = ["tarball", "package", "docs", "names", "versions", "policy"];

/// What a row of the report stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Day,
    Customer,
    License,
    Key,
    Package,
    Release,
    File,
    Status,
    Delivery,
    Address,
    Client,
    ClientVersion,
    Ci,
}

impl FromStr for By {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "day" => Ok(Self::Day),
            "customer" => Ok(Self::Customer),
            "license" => Ok(Self::License),
            "key" => Ok(Self::Key),
            "package" => Ok(Self::Package),
            "release" => Ok(Self::Release),
            "file" => Ok(Self::File),
            "status" => Ok(Self::Status),
            "delivery" => Ok(Self::Delivery),
            "address" => Ok(Self::Address),
            "client" => Ok(Self::Client),
            "client-version" => Ok(Self::ClientVersion),
            "ci" => Ok(Self::Ci),
            _ => Err(format!(
                "`{text}` is nothing to add up by: day, customer, license, key, package, release, file, status, \
                 delivery, address, client, client-version, ci"
            )),
        }
    }
}

/// `GET /usage`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    _: UsageReader,
    RawQuery(query): RawQuery,
) -> Result<Answer, ApiError> {
    let query = Fields::of_query(query.as_deref())?;
    let mut asked = asked(query)?;
    if let Some(customer) = asked.customer {
        let found = customers::show(&node.app, &customer).await?;
        asked.customer = Some(found.id.to_string());
    }
    if let Some(license) = asked.license {
        let found = licenses::show(&node.app, &license).await?;
        asked.license = Some(found.license.id.to_string());
    }
    let report = report(&node.app, &asked).await?;
    let is_all = report.rows.len() < usize::try_from(asked.limit).unwrap_or(usize::MAX);
    Ok(Answer::ok(json!({
        "usage": report.rows,
        "is_complete": is_all,
        "known_since": report.known_since,
        "has_whole_days": report.has_whole_days,
    })))
}

fn asked(mut query: Fields) -> Result<Asked, ApiError> {
    let by = query.optional("by", list)?;
    let by = by.unwrap_or_else(|| vec![By::Customer, By::Release]);
    let has = |what| by.contains(&what);
    let is_refused = query.flag("refused")?;
    let limit = query.number("limit", MOST_ROWS)?.unwrap_or(USUAL_ROWS);
    let repository = query.optional("repository", parsed::<RepositoryName>)?;
    let package = query.optional("package", parsed::<PackageName>)?;
    let kind = query.optional("file", kind)?;
    let asked = Asked {
        since: query.optional("since", start)?,
        until: query.optional("until", end)?,
        license: query.optional("license", text)?,
        customer: query.optional("customer", text)?,
        repository: repository.map(|name| name.to_string()),
        package: package.map(|name| name.to_string()),
        // mix and rebar3 are refused before they ask for a tarball.
        file: kind.unwrap_or((!is_refused).then_some("tarball")),
        // Grouped by answer, all of them are wanted.
        refused: Some(is_refused).filter(|is_refused| *is_refused || !has(By::Status)),
        by_day: has(By::Day),
        by_customer: has(By::Customer),
        by_license: has(By::License),
        by_key: has(By::Key),
        by_package: has(By::Package) || has(By::Release),
        by_version: has(By::Release),
        by_file: has(By::File),
        by_status: has(By::Status),
        by_delivery: has(By::Delivery),
        by_address: has(By::Address),
        by_client: has(By::Client) || has(By::ClientVersion),
        by_client_version: has(By::ClientVersion),
        by_ci: has(By::Ci),
        limit,
    };
    query.done()?;
    if limit == 0 {
        return Err(ApiError::invalid("limit", "has to be at least 1"));
    }
    Ok(asked)
}

fn list(value: &Value) -> Result<Vec<By>, String> {
    let text = value.as_str().unwrap_or_default();
    text.split(',').map(|name| name.trim().parse()).collect()
}

/// `None` inside = all kinds.
fn kind(value: &Value) -> Result<Option<&'static str>, String> {
    let text = value.as_str().unwrap_or_default();
    if text == "all" {
        return Ok(None);
    }
    let known = KINDS.into_iter().find(|kind| *kind == text);
    known
        .map(Some)
        .ok_or_else(|| format!("`{text}` is no kind of file: {} or all", KINDS.join(", ")))
}
