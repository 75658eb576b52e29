//! `GET /packages` and `GET /packages/NAME`: what `mix hex.info`, `mix hex.search` and Renovate read.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use crate::accounts::caller::Need;
use crate::catalog::search::{self, PAGE, Search, Sort};
use crate::catalog::{owners, packages};
use crate::http::api::place::{InRepository, OfPackage};
use crate::http::api::query::Query;
use crate::http::api::{Answer, ApiError, shapes};
use crate::http::auth::{Authenticated, require};
use crate::node::Node;

/// `GET /packages?search=…&sort=…&page=…&per_page=…`
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    InRepository {
        repository,
        is_named,
    }: InRepository,
    query: Query,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let wanted = Search {
        repository: is_named.then_some(repository),
        words: query.get("search").unwrap_or_default().to_owned(),
        sort: Sort::named(query.get("sort").unwrap_or_default()),
        page: query.number("page").unwrap_or(1),
        per_page: query.number("per_page").unwrap_or(PAGE),
    };
    let found = search::search(&node.app, &wanted).await?;
    let shown = found.iter().map(|found| {
        let downloads = json!({"all": found.downloads});
        shapes::package(&node.app.config, &found.details, downloads, None)
    });
    Ok(Answer::ok(shown.collect::<Vec<Value>>()))
}

/// `GET /packages/NAME`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    OfPackage {
        repository,
        package,
    }: OfPackage,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let app = &node.app;
    let details = packages::show(app, Some(&repository), &package).await?;
    let owners = owners::list(app, Some(&repository), &package).await?;
    let counts = packages::downloads(app, &repository, &package).await?;
    let downloads = json!({"all": counts.all, "week": counts.week, "day": counts.day});
    let shown = shapes::package(&app.config, &details, downloads, Some(&owners));
    Ok(Answer::ok(shown))
}
