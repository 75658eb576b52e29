//! How often a store did not do what it was asked, for metrics.

use super::FilesError;
use crate::metrics::Count;

/// By what went wrong.
#[derive(Debug, Default)]
pub(super) struct ErrorsSeen {
    away: Count,
    refused: Count,
    damaged: Count,
    missing: Count,
    full: Count,
    other: Count,
}

/// The numbers so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorCounts {
    /// It did not answer, or could not just then.
    pub away: u64,
    /// It answered that a setting is wrong.
    pub refused: u64,
    /// It had other bytes than were stored.
    pub damaged: u64,
    /// A file that a release names was not there.
    pub missing: u64,
    /// There was no room.
    pub full: u64,
    /// Whatever else.
    pub other: u64,
}

impl ErrorsSeen {
    pub(super) fn note(&self, error: &FilesError) {
        match error {
            // Looking whether a file is there is no error: only who needs it knows.
            FilesError::NotFound { .. } => {}
            FilesError::Away { .. } => self.away.add_one(),
            FilesError::Refused { .. }
            | FilesError::NotBuilt { .. }
            | FilesError::NoFolder { .. } => self.refused.add_one(),
            FilesError::Damaged { .. } => self.damaged.add_one(),
            FilesError::Full { .. } => self.full.add_one(),
            FilesError::Place { .. } | FilesError::TooLarge { .. } | FilesError::Other { .. } => {
                self.other.add_one()
            }
        }
    }

    pub(super) fn note_damaged(&self) {
        self.damaged.add_one();
    }

    pub(super) fn note_missing(&self) {
        self.missing.add_one();
    }

    pub(super) fn counts(&self) -> ErrorCounts {
        ErrorCounts {
            away: self.away.get(),
            refused: self.refused.get(),
            damaged: self.damaged.get(),
            missing: self.missing.get(),
            full: self.full.get(),
            other: self.other.get(),
        }
    }
}
