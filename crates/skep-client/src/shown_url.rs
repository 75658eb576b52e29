//! URLs for people.

use std::fmt;

use http::{Request, Response, Uri};

/// A URL without credentials, query and fragment, which may hold secrets: what errors show.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownUrl(String);

impl ShownUrl {
    /// What may be shown of `uri`.
    pub fn new(uri: &Uri) -> Self {
        let Some(host) = uri.host() else {
            return Self(uri.path().to_owned());
        };
        let scheme = uri.scheme_str().unwrap_or("http");
        let port = uri
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        Self(format!("{scheme}://{host}{port}{}", uri.path()))
    }

    /// What may be shown of the URL that `request` is for.
    pub fn of_request<B>(request: &Request<B>) -> Self {
        Self::new(request.uri())
    }

    /// What was asked for to get `response`, where the transport noted it in the response's extensions, as those of
    /// this crate do; `the server` otherwise.
    pub fn of_response<B>(response: &Response<B>) -> Self {
        let noted = response.extensions().get::<Self>();
        noted
            .cloned()
            .unwrap_or_else(|| Self("the server".to_owned()))
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShownUrl({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let shown = |text: &str| ShownUrl::new(&text.parse().unwrap()).to_string();
        assert_eq!(
            shown("https://u:p@x.example:8080/a?s=1"),
            "https://x.example:8080/a"
        );
        assert_eq!(shown("/a?s=1"), "/a");
        assert_eq!(
            ShownUrl::of_response(&Response::new(())).as_str(),
            "the server"
        );
    }
}
