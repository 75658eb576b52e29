//! What can go wrong, by the phase in which it does. No error holds a secret.

use http::StatusCode;
use skep_formats::checksum::Sha256;
use skep_formats::key::KeyError;
use skep_formats::registry;

use crate::api::ApiError;
use crate::http_client::SendError;
use crate::oauth::OAuthError;
pub use crate::shown_url::ShownUrl;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request could not be made; nothing was sent.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no answer, or only part of one.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The server refused or failed.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The API refused or failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// There are no tokens.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The answer is not what was asked for: another format, damaged or cut off.
    #[error("the answer of `{url}` cannot be read")]
    Decode {
        /// What was asked for.
        url: ShownUrl,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// The answer can be read but must not be trusted.
    #[error("the answer of `{url}` is not to be trusted")]
    Verify {
        /// What was asked for.
        url: ShownUrl,
        /// Why.
        #[source]
        source: VerifyError,
    },
    /// There are no credentials to go on with.
    #[cfg(feature = "cli-auth")]
    #[error(transparent)]
    Auth(#[from] crate::cli_auth::AuthError),
    /// A file could not be written.
    #[error("`{path}` could not be written")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Why a request cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A name that would lead to another place of the server.
    #[error("`{segment}` cannot be part of a URL")]
    Segment {
        /// The name.
        segment: String,
    },
    /// A URL with more bytes than HTTP libraries take.
    #[error("the URL is too long")]
    TooLong,
    /// A secret that is not text for a header, for example with a line break at its end.
    #[error("`{what}` has a character that cannot be sent in a header")]
    Secret {
        /// The name of the setting.
        what: &'static str,
    },
    /// A value that is not text for a header.
    #[error("`{value}` cannot be sent as the header `{name}`")]
    Header {
        /// The header's name.
        name: &'static str,
        /// The value.
        value: String,
    },
    /// A value that cannot be sent in the body.
    #[error("the body of the request cannot be made: {reason}")]
    Body {
        /// Why, without the value.
        reason: String,
    },
    /// The setting is needed for this call.
    #[error("`{setting}` must be set for this request")]
    Missing {
        /// The name of the setting.
        setting: &'static str,
    },
}

/// An answer whose status says that it is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server answered `{status}` to `{url}`{}", said(.message))]
pub struct StatusError {
    /// Its code.
    pub status: StatusCode,
    /// What was asked for.
    pub url: ShownUrl,
    /// What the server says about it, at most 500 characters; empty if that is not text for people.
    pub message: String,
    /// How long the server wants to be left alone (`Retry-After`), if it says.
    pub retry_after_seconds: Option<u64>,
}

/// Why an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A page for people, from a proxy, a captive portal or a wrong URL.
    #[error("it is a web page, which a proxy or a wrong URL may give")]
    WebPage,
    /// Something else than what was asked for.
    #[error("its content type is `{found}`, not `{expected}`")]
    ContentType {
        /// What the server says it is.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Not gzip, truncated, corrupt or too large.
    #[error(transparent)]
    Gzip(#[from] skep_formats::gzip::GzipError),
    /// Not the resource that was asked for.
    #[error(transparent)]
    Resource(#[from] registry::DecodeError),
    /// What was compressed is not a signed message.
    #[error("it is not a signed message")]
    NotSigned(#[source] registry::DecodeError),
    /// No public key that can be used.
    #[error("it holds no public key that can be used")]
    PublicKey(#[source] KeyError),
    /// An answer without something that it must have, or with something it must not have.
    #[error("{0}")]
    Shape(String),
}

/// Why an answer is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Nobody signed it.
    #[error("it is not signed")]
    NoSignature,
    /// Somebody else signed it, or it was changed afterwards.
    #[error("it is not signed with the repository's key `{fingerprint}`")]
    Signature {
        /// The fingerprint of the key that was expected.
        fingerprint: String,
    },
    /// It belongs to another repository.
    #[error("it belongs to the repository `{found}`, not to `{expected}`")]
    Repository {
        /// The repository that was asked for.
        expected: String,
        /// The repository it names.
        found: String,
    },
    /// It is about another package or policy.
    #[error("it is about `{found}`, not about `{expected}`")]
    Name {
        /// The name that was asked for.
        expected: String,
        /// The name it has.
        found: String,
    },
    /// The tarball is not the one that the registry lists.
    #[error("its checksum is `{found}`, but the registry says `{expected}`")]
    Checksum {
        /// What the registry says.
        expected: Sha256,
        /// What was received.
        found: Sha256,
    },
    /// The key is not the one that was expected.
    #[error("its fingerprint is `{found}`, not `{expected}`")]
    Fingerprint {
        /// What was expected.
        expected: String,
        /// What was received.
        found: String,
    },
    /// There is no key to check the signature with.
    #[error("`repo_public_key` is not set, so nothing can be checked")]
    NoKey,
}

impl Error {
    /// Whether the server wants credentials, or other ones (401).
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// Whether the credentials are not enough (403).
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// Whether there is no such thing (404).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// The code the server answered, if that is what is wrong.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status(error) => Some(error.status),
            Self::Api(error) => Some(error.status),
            Self::OAuth(error) => error.status(),
            Self::Build(_)
            | Self::Send(_)
            | Self::Decode { .. }
            | Self::Verify { .. }
            | Self::File { .. } => None,
            #[cfg(feature = "cli-auth")]
            Self::Auth(_) => None,
        }
    }
}

fn said(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}
