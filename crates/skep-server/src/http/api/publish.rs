//! Publishing: `POST /packages/NAME/releases` and `POST /publish`.

use std::error::Error;
use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use skep_formats::tarball::TarballError;

use crate::accounts::caller::{Caller, Need};
use crate::catalog::owners::{self, Level};
use crate::catalog::packages;
use crate::catalog::publish::{
    Outcome, Problem, Publish, PublishError, Published, publish_candidate, read,
};
use crate::http::api::place::InRepository;
use crate::http::api::query::Query;
use crate::http::api::upload::{self, Upload};
use crate::http::api::{Answer, ApiError, shapes};
use crate::http::auth::AuthenticatedForWrite;
use crate::node::Node;

const EXISTS: &str = "must include the --replace flag to update an existing release";

/// `POST /packages/NAME/releases?replace=…`
pub(crate) async fn of_package(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    InRepository { repository, .. }: InRepository,
    query: Query,
    names: RawPathParams,
    request: Request,
) -> Result<Answer, ApiError> {
    let mut names = names.iter();
    let name = names.find_map(|(key, value)| (key == "package").then_some(value));
    let name = name.unwrap_or_default().to_owned();
    // With a name that cannot be one, the tarball's own will differ from it.
    if let Ok(package) = &name.parse() {
        let need = Need::Publish {
            repository: &repository,
            package,
        };
        owners::allow(&node.app, &caller, need, Level::Maintainer).await?;
    }
    node.app.managed_repository(Some(&repository))?;
    let upload = receive(&node, request).await?;
    let wanted = wanted(&caller, (repository, &upload), &query);
    let candidate = read(&node.app, &wanted).await.map_err(refusal)?;
    if candidate.name().package.as_str() != name {
        return Err(ApiError::invalid(
            "name",
            "metadata does not match package name",
        ));
    }
    let published = publish_candidate(&node.app, &wanted, &candidate).await;
    answer(&node, &wanted, published).await
}

/// `POST /publish?replace=…`: the name is in the tarball only.
pub(crate) async fn by_metadata(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    InRepository { repository, .. }: InRepository,
    query: Query,
    request: Request,
) -> Result<Answer, ApiError> {
    // Whoever could publish nothing here is told before the upload.
    let need = Need::PublishSome(&repository);
    owners::allow(&node.app, &caller, need, Level::Maintainer).await?;
    node.app.managed_repository(Some(&repository))?;
    let upload = receive(&node, request).await?;
    let wanted = wanted(&caller, (repository, &upload), &query);
    let candidate = read(&node.app, &wanted).await.map_err(refusal)?;
    let need = Need::Publish {
        repository: &candidate.name().repository,
        package: &candidate.name().package,
    };
    owners::allow(&node.app, &caller, need, Level::Maintainer).await?;
    let published = publish_candidate(&node.app, &wanted, &candidate).await;
    answer(&node, &wanted, published).await
}

async fn receive(node: &Node, request: Request) -> Result<Upload, ApiError> {
    let limit = node.app.config.limits.tarball_bytes;
    upload::check(request.headers(), limit)?;
    upload::receive(request, limit, &node.app.config.usage.spool_dir).await
}

fn wanted(
    caller: &Caller,
    (repository, upload): (skep_formats::name::RepositoryName, &Upload),
    query: &Query,
) -> Publish {
    Publish {
        tarball: upload.path().to_path_buf(),
        docs: None,
        repository: Some(repository),
        replace: query.flag("replace").unwrap_or(true),
        published_at: None,
        actor: caller.actor(),
    }
}

/// Answers once the registry shows it.
async fn answer(
    node: &Node,
    wanted: &Publish,
    published: Result<Published, PublishError>,
) -> Result<Answer, ApiError> {
    let published = published.map_err(refusal)?;
    if published.outcome == Outcome::Unchanged && !wanted.replace {
        return Err(ApiError::invalid("inserted_at", EXISTS));
    }
    node.snapshot.refresh().await?;
    let name = &published.release;
    let found = packages::show_release(
        &node.app,
        Some(&name.repository),
        (&name.package, &name.version),
    )
    .await?;
    let shown = shapes::release(
        &node.app.config,
        &found.package,
        &found.release,
        (&found.metadata, found.publisher.as_ref(), found.downloads),
    );
    let location = shown["url"].as_str().unwrap_or_default();
    let location = HeaderValue::from_str(location).ok();
    let answer = match published.outcome {
        Outcome::Created => Answer::created(&shown),
        Outcome::Replaced | Outcome::Unchanged => Answer::ok(&shown),
    };
    Ok(match location {
        Some(location) => answer.with_header(LOCATION, location),
        None => answer,
    })
}

/// Why a publication is refused, in the words of hex.pm where it has some.
pub(crate) fn refusal(error: PublishError) -> ApiError {
    match error {
        PublishError::Repository(error) => error.into(),
        PublishError::Tarball {
            source: TarballError::Read(error),
            ..
        }
        | PublishError::Read(error) => ApiError::internal(&error),
        PublishError::Tarball { source, .. } => ApiError::invalid("tar", with_causes(&source)),
        PublishError::Docs { source, .. } => ApiError::invalid("tar", with_causes(&source)),
        PublishError::Invalid { problems, .. } => problems
            .iter()
            .fold(ApiError::validation(), |error, problem| {
                error.with_error(&field(problem), problem.words.as_str())
            }),
        PublishError::Exists(_) => ApiError::invalid("inserted_at", EXISTS),
        PublishError::Files(error) => unstored(&error),
        PublishError::Database(error) => error.into(),
    }
}

/// A file cannot be stored: that is ours to mend.
pub(crate) fn unstored(error: &crate::files::FilesError) -> ApiError {
    let cause = error.source().map(ToString::to_string);
    tracing::error!(%error, cause, "a file cannot be stored");
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "files cannot be stored here just now; nothing was published",
    )
}

/// Where hex.pm has a field in its errors.
fn field(problem: &Problem) -> String {
    match problem.field.as_str() {
        "app" | "build_tools" | "files" => format!("meta.{}", problem.field),
        field => field.to_owned(),
    }
}

/// An error and what it comes from, on one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
