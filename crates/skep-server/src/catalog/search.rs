//! Pages of packages, found by words.

use std::collections::HashMap;

use serde_json::Value;
use skep_formats::name::RepositoryName;

use crate::app::App;
use crate::catalog::find::CatalogError;
use crate::catalog::packages::{PackageDetails, latest};
use crate::catalog::release::{Package, Release};
use crate::clock::Timestamp;
use crate::db::{self, Conn, DbError};
use crate::ids::PackageId;

/// The most packages of a page.
pub const PAGE: usize = 100;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Where; `None` = everywhere.
    pub repository: Option<RepositoryName>,
    /// Words of names and descriptions, `name:PATTERN`, `description:WORD`, `depends:PACKAGE`. All of them
    /// have to fit.
    pub words: String,
    /// The order.
    pub sort: Sort,
    /// The page, from 1.
    pub page: usize,
    /// The packages of a page, 1 to [`PAGE`].
    pub per_page: usize,
}

/// The order of what is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// The most downloaded first.
    Downloads,
    /// The newest package first.
    InsertedAt,
    /// The last changed first.
    UpdatedAt,
}

impl Sort {
    /// By the API's name of it; by name when there is none.
    #[must_use]
    pub fn named(text: &str) -> Self {
        match text {
            "downloads" | "total_downloads" | "recent_downloads" => Self::Downloads,
            "inserted_at" => Self::InsertedAt,
            "updated_at" => Self::UpdatedAt,
            _ => Self::Name,
        }
    }
}

/// A package that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The package.
    pub details: PackageDetails,
    /// How often its releases were downloaded.
    pub downloads: u64,
}

/// One page of packages; none is past the end.
///
/// # Errors
/// No such repository, or the database failed.
pub async fn search(app: &App, search: &Search) -> Result<Vec<Found>, CatalogError> {
    if let Some(name) = &search.repository {
        app.repository(Some(name))?;
    }
    let terms = Term::parse_all(&search.words);
    let mut conn = app.db.read().await?;
    let mut packages = db::packages::list(&mut conn).await?;
    packages.retain(|package| {
        let is_there = search
            .repository
            .as_ref()
            .is_none_or(|name| package.repository == *name);
        is_there && terms.iter().all(|term| term.may_fit(package))
    });
    // Only words of descriptions and dependencies, and orders by dates, need more than names.
    if search.sort == Sort::Name && !terms.iter().any(Term::needs_metadata) {
        packages = page(packages, search);
        return load(&mut conn, packages).await;
    }
    let mut found = load(&mut conn, packages).await?;
    found.retain(|found| terms.iter().all(|term| term.fits(&found.details)));
    match search.sort {
        Sort::Name => {}
        Sort::Downloads => found.sort_by_key(|found| std::cmp::Reverse(found.downloads)),
        Sort::InsertedAt => {
            found.sort_by_key(|found| std::cmp::Reverse(found.details.package.created_at));
        }
        Sort::UpdatedAt => found.sort_by_key(|found| std::cmp::Reverse(updated_at(&found.details))),
    }
    Ok(page(found, search))
}

/// When something of a package last changed.
#[must_use]
pub fn updated_at(details: &PackageDetails) -> Timestamp {
    let dates = details.releases.iter().map(|release| release.updated_at);
    dates.max().unwrap_or(details.package.created_at)
}

fn page<T>(all: Vec<T>, search: &Search) -> Vec<T> {
    let size = search.per_page.clamp(1, PAGE);
    let before = search.page.max(1).saturating_sub(1).saturating_mul(size);
    all.into_iter().skip(before).take(size).collect()
}

