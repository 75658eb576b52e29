use std::error::Error;
use std::io;

use super::FileKey;

type Source = Box<dyn Error + Send + Sync>;

/// Why the object store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The store as a whole is not to be had.
    #[error("the file storage `{place}` cannot be used; `[storage] url` names it")]
    Place {
        /// Which storage.
        place: String,
        /// The answer.
        source: Source,
    },
    /// No such object.
    #[error("there is no file `{path}` in `{place}`")]
    NotFound {
        /// Which storage.
        place: String,
        /// Which object.
        path: String,
    },
    /// No room.
    #[error(
        "there is no room for `{path}` in `{place}`: free some space and try again; nothing was changed"
    )]
    Full {
        /// Which storage.
        place: String,
        /// Which object.
        path: String,
        /// The answer.
        source: Source,
    },
    /// Whatever else.
    #[error("`{path}` cannot be {doing} in `{place}`")]
    Other {
        /// Which storage.
        place: String,
        /// Which object.
        path: String,
        /// `read`, `written` or `deleted`.
        doing: &'static str,
        /// The answer.
        source: Source,
    },
}

impl FilesError {
    pub(super) fn from_store(
        place: &str,
        doing: &'static str,
        key: &FileKey,
        error: object_store::Error,
    ) -> Self {
        let (place, path) = (place.to_owned(), key.path());
        if matches!(error, object_store::Error::NotFound { .. }) && doing == "read" {
            return Self::NotFound { place, path };
        }
        let source = Source::from(error);
        if is_out_of_room(&*source) {
            Self::Full {
                place,
                path,
                source,
            }
        } else {
            Self::Other {
                place,
                path,
                doing,
                source,
            }
        }
    }

    /// Whether there is no such object.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// The disk is full, the quota is used up, or the file is larger than this process may write.
fn is_out_of_room(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge,
        ) = error.downcast_ref::<io::Error>().map(io::Error::kind)
        {
            return true;
        }
        cause = error.source();
    }
    false
}
