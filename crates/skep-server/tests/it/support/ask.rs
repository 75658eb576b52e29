//! Requests as clients send them.

use reqwest::header::HeaderMap;

use super::TestApp;

/// mix with Hex 2.0: copes with messages.
pub(crate) const HEX_2_0: &str = "Hex/2.0.6 (Elixir/1.14.0) (OTP/25.2.3)";
/// mix with Hex 2.1, which does not say so, or Dependabot.
pub(crate) const HEX_2_1: &str = "hex_core/0.10.0 (httpc) (OTP/25) (erts/13.1.5)";
/// mix with Hex 2.3: crashes on messages.
pub(crate) const HEX_2_3: &str = "hex_core/0.12.0 hex/2.3.1 (elixir/1.14.0) (OTP/25) (erts/13.1.5)";
/// Gleam.
pub(crate) const GLEAM: &str = "Gleam v1.6.3";
/// curl.
pub(crate) const CURL: &str = "curl/7.88.1";
/// A mix that copes with messages.
pub(crate) const MIX: &str = "hex_core/0.19.0 hex/2.5.2 (elixir/1.18.0) (CI) (OTP/27) (erts/15.0)";
/// Debian's rebar3.
pub(crate) const REBAR3: &str = "hex_core/0.7.1 (rebar3/3.19.0) (httpc) (OTP/25) (erts/13.1.5)";

/// A request in the making.
pub(crate) struct Ask {
    request: reqwest::RequestBuilder,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl TestApp {
    /// A GET of a path, without a key.
    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask(reqwest::Method::GET, path)
    }

    /// Any request; `path` may also be a whole URL.
    pub(crate) fn ask(&self, method: reqwest::Method, path: &str) -> Ask {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.url)
        };
        Ask {
            request: self.http.request(method, url),
        }
    }
}

impl Ask {
    /// With a license key as mix sends it: raw.
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", key)
    }

    pub(crate) fn agent(self, user_agent: &str) -> Self {
        self.header("user-agent", user_agent)
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self {
            request: self.request.header(name, value),
        }
    }

    pub(crate) fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self {
            request: self.request.body(body),
        }
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("a whole body").to_vec();
        Answer {
            status,
            headers,
            body,
        }
    }
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// A header's value; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }
}
