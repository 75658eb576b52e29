use crate::db::DbError;

/// Why a job failed. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Another version of this program entered it.
    #[error("this version of Skep does not know the kind `{0}`: it waits for one that does")]
    UnknownKind(String),
    /// It ended in a bug.
    #[error("the job ended in a bug; the log says where")]
    Panicked,
    /// Whoever ran it last never said how it went.
    #[error("the node that ran it was gone before it ended")]
    Abandoned,
}
