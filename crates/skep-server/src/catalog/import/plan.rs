//! What has to be done so that what another hosting offers is here.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use skep_formats::registry::Retirement;

use super::*;
use crate::app::App;
use crate::catalog::release::Release;
use crate::db;

/// What has to be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is done, in the order of the offers.
    pub steps: Vec<Step>,
    /// What would change something here, and waits for a word.
    pub held: Vec<Held>,
    /// How many releases are here exactly as offered.
    pub unchanged: usize,
    /// Releases that are not offered.
    pub only_here: Vec<ReleaseName>,
    /// New releases whose date nobody says.
    pub undated: Vec<ReleaseName>,
}

/// One release to take over or to change.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which of the offers.
    pub offer: usize,
    /// What to do with it.
    pub action: Action,
}

/// What to do with a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is not here.
    Add,
    /// It is here with another tarball, which is replaced.
    Replace,
    /// It is here, and something of its entry is different.
    Amend(Amendment),
}

/// What is different about a release whose tarball is the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// Why it is retired.
    pub retirement: Option<Retirement>,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
    /// Whether there is documentation that is not here.
    pub wants_docs: bool,
}

/// A difference that only the seller can settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Held {
    /// Another tarball under the same version.
    Tarball {
        /// Which release.
        #[serde(flatten)]
        release: ReleaseName,
        /// The checksum here.
        here: Sha256,
        /// The checksum there.
        there: Sha256,
    },
    /// Another date.
    Date {
        /// Which release.
        #[serde(flatten)]
        release: ReleaseName,
        /// The date here.
        here: Timestamp,
        /// The date there.
        there: Timestamp,
    },
}

/// Compares what is offered with what a repository has. With `is_replacing`, tarballs and dates here give
/// way to those there.
///
/// # Errors
/// [`ImportError::Undated`], or the database failed.
pub async fn plan(
    app: &App,
    repository: &RepositoryName,
    offers: &[Offer],
    is_replacing: bool,
) -> Result<Plan, ImportError> {
    let repository = &app.managed_repository(Some(repository))?.name;
    let mut here = load(app, repository).await?;
    let mut plan = Plan::default();
    let mut seen = HashSet::new();
    for (index, offer) in offers.iter().enumerate() {
        let key = (offer.package.clone(), offer.version.to_string());
        if !seen.insert(key.clone()) {
            continue;
        }
        plan.add(
            index,
            offer,
            here.remove(&key).as_ref(),
            (repository, is_replacing),
        );
    }
    let release_name = |(package, _): &(PackageName, String), release: &Release| ReleaseName {
        repository: repository.clone(),
        package: package.clone(),
        version: release.version.clone(),
    };
    let only_here = here.iter().map(|(key, release)| release_name(key, release));
    plan.only_here = only_here.collect();
    plan.only_here
        .sort_by(|a, b| (&a.package, &a.version).cmp(&(&b.package, &b.version)));
    refuse_undated(app, &plan).await?;
    Ok(plan)
}

type Here = HashMap<(PackageName, String), Release>;

async fn load(app: &App, repository: &RepositoryName) -> Result<Here, DbError> {
    let conn = &mut app.db.read().await?;
    let mut names = HashMap::new();
    for package in db::packages::list(conn).await? {
        if package.repository == *repository {
            names.insert(package.id, package.name);
        }
    }
    let ids: Vec<_> = names.keys().copied().collect();
    let releases = db::releases::list_of(conn, &ids).await?.into_iter();
    let named = releases.filter_map(|release| {
        let package = names.get(&release.package)?.clone();
        Some(((package, release.version.to_string()), release))
    });
    Ok(named.collect())
}

async fn refuse_undated(app: &App, plan: &Plan) -> Result<(), ImportError> {
    if plan.undated.is_empty() {
        return Ok(());
    }
    let licenses = db::licenses::count_with_update_window(&mut app.db.read().await?).await?;
    if licenses == 0 {
        return Ok(());
    }
    Err(ImportError::Undated {
        releases: plan.undated.clone(),
        licenses,
    })
}

impl Plan {
    fn add(
        &mut self,
        index: usize,
        offer: &Offer,
        here: Option<&Release>,
        (repository, is_replacing): (&RepositoryName, bool),
    ) {
        let Some(here) = here else {
            if offer.dating == Dating::Unknown {
                self.undated.push(offer.name(repository));
            }
            return self.step(index, Action::Add);
        };
        if let Some((ours, theirs)) = other_tarball(offer, here) {
            if is_replacing {
                return self.step(index, Action::Replace);
            }
            return self.held.push(Held::Tarball {
                release: offer.name(repository),
                here: ours,
                there: theirs,
            });
        }
        let amendment = self.amendment(offer, here, (repository, is_replacing));
        if amendment == Amendment::default() {
            self.unchanged += 1;
        } else {
            self.step(index, Action::Amend(amendment));
        }
    }

    /// What is different about a release with the same tarball; another date may have to wait.
    fn amendment(
        &mut self,
        offer: &Offer,
        here: &Release,
        (repository, is_replacing): (&RepositoryName, bool),
    ) -> Amendment {
        // What is retired here only stays so: the seller does that here by now.
        let retirement = offer.listed.retired.clone();
        let mut amendment = Amendment {
            retirement: retirement.filter(|there| here.retirement.as_ref() != Some(there)),
            published_at: None,
            wants_docs: offer.has_docs == Some(true) && here.docs.is_none(),
        };
        match offer.dating {
            Dating::Stated(there) if there != here.published_at && is_replacing => {
                amendment.published_at = Some(there);
            }
            Dating::Stated(there) if there != here.published_at => self.held.push(Held::Date {
                release: offer.name(repository),
                here: here.published_at,
                there,
            }),
            Dating::Stated(_) | Dating::OfFile | Dating::Unknown => {}
        }
        amendment
    }

    fn step(&mut self, offer: usize, action: Action) {
        self.steps.push(Step { offer, action });
    }
}

/// The checksums here and there, if they differ. Only old registries lack the outer one.
fn other_tarball(offer: &Offer, here: &Release) -> Option<(Sha256, Sha256)> {
    let (ours, theirs) = match offer.listed.outer_checksum {
        Some(theirs) => (here.outer_checksum, theirs),
        None => (here.inner_checksum, offer.listed.inner_checksum),
    };
    (ours != theirs).then_some((ours, theirs))
}
