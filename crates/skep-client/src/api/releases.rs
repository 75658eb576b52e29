//! Releases: looking at them, publishing, replacing, deleting and retiring them.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{EXPECT, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::body::{self, or_default};
use crate::http_client::Body;
use crate::{Config, Error};

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Release {
    /// Its version.
    pub version: String,
    /// The SHA-256 of its tarball, in hexadecimal digits.
    pub checksum: Option<String>,
    /// Where the API has it.
    pub url: Option<String>,
    /// Where the API has its package.
    pub package_url: Option<String>,
    /// Its page for people.
    pub html_url: Option<String>,
    /// The page of its documentation.
    pub docs_html_url: Option<String>,
    /// Whether it has documentation.
    #[serde(default, deserialize_with = "or_default")]
    pub has_docs: bool,
    /// When it was published.
    pub inserted_at: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<String>,
    /// Why it is retired, if it is.
    pub retirement: Option<Retirement>,
    /// What it needs, by the name of the package.
    #[serde(default, deserialize_with = "or_default")]
    pub requirements: BTreeMap<String, Requirement>,
    /// What its tarball says.
    #[serde(default, deserialize_with = "or_default")]
    pub meta: ReleaseMeta,
    /// Who published it.
    pub publisher: Option<Publisher>,
    /// How often it was downloaded.
    pub downloads: Option<u64>,
}

/// What a release needs of a package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Requirement {
    /// The versions that do.
    pub requirement: Option<String>,
    /// Whether it also works without.
    #[serde(default, deserialize_with = "or_default")]
    pub optional: bool,
    /// The name of its application, where it is another than the package's.
    pub app: Option<String>,
}

/// What a tarball says about its release.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct ReleaseMeta {
    /// The name of its application.
    pub app: Option<String>,
    /// What it can be built with.
    #[serde(default, deserialize_with = "or_default")]
    pub build_tools: Vec<String>,
    /// The versions of Elixir it needs.
    pub elixir: Option<String>,
}

/// Who published a release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Publisher {
    /// The user's name.
    pub username: String,
    /// The user's address, where it is public.
    pub email: Option<String>,
    /// Where the API has the user.
    pub url: Option<String>,
}

/// Why a release is retired.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Retirement {
    /// One of the names of [`RetirementReason`], or one that is newer than this crate.
    pub reason: String,
    /// What users are told.
    pub message: Option<String>,
}

/// Why a release should no longer be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetirementReason {
    /// Something that the message says.
    Other,
    /// It does not work.
    Invalid,
    /// It has a hole.
    Security,
    /// Nobody looks after it.
    Deprecated,
    /// It has another name now.
    Renamed,
}

impl RetirementReason {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Invalid => "invalid",
            Self::Security => "security",
            Self::Deprecated => "deprecated",
            Self::Renamed => "renamed",
        }
    }
}

/// A release that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The release as the server has it.
    pub release: Release,
    /// Whether it is new (201) rather than replaced (200).
    pub is_new: bool,
}

/// Asks for a release: `GET /packages/NAME/releases/VERSION`.
pub fn get_request(config: &Config, package: &str, version: &str) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &release(config, package, version, &[]))
}

/// The release.
pub fn get_response(response: Response<Bytes>) -> Result<Release, Error> {
    body::read(&response)
}

/// Publishes `tarball` as a release of `package`: `POST /packages/NAME/releases?replace=…`, as mix and rebar3 do.
///
/// `replace` allows that the release exists. [`Body::with_progress`] tells how far sending is. Unless the configuration
/// says otherwise, the request has `Expect: 100-continue`.
pub fn publish_request(
    config: &Config,
    package: &str,
    tarball: impl Into<Body>,
    replace: bool,
) -> Result<Request<Body>, Error> {
    let segments = body::in_repository(config, &["packages", package, "releases"]);
    upload(
        config,
        &segments,
        "application/octet-stream",
        tarball.into(),
        replace,
    )
}

/// Publishes `tarball` under the name that it says itself: `POST /publish?replace=…`, as Gleam does.
pub fn publish_by_metadata_request(
    config: &Config,
    tarball: impl Into<Body>,
    replace: bool,
) -> Result<Request<Body>, Error> {
    let segments = body::in_repository(config, &["publish"]);
    upload(
        config,
        &segments,
        "application/x-tar",
        tarball.into(),
        replace,
    )
}

fn upload(
    config: &Config,
    segments: &[&str],
    content_type: &'static str,
    tarball: Body,
    replace: bool,
) -> Result<Request<Body>, Error> {
    let mut request = body::with_bytes(config, Method::POST, segments, content_type, tarball)?;
    if config.send_100_continue {
        let value = HeaderValue::from_static("100-continue");
        request.headers_mut().insert(EXPECT, value);
    }
    let replace = if replace { "true" } else { "false" };
    body::add_query(&mut request, &[("replace", replace)])?;
    Ok(request)
}

/// The release as the server has it now.
///
/// # Errors
/// [`ApiError::is_not_replacing`](super::ApiError::is_not_replacing) where the release exists and was not to be
/// replaced.
pub fn publish_response(response: Response<Bytes>) -> Result<Published, Error> {
    Ok(Published {
        release: body::read(&response)?,
        is_new: response.status() == StatusCode::CREATED,
    })
}

/// Deletes a release: `DELETE /packages/NAME/releases/VERSION`. With its last release, a package goes too.
pub fn delete_request(
    config: &Config,
    package: &str,
    version: &str,
) -> Result<Request<Body>, Error> {
    body::plain(
        config,
        Method::DELETE,
        &release(config, package, version, &[]),
    )
}

/// Whether that worked.
pub fn delete_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}

/// Advises against a release: `POST /packages/NAME/releases/VERSION/retire`. Servers want 3 to 140 characters of
/// `message`.
pub fn retire_request(
    config: &Config,
    package: &str,
    version: &str,
    reason: RetirementReason,
    message: Option<&str>,
) -> Result<Request<Body>, Error> {
    let segments = release(config, package, version, &["retire"]);
    let value = json!({"reason": reason.as_str(), "message": message});
    body::with_value(config, Method::POST, &segments, &value)
}

/// Whether that worked.
pub fn retire_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}

/// Takes a retirement back: `DELETE /packages/NAME/releases/VERSION/retire`.
pub fn unretire_request(
    config: &Config,
    package: &str,
    version: &str,
) -> Result<Request<Body>, Error> {
    body::plain(
        config,
        Method::DELETE,
        &release(config, package, version, &["retire"]),
    )
}

/// Whether that worked.
pub fn unretire_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}

pub(super) fn release<'a>(
    config: &'a Config,
    package: &'a str,
    version: &'a str,
    rest: &[&'a str],
) -> Vec<&'a str> {
    let mut segments = body::in_repository(config, &["packages", package, "releases", version]);
    segments.extend(rest);
    segments
}
