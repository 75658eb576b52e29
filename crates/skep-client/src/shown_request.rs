//! Requests as text, for snapshots.

use http::Request;
use skep_formats::etf;

use crate::http_client::Body;

/// All of a request; Erlang terms are shown as JSON. Tests use made-up secrets, so they are shown.
pub(crate) fn shown_request(request: &Request<Body>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = value
            .to_str()
            .expect("tests send text")
            .replace(env!("CARGO_PKG_VERSION"), "VERSION");
        text += &format!("{name}: {value}\n");
    }
    let body = request.body().bytes();
    if !body.is_empty() {
        let value = etf::decode(body, 1 << 16).map(|value| format!("(Erlang) {value}"));
        text += &value.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned());
        text += "\n";
    }
    text
}
