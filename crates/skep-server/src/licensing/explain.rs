//! What a caller would be told, told to the seller: the decision and its words without a server. Loads
//! no more than the question needs.

use std::sync::Arc;

use serde::Serialize;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;

use crate::app::App;
use crate::catalog::entry::PackageEntry;
use crate::catalog::release::Package;
use crate::clock::Timestamp;
use crate::db::{self, Conn, DbError};
use crate::ids::{KeyId, LicenseId};
use crate::licensing::check::{self, Allowed, Asked, Caller, Denied};
use crate::licensing::entitlement::{Entitlement, KeyEnds, KeyFacts, LicenseFacts, Products};
use crate::licensing::key::{Form, KeyRecord, LicenseKey};
use crate::licensing::words::Words;
use crate::prebuilt::PrebuiltError;

/// Whose request it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A license as such: whatever its keys are like.
    License(LicenseId),
    /// One of its keys, by id.
    KeyId(KeyId),
    /// The key itself, as a client would send it.
    Key(LicenseKey),
}

impl From<&str> for Subject {
    fn from(text: &str) -> Self {
        let license = text.parse().map(Self::License);
        license
            .or_else(|_| text.parse().map(Self::KeyId))
            .unwrap_or_else(|_| Self::Key(LicenseKey::from_text(text)))
    }
}

/// What is to be explained.
#[derive(Clone, Debug)]
pub struct Explain {
    /// Whose request.
    pub subject: Subject,
    /// For which package; `None` = everything the license shows.
    pub package: Option<PackageName>,
    /// For the tarball of which of its releases.
    pub version: Option<Version>,
}

/// How a license stands, and what a caller with it is told.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The license; `None` when the key was never issued.
    pub license: Option<LicenseId>,
    /// Whose it is: an e-mail address.
    pub customer: Option<String>,
    /// The key that was given.
    pub key: Option<KeyId>,
    /// How the license stands, in one word.
    pub standing: Option<&'static str>,
    /// One for each package, or the one refusal of everything.
    pub answers: Vec<Answer>,
}

/// What a caller is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The repository asked.
    pub repository: RepositoryName,
    /// The package asked for.
    pub package: Option<String>,
    /// The release asked for.
    pub version: Option<String>,
    /// Whether the caller may.
    #[serde(rename = "allowed")]
    pub is_allowed: bool,
    /// The refusal, word for word; empty for who may.
    pub refusal: String,
    /// The package's releases that the license sees, oldest first.
    pub shown: Vec<String>,
    /// Those it does not see.
    pub hidden: Vec<String>,
    /// What mix prints beside.
    pub notices: Vec<String>,
}

/// Nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// No such license.
    #[error("there is no license `{0}`: `skep license list` shows them")]
    NoSuchLicense(LicenseId),
    /// No such key.
    #[error("there is no key `{0}`: `skep key list LICENSE` shows those of a license")]
    NoSuchKey(KeyId),
    /// The registry of a prebuilt repository cannot be read.
    #[error(transparent)]
    Registry(#[from] Arc<PrebuiltError>),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

struct Found {
    license: LicenseFacts,
    key: Option<KeyFacts>,
    products: Products,
    customer: Option<String>,
}

/// Says what a caller is told now.
///
/// # Errors
/// There is no such license or key id. A key that was never issued is no error: that is the answer.
pub async fn explain(app: &App, question: &Explain) -> Result<Explanation, ExplainError> {
    let mut conn = app.db.read().await?;
    let now = app.clock.now();
    let Some(found) = find(&mut conn, &question.subject).await? else {
        return Ok(unknown_key(app, &question.subject));
    };
    let entitlement = Entitlement {
        key: found.key.as_ref(),
        license: &found.license,
        products: &found.products,
    };
    let answers = answers(app, &mut conn, question, &entitlement, now).await?;
    Ok(Explanation {
        license: Some(found.license.id),
        customer: found.customer,
        key: found.key.map(|key| key.id),
        standing: Some(found.license.terms.standing(now).as_str()),
        answers,
    })
}

async fn find(conn: &mut Conn, subject: &Subject) -> Result<Option<Found>, ExplainError> {
    let key = match subject {
        Subject::License(_) => None,
        Subject::KeyId(id) => Some(
            db::keys::find(conn, *id)
                .await?
                .ok_or(ExplainError::NoSuchKey(*id))?,
        ),
        Subject::Key(key) => match db::keys::find_by_hash(conn, key.hash()).await? {
            Some(key) => Some(key),
            None => return Ok(None),
        },
    };
    let id = match (subject, &key) {
        (_, Some(key)) => key.license,
        (Subject::License(id), None) => *id,
        (Subject::KeyId(_) | Subject::Key(_), None) => return Ok(None),
    };
    let license = db::licenses::find(conn, id)
        .await?
        .ok_or(ExplainError::NoSuchLicense(id))?;
    let mut products = Products::new();
    for id in &license.products {
        products.extend(
            db::products::find(conn, *id)
                .await?
                .map(|product| (product.id, product)),
        );
    }
    let grants = db::grants::list(conn, id)
        .await?
        .into_iter()
        .map(|grant| grant.release)
        .collect();
    let customer = db::customers::find(conn, license.customer)
        .await?
        .map(|customer| customer.email);
    let license = LicenseFacts::new(id, license.terms, license.products.into(), grants);
    Ok(Some(Found {
        license,
        key: key.as_ref().map(KeyFacts::from),
        products,
        customer,
    }))
}

impl From<&KeyRecord> for KeyFacts {
    fn from(key: &KeyRecord) -> Self {
        let ends = KeyEnds {
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            rotated_at: key.rotated_at,
        };
        Self::new(key.id, key.license, ends)
    }
}

fn unknown_key(app: &App, subject: &Subject) -> Explanation {
    let is_mistyped =
        matches!(subject, Subject::Key(key) if LicenseKey::form(key.reveal()) == Form::Mistyped);
    let repository = &app.config.default_repository().name;
    let refusal = Words::new(app, repository.as_str()).denial(&Denied::UnknownKey { is_mistyped });
    let answers = vec![Answer::refused(repository, None, None, refusal)];
    Explanation {
        license: None,
        customer: None,
        key: None,
        standing: None,
        answers,
    }
}

async fn answers(
    app: &App,
    conn: &mut Conn,
    question: &Explain,
    entitlement: &Entitlement<'_>,
    now: Timestamp,
) -> Result<Vec<Answer>, ExplainError> {
    let default = &app.config.default_repository().name;
    if let Err(denied) = check::check(&Caller::Known(*entitlement), &Asked::Index, now) {
        let (package, version) = (question.package.as_ref(), question.version.as_ref());
        return Ok(vec![Answer::refused(
            default,
            package,
            version,
            Words::new(app, default.as_str()).denial(&denied),
        )]);
    }
    let packages = match &question.package {
        None => seen_packages(app, conn, entitlement).await?,
        Some(name) => named_packages(app, conn, entitlement, name).await?,
    };
    let answer =
        |(repository, name, entry): &(RepositoryName, PackageName, Option<PackageEntry>)| {
            let words = Words::new(app, repository.as_str());
            let check = match app.prebuilt(repository) {
                Some(_) => check::check_prebuilt,
                None => check::check,
            };
            let asked = (repository, name, entry.as_ref());
            Answer::about(
                entitlement,
                asked,
                question.version.as_ref(),
                (check, &words),
                now,
            )
        };
    Ok(packages.iter().map(answer).collect())
}

/// What decides: for a managed repository, or for a prebuilt one.
type Decision = fn(&Caller<'_>, &Asked<'_>, Timestamp) -> Result<Allowed, Denied>;

type Candidate = (RepositoryName, PackageName, Option<PackageEntry>);

/// Every package of which the license could see something.
async fn seen_packages(
    app: &App,
    conn: &mut Conn,
    entitlement: &Entitlement<'_>,
) -> Result<Vec<Candidate>, ExplainError> {
    let could_see = |package: &Package| {
        let is_granted = entitlement.license.grants().iter().any(|grant| {
            (&grant.repository, &grant.package) == (&package.repository, &package.name)
        });
        is_granted || entitlement.covers(package.repository.as_str(), package.name.as_str())
    };
    let mut candidates = Vec::new();
    for package in db::packages::list(conn).await? {
        if app.prebuilt(&package.repository).is_none() && could_see(&package) {
            candidates.push(load(conn, package).await?);
        }
    }
    for prebuilt in app.all_prebuilt() {
        let registry = prebuilt.registry().await?;
        let packages = registry.packages().map(|package| &package.entry);
        let mut seen: Vec<_> = packages
            .filter(|entry| could_see(entry.package()))
            .collect();
        seen.sort_by(|a, b| a.name().cmp(b.name()));
        candidates.extend(seen.into_iter().map(candidate));
    }
    Ok(candidates)
}

fn candidate(entry: &PackageEntry) -> Candidate {
    let (repository, name) = (entry.repository().clone(), entry.name().clone());
    (repository, name, Some(entry.clone()))
}

/// The package in every repository that has it or whose products cover it, else in the default one.
async fn named_packages(
    app: &App,
    conn: &mut Conn,
    entitlement: &Entitlement<'_>,
    name: &PackageName,
) -> Result<Vec<Candidate>, ExplainError> {
    let mut candidates = Vec::new();
    for repository in app
        .config
        .repositories
        .iter()
        .map(|repository| &repository.name)
    {
        let found = match app.prebuilt(repository) {
            Some(prebuilt) => {
                let registry = prebuilt.registry().await?;
                let package = registry.package(name.as_str());
                package.map(|package| candidate(&package.entry))
            }
            None => find_managed(conn, repository, name).await?,
        };
        match found {
            Some(found) => candidates.push(found),
            None if entitlement.covers(repository.as_str(), name.as_str()) => {
                candidates.push((repository.clone(), name.clone(), None));
            }
            None => {}
        }
    }
    if candidates.is_empty() {
        candidates.push((
            app.config.default_repository().name.clone(),
            name.clone(),
            None,
        ));
    }
    Ok(candidates)
}

async fn find_managed(
    conn: &mut Conn,
    repository: &RepositoryName,
    name: &PackageName,
) -> Result<Option<Candidate>, DbError> {
    match db::packages::find_by_name(conn, repository.as_str(), name.as_str()).await? {
        Some(package) => load(conn, package).await.map(Some),
        None => Ok(None),
    }
}

async fn load(conn: &mut Conn, package: Package) -> Result<Candidate, DbError> {
    let releases = db::releases::list(conn, package.id).await?;
    let (repository, name) = (package.repository.clone(), package.name.clone());
    Ok((repository, name, Some(PackageEntry::new(package, releases))))
}

impl Answer {
    fn refused(
        repository: &RepositoryName,
        package: Option<&PackageName>,
        version: Option<&Version>,
        refusal: String,
    ) -> Self {
        Self {
            repository: repository.clone(),
            package: package.map(ToString::to_string),
            version: version.map(ToString::to_string),
            is_allowed: false,
            refusal,
            shown: Vec::new(),
            hidden: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn about(
        entitlement: &Entitlement<'_>,
        (repository, name, entry): (&RepositoryName, &PackageName, Option<&PackageEntry>),
        version: Option<&Version>,
        (check, words): (Decision, &Words<'_>),
        now: Timestamp,
    ) -> Self {
        let mut answer = Self::refused(repository, Some(name), version, String::new());
        let version = version.map(ToString::to_string);
        let (repository, name) = (repository.as_str(), name.as_str());
        let asked = match &version {
            None => Asked::Package {
                repository,
                name,
                entry,
            },
            Some(version) => {
                let release = entry.and_then(|entry| entry.release(version));
                Asked::Release {
                    repository,
                    package: name,
                    version,
                    entry,
                    release,
                }
            }
        };
        let decided = check(&Caller::Known(*entitlement), &asked, now);
        let is_hidden = matches!(decided, Err(Denied::WindowInPrebuilt { .. }));
        match decided {
            Ok(Allowed::Index | Allowed::Package(_) | Allowed::Release) => answer.is_allowed = true,
            Err(denied) => answer.refusal = words.denial(&denied),
        }
        if let Some(entry) = entry.filter(|_| !is_hidden) {
            let visible = entitlement.visible(entry);
            let text =
                |release: &crate::catalog::entry::ReleaseEntry| release.version_text().to_owned();
            answer.shown = entry.selected(&visible).map(text).collect();
            answer.hidden = entry
                .releases()
                .iter()
                .map(text)
                .filter(|text| !answer.shown.contains(text))
                .collect();
            // They come with the package: whoever sees nothing of it is refused and told no more.
            if !visible.is_empty() {
                let notices = check::notices(entitlement, entry, &visible, now);
                answer.notices = notices.iter().map(|notice| words.notice(notice)).collect();
            }
        }
        answer
    }
}
