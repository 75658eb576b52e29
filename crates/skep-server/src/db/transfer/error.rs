use super::super::{DbError, OpenError};

/// Why tables could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A database does not do what it is asked.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Something is there already.
    #[error(
        "the database `{shown}` is not empty: it has {found}; nothing was changed in it; choose an empty one, or \
         put this one away first"
    )]
    NotEmpty {
        /// Which database.
        shown: String,
        /// What was found.
        found: String,
    },
    /// A value has another type than its column.
    #[error("column `{column}` of row `{row}` in table `{table}` cannot be read: {problem}")]
    Unreadable {
        /// Which table.
        table: String,
        /// The row's first column.
        row: String,
        /// Which column.
        column: String,
        /// In the driver's words.
        problem: String,
    },
    /// PostgreSQL keeps no NUL in a text.
    #[error(
        "column `{column}` of row `{row}` in table `{table}` has the character NUL, which PostgreSQL cannot keep in \
         a text; nothing was written; `--replace-nul` writes U+FFFD in its place, there and wherever else it is"
    )]
    Nul {
        /// Which table.
        table: String,
        /// The row's first column.
        row: String,
        /// Which column.
        column: String,
    },
    /// What was written is not what was read.
    #[error(
        "table `{table}` is not the same afterwards: {expected} rows with checksum `{expected_checksum}` were to be \
         written, {found} with `{found_checksum}` are there; nothing was kept"
    )]
    Differs {
        /// Which table.
        table: String,
        /// How many rows it should have.
        expected: u64,
        /// The checksum it should have.
        expected_checksum: String,
        /// How many it has.
        found: u64,
        /// The checksum it has.
        found_checksum: String,
    },
    /// The tables could not be made.
    #[error("the tables could not be made in `{shown}`: {problem}")]
    Schema {
        /// Which database.
        shown: String,
        /// In the database's words.
        problem: String,
    },
}
