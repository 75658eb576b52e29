//! Packages: one, or those that a search finds.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;

use super::body::{self, or_default};
use super::owners::Owner;
use super::releases::Retirement;
use crate::http_client::Body;
use crate::{Config, Error};

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The repository it is in.
    pub repository: Option<String>,
    /// Where the API has it.
    pub url: Option<String>,
    /// Its page for people.
    pub html_url: Option<String>,
    /// The page of its documentation.
    pub docs_html_url: Option<String>,
    /// Its newest version.
    pub latest_version: Option<String>,
    /// Its newest version that is no pre-release.
    pub latest_stable_version: Option<String>,
    /// When it was first published.
    pub inserted_at: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<String>,
    /// What its newest release says about it.
    #[serde(default, deserialize_with = "or_default")]
    pub meta: PackageMeta,
    /// Its releases, the newest version first.
    #[serde(default, deserialize_with = "or_default")]
    pub releases: Vec<PackageRelease>,
    /// Its retired releases, by version.
    #[serde(default, deserialize_with = "or_default")]
    pub retirements: BTreeMap<String, Retirement>,
    /// How often it was downloaded, by period: `all`, `recent`, `week`, `day`.
    #[serde(default, deserialize_with = "or_default")]
    pub downloads: BTreeMap<String, u64>,
    /// Who may publish it.
    #[serde(default, deserialize_with = "or_default")]
    pub owners: Vec<Owner>,
    /// What to write into a project to use it, by the file: `mix.exs`, `rebar.config`, `erlang.mk`.
    #[serde(default, deserialize_with = "or_default")]
    pub configs: BTreeMap<String, String>,
}

/// What a release says about its package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct PackageMeta {
    /// What it is for.
    pub description: Option<String>,
    /// Its licenses, mostly as SPDX names.
    #[serde(default, deserialize_with = "or_default")]
    pub licenses: Vec<String>,
    /// Addresses by what they are.
    #[serde(default, deserialize_with = "or_default")]
    pub links: BTreeMap<String, String>,
    /// Who looks after it; old packages only.
    #[serde(default, deserialize_with = "or_default")]
    pub maintainers: Vec<String>,
}

/// A release as a package lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PackageRelease {
    /// Its version.
    pub version: String,
    /// Where the API has it.
    pub url: Option<String>,
    /// Whether it has documentation.
    #[serde(default, deserialize_with = "or_default")]
    pub has_docs: bool,
    /// When it was published.
    pub inserted_at: Option<String>,
}

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Words, or terms such as `name:ecto*` or `depends:plug`.
    pub query: String,
    /// The order of what is found; the server's own otherwise.
    pub sort: Option<Sort>,
    /// The page, from 1; hex.pm's have 100 packages. The first empty one is past the end.
    pub page: u32,
}

/// The order of what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    Name,
    /// The most downloaded of the last days first.
    RecentDownloads,
    /// The most downloaded first.
    TotalDownloads,
    /// The newest first.
    InsertedAt,
    /// The last changed first.
    UpdatedAt,
}

impl Sort {
    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::RecentDownloads => "recent_downloads",
            Self::TotalDownloads => "total_downloads",
            Self::InsertedAt => "inserted_at",
            Self::UpdatedAt => "updated_at",
        }
    }
}

impl Search {
    /// The first page of what `query` finds.
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            sort: None,
            page: 1,
        }
    }

    /// The page after this one.
    #[must_use]
    pub fn next_page(mut self) -> Self {
        self.page = self.page.saturating_add(1);
        self
    }
}

/// Asks for a package: `GET /packages/NAME`.
pub fn get_request(config: &Config, name: &str) -> Result<Request<Body>, Error> {
    let segments = body::in_repository(config, &["packages", name]);
    body::plain(config, Method::GET, &segments)
}

/// The package.
pub fn get_response(response: Response<Bytes>) -> Result<Package, Error> {
    body::read(&response)
}

/// Asks for one page of packages: `GET /packages?search=…&page=…`.
pub fn search_request(config: &Config, search: &Search) -> Result<Request<Body>, Error> {
    let mut request = body::plain(
        config,
        Method::GET,
        &body::in_repository(config, &["packages"]),
    )?;
    let page = search.page.to_string();
    let mut query = vec![("search", search.query.as_str()), ("page", page.as_str())];
    if let Some(sort) = search.sort {
        query.push(("sort", sort.as_str()));
    }
    body::add_query(&mut request, &query)?;
    Ok(request)
}

/// The packages of that page; none is past the end.
pub fn search_response(response: Response<Bytes>) -> Result<Vec<Package>, Error> {
    body::read(&response)
}
