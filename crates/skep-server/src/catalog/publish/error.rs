use std::io;
use std::path::PathBuf;

use skep_formats::docs::DocsError;
use skep_formats::tarball::TarballError;

use super::Problem;
use crate::app::RepositoryError;
use crate::db::DbError;
use crate::files::FilesError;
use crate::licensing::grant::ReleaseName;

/// Why a release was not published; nothing of it is visible.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The configuration has no such repository, or nothing is changed in it here.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A file cannot be read; the cause names it.
    #[error("the tarball cannot be read")]
    Read(#[source] io::Error),
    /// Not a package tarball.
    #[error("`{}` is not a package that can be published", path.display())]
    Tarball {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: TarballError,
    },
    /// Not a docs tarball.
    #[error("`{}` is no documentation that can be published", path.display())]
    Docs {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: DocsError,
    },
    /// A package, but one that customers' tools could not use.
    #[error("`{}` breaks the rules for packages:{}", path.display(), listed(problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Every rule that it breaks.
        problems: Vec<Problem>,
    },
    /// The version is taken.
    #[error(
        "release `{0}` exists: must include the --replace flag to update an existing release, and customers who have \
         it in a lock file will have to update that"
    )]
    Exists(ReleaseName),
    /// The file store failed.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

fn listed(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  {problem}"))
        .collect()
}
