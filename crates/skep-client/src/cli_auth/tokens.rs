use std::fmt;

use http::Uri;

use crate::oauth::OAuthTokens;
use crate::{BaseUrl, Secret, UrlError};

/// A token is refreshed when it has fewer seconds left than this.
pub const EXPIRY_BUFFER_SECONDS: i64 = 300;

/// The server that issues tokens, by the URL of its HTTP API.
///
/// Two spellings of one URL are the same server: the slash at the end, the default port and the case of
/// the host do not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server(String);

impl Server {
    /// The server whose API is at `api_url`, such as `https://hex.pm/api`.
    pub fn of(api_url: &BaseUrl) -> Self {
        let origin = api_url.origin();
        let usual = if origin.starts_with("https:") {
            ":443"
        } else {
            ":80"
        };
        let origin = origin.strip_suffix(usual).unwrap_or(&origin);
        let uri = api_url.as_str().parse::<Uri>().unwrap_or_default();
        Self(format!("{origin}{}", uri.path().trim_end_matches('/')))
    }

    /// The server whose API is at `api_url`, as a text.
    ///
    /// # Errors
    /// It is not a URL that can be a server's.
    pub fn parse(api_url: &str) -> Result<Self, UrlError> {
        BaseUrl::parse(api_url).map(|url| Self::of(&url))
    }

    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a server gave for a login or an exchanged key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Who issued them; they are never sent to anyone else's API or repository.
    pub issuer: Server,
    /// What requests carry as `Bearer`.
    pub access_token: Secret,
    /// What gets the next pair; a server takes each one only once. Exchanged keys have none.
    pub refresh_token: Option<Secret>,
    /// When the access token ends, in Unix seconds.
    pub expires_at: i64,
}

impl Tokens {
    /// What the server at `issuer` gave.
    pub fn new(issuer: Server, tokens: OAuthTokens) -> Self {
        Self {
            issuer,
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            expires_at: tokens.expires_at,
        }
    }

    /// Whether fewer than [`EXPIRY_BUFFER_SECONDS`] are left at `now`, in Unix seconds.
    pub fn is_expiring(&self, now: i64) -> bool {
        self.expires_at.saturating_sub(now) < EXPIRY_BUFFER_SECONDS
    }

    pub(super) fn bearer(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.access_token.expose()))
    }
}

/// What stored tokens are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenScope {
    /// The login at a server.
    Global(Server),
    /// A repository's key, exchanged for a token.
    Repository {
        /// The repository's whole name, such as `hexpm:acme`.
        name: String,
        /// The server that exchanged it.
        server: Server,
    },
}

impl TokenScope {
    /// The server of the tokens.
    pub fn server(&self) -> &Server {
        match self {
            Self::Global(server) | Self::Repository { server, .. } => server,
        }
    }
}
