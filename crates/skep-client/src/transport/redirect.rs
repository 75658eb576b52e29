//! Where a redirect leads, and what may go there.

use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, LOCATION, PROXY_AUTHORIZATION,
};
use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;

use crate::config::X_HEX_OTP;
use crate::http_client::{Body, RedirectError};

/// One request on the way from redirect to redirect.
#[derive(Debug, Clone)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    visited: Vec<Url>,
}

impl Hop {
    pub(super) fn first(method: Method, url: Url, headers: HeaderMap, body: Body) -> Self {
        Self {
            method,
            url,
            headers,
            body,
            visited: Vec::new(),
        }
    }

    /// The next request if an answer with `status` and `headers` redirects, itself otherwise.
    pub(super) fn follow(
        mut self,
        status: StatusCode,
        headers: &HeaderMap,
        limit: usize,
    ) -> Result<Self, RedirectError> {
        if self.visited.len() >= limit {
            return Err(RedirectError::TooMany { limit });
        }
        let target = self.target(headers)?;
        if status == StatusCode::SEE_OTHER && self.method != Method::HEAD {
            self.become_get();
        } else if self.method == Method::POST && status.as_u16() < 307 {
            return Err(RedirectError::Method);
        }
        if target.origin() != self.url.origin() {
            if !self.body.is_empty() {
                let origin = target.origin().ascii_serialization();
                return Err(RedirectError::BodyElsewhere { origin });
            }
            for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, X_HEX_OTP] {
                self.headers.remove(name);
            }
        }
        let from = std::mem::replace(&mut self.url, target);
        self.visited.push(from);
        match self.visited.contains(&self.url) {
            true => Err(RedirectError::Circle),
            false => Ok(self),
        }
    }

    fn target(&self, headers: &HeaderMap) -> Result<Url, RedirectError> {
        let location = headers
            .get(LOCATION)
            .and_then(|value| str::from_utf8(value.as_bytes()).ok());
        let location = location.ok_or(RedirectError::NoTarget)?;
        let mut target = self
            .url
            .join(location)
            .map_err(|_| RedirectError::NoTarget)?;
        if !matches!(target.scheme(), "http" | "https") {
            return Err(RedirectError::NoTarget);
        }
        if self.url.scheme() == "https" && target.scheme() == "http" {
            return Err(RedirectError::Insecure);
        }
        // Credentials are not another server's to give, and fragments are not sent.
        let _ = target.set_username("");
        let _ = target.set_password(None);
        target.set_fragment(None);
        Ok(target)
    }

    fn become_get(&mut self) {
        self.method = Method::GET;
        self.body = Body::empty();
        for name in [CONTENT_TYPE, CONTENT_LENGTH, EXPECT] {
            self.headers.remove(name);
        }
    }
}

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(method: Method, body: &'static str) -> Hop {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "key".parse().unwrap());
        headers.insert(X_HEX_OTP, "123456".parse().unwrap());
        headers.insert("accept", "x/y".parse().unwrap());
        Hop::first(
            method,
            "https://a.example/x/y".parse().unwrap(),
            headers,
            Body::from(body),
        )
    }

    fn follow(hop: Hop, status: u16, location: &str) -> Result<Hop, RedirectError> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, location.parse().unwrap());
        hop.follow(StatusCode::from_u16(status).unwrap(), &headers, 5)
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        for other in [
            "https://b.example/z",
            "https://a.example:444/z",
            "//a.example.evil/z",
        ] {
            let next = follow(hop(Method::GET, ""), 302, other).unwrap();
            assert_eq!(
                next.headers.keys().collect::<Vec<_>>(),
                ["accept"],
                "{other}"
            );
            let back = follow(next, 302, "https://a.example/w").unwrap();
            assert!(!back.headers.contains_key(AUTHORIZATION));
        }
        for same in ["/z", "z", "https://A.example:443/z", "?q"] {
            let next = follow(hop(Method::GET, ""), 302, same).unwrap();
            assert_eq!(next.headers.len(), 3, "{same}");
        }
    }

    #[test]
    fn what_is_sent_twice_is_sent_to_the_same_server() {
        let next = follow(hop(Method::PUT, "secret"), 307, "/z").unwrap();
        assert_eq!((next.method, next.body.len()), (Method::PUT, 6));
        let error = follow(hop(Method::POST, "secret"), 308, "https://b.example/z").unwrap_err();
        assert_eq!(
            error,
            RedirectError::BodyElsewhere {
                origin: "https://b.example".to_owned()
            }
        );
        let next = follow(hop(Method::POST, "secret"), 303, "https://b.example/z").unwrap();
        assert_eq!((next.method, next.body.len()), (Method::GET, 0));
        assert_eq!(
            follow(hop(Method::POST, "x"), 301, "/z").unwrap_err(),
            RedirectError::Method
        );
    }

    #[test]
    fn bad_redirects_are_not_followed() {
        let get = |location| follow(hop(Method::GET, ""), 302, location).unwrap_err();
        assert_eq!(get("http://a.example/z"), RedirectError::Insecure);
        assert_eq!(get("file:///etc/passwd"), RedirectError::NoTarget);
        assert_eq!(get("https://"), RedirectError::NoTarget);
        assert_eq!(get("/x/y"), RedirectError::Circle);
        let none = hop(Method::GET, "")
            .follow(StatusCode::FOUND, &HeaderMap::new(), 5)
            .unwrap_err();
        assert_eq!(none, RedirectError::NoTarget);
        let next = follow(
            hop(Method::GET, ""),
            302,
            "https://user:password@a.example/z#f",
        )
        .unwrap();
        assert_eq!(next.url.as_str(), "https://a.example/z");
    }
}
