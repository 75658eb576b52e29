//! Following a place: what is new there is served within seconds.

use std::sync::Arc;
use std::time::Duration;

use super::{Prebuilt, PrebuiltError, Registry};

/// So long a start waits for an upload that is under way, or for a place that is away.
const START_WITHIN: Duration = Duration::from_secs(10);
const RETRY_AFTER: Duration = Duration::from_millis(500);

impl Prebuilt {
    /// Reads the registry for the first time, before anything is served.
    ///
    /// # Errors
    /// There is no good one, even after some seconds.
    pub async fn start(&self) -> Result<(), Arc<PrebuiltError>> {
        let attempts = async {
            loop {
                match self.refresh().await {
                    Err(error) if error.is_passing() => tokio::time::sleep(RETRY_AFTER).await,
                    outcome => return outcome,
                }
            }
        };
        let registry = match tokio::time::timeout(START_WITHIN, attempts).await {
            Ok(outcome) => outcome?,
            Err(_) => self.refresh().await?,
        };
        tracing::info!(
            repository = %self.source.name,
            place = self.source.tree.place(),
            packages = registry.packages().len(),
            releases = registry.count_releases(),
            "prebuilt repository loaded"
        );
        Ok(())
    }

    /// Looks at the place for ever. Dropping the future ends it.
    pub async fn follow(&self) {
        let mut said = None;
        loop {
            tokio::time::sleep(self.every).await;
            let before = self.current();
            let outcome = self.refresh().await;
            said = self.report(before.as_ref(), outcome, said);
        }
    }

    /// Says what is new, once: the same fault again is not.
    fn report(
        &self,
        before: Option<&Arc<Registry>>,
        outcome: Result<Arc<Registry>, Arc<PrebuiltError>>,
        said: Option<String>,
    ) -> Option<String> {
        let (repository, place) = (&self.source.name, self.source.tree.place());
        match outcome {
            Ok(registry) => {
                let releases = registry.count_releases();
                if before.is_none_or(|before| !Arc::ptr_eq(before, &registry)) {
                    tracing::info!(%repository, place, releases, "a new state of the registry is served");
                } else if said.is_some() {
                    tracing::info!(%repository, place, "the registry is good again");
                }
                None
            }
            Err(error) => {
                let text = sentence(&*error);
                if said.as_ref() != Some(&text) {
                    tracing::error!(%repository, error = text, "the registry is not taken over: the last good state is served");
                }
                Some(text)
            }
        }
    }
}

/// An error with its causes, on one line.
fn sentence(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
