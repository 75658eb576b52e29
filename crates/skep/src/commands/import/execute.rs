//! Doing what was planned. Every release is by itself: it is whole, or not here at all.

use anyhow::Context as _;
use futures_util::{StreamExt, stream};
use skep_formats::name::RepositoryName;
use skep_server::app::App;
use skep_server::catalog::delete::{DeleteError, delete};
use skep_server::catalog::import::{
    Action, Amendment, Dating, ImportError, Offer, Plan, Step, Taken, amend, take,
};
use skep_server::catalog::retire::Target;
use skep_server::clock::Timestamp;
use skep_server::db::audit::Actor;

use super::report::{Amended, Report};
use super::said;
use super::source::Source;
use crate::cli::moving::Import;
use crate::commands::mirrored::bar;
use crate::output::hint;

/// While one release waits for the network, others are checked and stored.
const PARALLEL: usize = 4;

/// What everything needs.
pub(super) struct Work<'a> {
    pub(super) app: &'a App,
    pub(super) source: &'a Source,
    pub(super) repository: &'a RepositoryName,
    pub(super) arguments: &'a Import,
}

/// What became of a release.
enum Done {
    Taken(skep_server::catalog::publish::Published),
    Amended(Amended),
}

/// Why nothing became of it.
enum Failed {
    /// Another release may fare better.
    This(anyhow::Error),
    /// None will.
    All(anyhow::Error),
}

impl From<ImportError> for Failed {
    fn from(error: ImportError) -> Self {
        match error.is_ours() {
            true => Self::All(error.into()),
            false => Self::This(error.into()),
        }
    }
}

impl Work<'_> {
    /// Takes and changes what was planned.
    ///
    /// # Errors
    /// Our own database or storage fails; what was done stays.
    pub(super) async fn take_all(
        &self,
        plan: &Plan,
        offers: &[Offer],
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let bar = bar(plan.steps.len());
        let mut done = stream::iter(&plan.steps)
            .map(|step| async move { (step, self.carry_out(step, &offers[step.offer]).await) })
            .buffered(PARALLEL);
        while let Some((step, result)) = done.next().await {
            bar.inc(1);
            match result {
                Ok(Done::Taken(published)) => report.taken(published),
                Ok(Done::Amended(amended)) => report.amended.push(amended),
                Err(Failed::This(error)) => {
                    let name = offers[step.offer].name(self.repository);
                    report.failed(name.to_string(), said(&error));
                }
                Err(Failed::All(error)) => {
                    bar.finish_and_clear();
                    let kept = "what was imported before this stays";
                    let again = "once this is mended, the same command goes on";
                    return Err(hint(error, format!("{kept}; {again}")));
                }
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    async fn carry_out(&self, step: &Step, offer: &Offer) -> Result<Done, Failed> {
        match &step.action {
            Action::Add | Action::Replace => self.take(step, offer).await,
            Action::Amend(amendment) => self.amend(offer, amendment).await,
        }
    }

    async fn take(&self, step: &Step, offer: &Offer) -> Result<Done, Failed> {
        let most = self.app.config.limits.tarball_bytes;
        let fetched = self.source.tarball(&offer.package, &offer.version, most);
        let fetched = fetched.await.map_err(Failed::This)?;
        let published_at = match (offer.dating, &step.action) {
            (Dating::Stated(date), _) => Some(date),
            (Dating::OfFile, Action::Add) => Some(file_date(fetched.modified_at)?),
            (Dating::OfFile | Dating::Unknown, _) => None,
        };
        let docs = match self.wants_docs(offer) {
            true => self.docs(offer).await.map_err(Failed::This)?,
            false => None,
        };
        let taken = Taken {
            offer: offer.clone(),
            repository: self.repository.clone(),
            tarball: fetched.bytes,
            docs,
            published_at,
            replace: step.action == Action::Replace,
        };
        Ok(Done::Taken(take(self.app, taken).await?))
    }

    fn wants_docs(&self, offer: &Offer) -> bool {
        !self.arguments.no_docs && offer.has_docs != Some(false)
    }

    async fn docs(&self, offer: &Offer) -> anyhow::Result<Option<bytes::Bytes>> {
        let most = self.app.config.limits.tarball_bytes;
        let docs = self.source.docs(&offer.package, &offer.version, most).await;
        docs.context("its documentation cannot be fetched; --no-docs leaves that out")
    }

    async fn amend(&self, offer: &Offer, amendment: &Amendment) -> Result<Done, Failed> {
        let docs = match amendment.wants_docs && self.wants_docs(offer) {
            true => self.docs(offer).await.map_err(Failed::This)?,
            false => None,
        };
        let target = self.target(offer);
        amend(self.app, &target, amendment, docs.clone()).await?;
        Ok(Done::Amended(Amended {
            release: offer.name(self.repository),
            retired: amendment.retirement.is_some(),
            published_at: amendment.published_at,
            docs: docs.is_some(),
        }))
    }

    fn target(&self, offer: &Offer) -> Target {
        Target {
            repository: Some(self.repository.clone()),
            package: offer.package.clone(),
            version: offer.version.clone(),
            actor: Actor::Cli,
        }
    }

    /// Deletes what the source does not have, unless customers have it.
    ///
    /// # Errors
    /// The database fails.
    pub(super) async fn delete_all(&self, plan: &Plan, report: &mut Report) -> anyhow::Result<()> {
        for release in &plan.only_here {
            let target = Target {
                repository: Some(release.repository.clone()),
                package: release.package.clone(),
                version: release.version.clone(),
                actor: Actor::Cli,
            };
            match delete(self.app, &target, false).await {
                Ok(deleted) => report.deleted.push(deleted.release),
                Err(error @ DeleteError::Downloaded { .. }) => {
                    report.failed(release.to_string(), said(&error.into()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn file_date(modified_at: Option<Timestamp>) -> Result<Timestamp, Failed> {
    modified_at.ok_or_else(|| {
        Failed::This(anyhow::anyhow!(
            "the server does not say when its tarball was written (no `Last-Modified`): put its date into --dates"
        ))
    })
}