async fn load(conn: &mut Conn, packages: Vec<Package>) -> Result<Vec<Found>, CatalogError> {
    let ids: Vec<PackageId> = packages.iter().map(|package| package.id).collect();
    let mut releases: HashMap<PackageId, Vec<Release>> = HashMap::new();
    for release in db::releases::list_of(conn, &ids).await? {
        releases.entry(release.package).or_default().push(release);
    }
    for releases in releases.values_mut() {
        releases.sort_by(|a, b| a.version.cmp(&b.version));
    }
    let newest: Vec<_> = releases
        .values()
        .filter_map(|releases| latest(releases).map(|release| release.id))
        .collect();
    let metadata = db::releases::list_metadata(conn, &newest).await?;
    let mut metadata: HashMap<_, Value> = metadata.into_iter().collect();
    let downloads = downloads(conn, &packages).await?;
    let found = packages.into_iter().filter_map(|package| {
        let releases = releases.remove(&package.id)?;
        let metadata = metadata.remove(&latest(&releases)?.id).unwrap_or_default();
        let key = (package.repository.to_string(), package.name.to_string());
        Some(Found {
            downloads: downloads.get(&key).copied().unwrap_or(0),
            details: PackageDetails {
                package,
                releases,
                metadata,
            },
        })
    });
    Ok(found.collect())
}

async fn downloads(
    conn: &mut Conn,
    packages: &[Package],
) -> Result<HashMap<(String, String), u64>, DbError> {
    let mut repositories: Vec<&RepositoryName> =
        packages.iter().map(|package| &package.repository).collect();
    repositories.sort();
    repositories.dedup();
    let mut counts = HashMap::new();
    for repository in repositories {
        for (package, count) in db::downloads::count_by_package(conn, repository.as_str()).await? {
            let count = u64::try_from(count).unwrap_or(0);
            counts.insert((repository.to_string(), package), count);
        }
    }
    Ok(counts)
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Anywhere(String),
    Name(String),
    Description(String),
    Depends(String),
}

impl Term {
    fn parse_all(words: &str) -> Vec<Self> {
        words
            .split_whitespace()
            .map(|word| match word.split_once(':') {
                Some(("name", pattern)) => Self::Name(pattern.to_lowercase()),
                Some(("description", text)) => Self::Description(text.to_lowercase()),
                // `depends:REPOSITORY:PACKAGE` as well as `depends:PACKAGE`
                Some(("depends", name)) => {
                    Self::Depends(name.rsplit(':').next().unwrap_or(name).to_owned())
                }
                _ => Self::Anywhere(word.to_lowercase()),
            })
            .collect()
    }

    fn needs_metadata(&self) -> bool {
        !matches!(self, Self::Name(_))
    }

    /// Whether it may fit, as far as names tell.
    fn may_fit(&self, package: &Package) -> bool {
        match self {
            Self::Name(pattern) => fits_pattern(package.name.as_str(), pattern),
            Self::Anywhere(_) | Self::Description(_) | Self::Depends(_) => true,
        }
    }

    fn fits(&self, details: &PackageDetails) -> bool {
        let name = details.package.name.as_str();
        match self {
            Self::Name(pattern) => fits_pattern(name, pattern),
            Self::Anywhere(word) => name.contains(word.as_str()) || describes(details, word),
            Self::Description(word) => describes(details, word),
            Self::Depends(package) => details
                .latest()
                .dependencies
                .iter()
                .any(|dependency| dependency.package == *package),
        }
    }
}

fn describes(details: &PackageDetails, word: &str) -> bool {
    let text = details.metadata.get("description").and_then(Value::as_str);
    text.is_some_and(|text| text.to_lowercase().contains(word))
}

/// A star at an end stands for anything.
fn fits_pattern(name: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.trim_end_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_at_their_ends() {
        assert!(fits_pattern("ecto_sql", "ecto*") && fits_pattern("ecto_sql", "*sql"));
        assert!(fits_pattern("ecto_sql", "*o_s*") && fits_pattern("ecto", "ecto"));
        assert!(!fits_pattern("ecto_sql", "ecto") && !fits_pattern("ecto", "*sql"));
        assert!(fits_pattern("ecto", "*"));
    }

    #[test]
    fn words_become_terms() {
        let terms = Term::parse_all("Web name:Ecto* depends:hexpm:plug");
        let expected = [
            Term::Anywhere("web".to_owned()),
            Term::Name("ecto*".to_owned()),
            Term::Depends("plug".to_owned()),
        ];
        assert_eq!(terms, expected);
    }
}
