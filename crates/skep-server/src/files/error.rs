use std::error::Error;
use std::io;

use super::fault::{Fault, fault};
use crate::config::Bucket;

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
    /// A folder is not there.
    #[error("there is no folder `{place}`")]
    NoFolder {
        /// Which one.
        place: String,
    },
    /// A file that has to be read as a whole is larger than anybody wants.
    #[error("`{path}` in `{place}` has {size_bytes} bytes, the most is {most_bytes}")]
    TooLarge {
        /// Which storage.
        place: String,
        /// Which object.
        path: String,
        /// Its size.
        size_bytes: u64,
        /// The limit.
        most_bytes: u64,
    },
    /// The provider's client was left out of this program.
    #[error(
        "the files are in `{place}`, and this skep was built without that: build it with `--features {feature}`"
    )]
    NotBuilt {
        /// Which storage.
        place: String,
        /// What it needs.
        feature: &'static str,
    },
    /// The store answers, and a setting is wrong.
    #[error("the file storage `{place}` cannot be used: {problem}")]
    Refused {
        /// Which storage.
        place: String,
        /// Which setting, and what to do.
        problem: String,
        /// The answer.
        source: Source,
    },
    /// The store does not answer, or says that it cannot just now.
    #[error("the file storage `{place}` does not answer just now; nothing was changed")]
    Away {
        /// Which storage.
        place: String,
        /// What happened.
        source: Source,
    },
    /// The store keeps other bytes than it was sent.
    #[error(
        "`{path}` in `{place}` is not what was stored there: its checksum is another; nothing was recorded"
    )]
    Damaged {
        /// Which storage.
        place: String,
        /// Which object.
        path: String,
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
        bucket: Option<&Bucket>,
        doing: &'static str,
        path: String,
        error: object_store::Error,
    ) -> Self {
        let place = place.to_owned();
        let is_absent = matches!(error, object_store::Error::NotFound { .. })
            && (bucket.is_none() || fault(&error) != Fault::NoBucket);
        if is_absent && doing == "read" {
            return Self::NotFound { place, path };
        }
        let error = match Self::of_bucket(&place, bucket, error) {
            Ok(known) => return known,
            Err(error) => error,
        };
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

    /// The same about no single object.
    pub(super) fn of_place(
        place: &str,
        bucket: Option<&Bucket>,
        error: object_store::Error,
    ) -> Self {
        let error = match Self::of_bucket(place, bucket, error) {
            Ok(known) => return known,
            Err(error) => error,
        };
        Self::Place {
            place: place.to_owned(),
            source: error.into(),
        }
    }

    /// What is wrong with the bucket or its settings, or the error again.
    fn of_bucket(
        place: &str,
        bucket: Option<&Bucket>,
        error: object_store::Error,
    ) -> Result<Self, object_store::Error> {
        let Some(bucket) = bucket else {
            return Err(error);
        };
        let (place, fault) = (place.to_owned(), fault(&error));
        if fault.is_away() {
            return Ok(Self::Away {
                place,
                source: error.into(),
            });
        }
        match fault.problem(bucket) {
            Some(problem) => Ok(Self::Refused {
                place,
                problem,
                source: error.into(),
            }),
            None => Err(error),
        }
    }

    /// Whether it may work in a moment.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::Away { .. })
    }

    /// Whether there is no such object.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// The disk is full, the quota is used up, or the file is larger than this process may write.
pub(crate) fn is_out_of_room(error: &(dyn Error + 'static)) -> bool {
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
