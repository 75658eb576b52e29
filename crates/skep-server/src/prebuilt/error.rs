use skep_formats::registry::OpenError;

use crate::files::FilesError;

/// Why a static registry is not served as it is.
#[derive(Debug, thiserror::Error)]
pub enum PrebuiltError {
    /// The place does not answer, or refuses.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A file of the registry is not there.
    #[error(
        "`{path}` is missing in `{place}`: `skep registry build` makes it, and `skep registry sync` uploads it"
    )]
    Missing {
        /// Which place.
        place: String,
        /// Which file.
        path: String,
    },
    /// A file is damaged, signed with another key, or of another repository or package.
    #[error("`{path}` in `{place}` cannot be served")]
    Resource {
        /// Which place.
        place: String,
        /// Which file.
        path: String,
        /// What is wrong with it.
        source: OpenError,
    },
    /// Two files say different things: most likely an upload is under way.
    #[error("`{path}` in `{place}` does not agree with the rest of the registry: {problem}")]
    Disagreement {
        /// Which place.
        place: String,
        /// Which file.
        path: String,
        /// In what.
        problem: String,
    },
    /// The place has another public key than the configuration.
    #[error(
        "`public_key` in `{place}` is `{found}`, and the key in the configuration is `{expected}`: customers' tools \
         trust only one of them"
    )]
    OtherKey {
        /// Which place.
        place: String,
        /// What is there.
        found: String,
        /// What belongs there.
        expected: String,
    },
}

impl PrebuiltError {
    /// Whether it may be good in a moment: the place is away, or an upload is under way.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Files(error) => error.is_away(),
            Self::Missing { .. } | Self::Disagreement { .. } => true,
            Self::Resource { .. } | Self::OtherKey { .. } => false,
        }
    }
}
