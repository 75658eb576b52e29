//! Where a server is.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::BuildError;

/// What may stand in a segment of a path as it is; versions have `+`, `-` and `.`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'-')
    .remove(b'.')
    .remove(b'+')
    .remove(b'~');

/// The URL of a repository or an API, below which everything of it is: `http` or `https`, a host, perhaps a port and
/// a path, but no credentials, query or fragment. A slash at the end makes no difference.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

/// A text that is not the URL of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be a server's URL: it must be http or https, without credentials, query or fragment"
)]
pub struct UrlError(String);

impl BaseUrl {
    /// Takes `text` if it is such a URL. Host names with letters beyond ASCII are given in their `xn--` form.
    ///
    /// # Errors
    /// It is not; the error does not repeat credentials or a query.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let refused = || UrlError(without_secrets(text));
        let uri: Uri = text.parse().map_err(|_| refused())?;
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        // `Uri` drops fragments and takes credentials, so the text itself is looked at.
        let is_plain = !text.contains(['@', '?', '#', '\\']);
        let has_dots = uri.path().split('/').any(is_dots);
        if !is_web || !has_host || !is_plain || has_dots {
            return Err(refused());
        }
        Ok(Self(uri.to_string().trim_end_matches('/').to_owned()))
    }

    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port, the port also where it is the scheme's own: `https://hex.pm:443`.
    pub fn origin(&self) -> String {
        let uri = self.uri();
        let scheme = uri.scheme_str().unwrap_or_default();
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let usual = if scheme == "https" { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(usual);
        format!("{scheme}://{host}:{port}")
    }

    /// The URL of what is at `segments` below this one, each of them percent-encoded.
    ///
    /// # Errors
    /// A segment is empty, `.` or `..`, which name another place than they seem to.
    pub fn join(&self, segments: &[&str]) -> Result<Uri, BuildError> {
        let path = path(segments)?;
        let uri = format!("{}/{path}", self.0);
        // A URI has an upper limit of 65,534 bytes.
        uri.parse().map_err(|_| BuildError::TooLong)
    }

    fn uri(&self) -> Uri {
        self.0.parse().expect("it was parsed from a URI")
    }
}

/// The percent-encoded `segments` with slashes between them.
pub(crate) fn path(segments: &[&str]) -> Result<String, BuildError> {
    if let Some(segment) = segments
        .iter()
        .find(|segment| segment.is_empty() || is_dots(segment))
    {
        let segment = (*segment).to_owned();
        return Err(BuildError::Segment { segment });
    }
    let encoded = segments
        .iter()
        .map(|segment| utf8_percent_encode(segment, SEGMENT).to_string());
    Ok(encoded.collect::<Vec<_>>().join("/"))
}

/// Clients resolve these, percent-encoded or not.
fn is_dots(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    plain == "." || plain == ".."
}

fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}{}", &text[..scheme + 3], &text[at + 1..])
        }
        (None, Some(at)) => text[at + 1..].to_owned(),
        _ => text.to_owned(),
    }
}

impl FromStr for BaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.0)
    }
}

#[cfg(test)]
mod tests;
