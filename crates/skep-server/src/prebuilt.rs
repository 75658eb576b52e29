//! Prebuilt repositories: a static registry that somebody built and signed elsewhere, in a folder or a
//! bucket. It is served byte for byte, once all of it was verified; what is half uploaded, damaged or
//! signed with another key never takes the place of what is served.

mod check;
mod error;
mod follow;
mod load;
mod registry;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use skep_formats::key::PublicKey;
use skep_formats::name::RepositoryName;
use tokio::sync::Mutex;

pub use self::error::PrebuiltError;
pub use self::registry::{Registry, Resource, StaticPackage};
use crate::files::Tree;

/// A prebuilt repository: where its registry is, who may have signed it, and the last good state.
#[derive(Debug)]
pub struct Prebuilt {
    source: Source,
    every: Duration,
    current: ArcSwapOption<Registry>,
    /// Why what is there now is not served; `None` when it is.
    fault: ArcSwapOption<PrebuiltError>,
    loading: Mutex<()>,
}

/// Where a static registry comes from, and what it has to be.
#[derive(Clone, Debug)]
pub struct Source {
    /// The repository's name, which every signed file has in it.
    pub name: RepositoryName,
    /// What the files are signed with.
    pub public_key: PublicKey,
    /// What customers compare: `SHA256:…`.
    pub fingerprint: String,
    /// The place.
    pub tree: Tree,
}

impl Prebuilt {
    /// A repository that looks at its place `every` so often, once it is followed. Nothing is read yet.
    #[must_use]
    pub fn new(source: Source, every: Duration) -> Self {
        Self {
            source,
            every,
            current: ArcSwapOption::empty(),
            fault: ArcSwapOption::empty(),
            loading: Mutex::default(),
        }
    }

    /// Where it comes from.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// What is served now; `None` before anything was read.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Registry>> {
        self.current.load_full()
    }

    /// Why what is in the place now is not served, but what was there before; `None` when it is.
    #[must_use]
    pub fn fault(&self) -> Option<Arc<PrebuiltError>> {
        self.fault.load_full()
    }

    /// What is served now, or for a command what is in the place.
    ///
    /// # Errors
    /// Nothing good was ever there.
    pub async fn registry(&self) -> Result<Arc<Registry>, Arc<PrebuiltError>> {
        match self.current() {
            Some(registry) => Ok(registry),
            None => self.refresh().await,
        }
    }

    /// Looks at the place. What it has is served from now on, if all of it is good.
    ///
    /// # Errors
    /// It is not, or the place does not answer: what was served still is.
    pub async fn refresh(&self) -> Result<Arc<Registry>, Arc<PrebuiltError>> {
        let _one_at_a_time = self.loading.lock().await;
        let before = self.current();
        match load::load(&self.source, before.as_ref()).await {
            Ok(registry) => {
                self.fault.store(None);
                self.current.store(Some(Arc::clone(&registry)));
                Ok(registry)
            }
            Err(error) => {
                let error = Arc::new(error);
                self.fault.store(Some(Arc::clone(&error)));
                Err(error)
            }
        }
    }
}
