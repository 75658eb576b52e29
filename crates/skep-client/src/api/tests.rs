mod errors;
mod peer;
mod requests;
mod responses;
mod story;

use bytes::Bytes;
use http::Response;

use crate::Config;

fn config() -> Config {
    let mut config = Config::new("https://example.com/repo", "https://example.com/api").unwrap();
    config.api_key = Some("the-key".into());
    config
}

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<Bytes> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}

fn json(status: u16, body: &str) -> Response<Bytes> {
    answer(
        status,
        &[("content-type", "application/json; charset=utf-8")],
        body.to_owned(),
    )
}
