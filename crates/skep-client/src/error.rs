//! What can go wrong with an answer.

use http::StatusCode;
use skep_formats::key::KeyError;
use skep_formats::registry::OpenError;

/// Why an answer is not what was asked for. Holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused or failed.
    #[error("the server answered `{status}` to `{path}`{}", said(.message))]
    Status {
        /// Its code.
        status: StatusCode,
        /// What was asked for, below the repository's URL.
        path: String,
        /// The beginning of what it said; empty if that is not text.
        message: String,
    },
    /// A registry file is damaged, not signed with the repository's key, or another one.
    #[error("`{path}` is not right")]
    Open {
        /// What was asked for, below the repository's URL.
        path: String,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// `public_key` holds no key that can be used.
    #[error("the repository's `public_key` cannot be used")]
    PublicKey(#[source] KeyError),
}

impl Error {
    /// Whether the server wants credentials, or other ones.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// Whether there is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// The code the server answered, if that is what is wrong.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Open { .. } | Self::PublicKey(_) => None,
        }
    }
}

fn said(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}
