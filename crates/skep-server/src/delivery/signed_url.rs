//! A URL that opens a file to whoever has it.

use std::fmt;

use http::HeaderValue;

/// A signed URL, absolute, kept as the value of a `Location` header. What follows the `?` is a
/// secret for some minutes: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(HeaderValue);

impl SignedUrl {
    /// `url` has visible ASCII only: it is made of a checked base URL, a file's path and base64.
    pub(super) fn new(url: &str) -> Self {
        let mut value = HeaderValue::from_str(url).expect("a signed URL is visible ASCII");
        value.set_sensitive(true);
        Self(value)
    }

    /// For the one who may have it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.to_str().expect("a signed URL is visible ASCII")
    }

    /// The value of the `Location` header; sharing it costs nothing.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }

    /// Its length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a URL is never empty")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.reveal().split('?').next().unwrap_or_default();
        write!(f, "SignedUrl({path}?****)")
    }
}
