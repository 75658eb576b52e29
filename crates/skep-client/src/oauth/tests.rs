mod flow;
mod requests;
mod tokens;

use bytes::Bytes;
use http::Response;

use crate::Config;

const NOW: i64 = 1_800_000_000;

fn config() -> Config {
    let mut config = Config::new("https://example.com/repo", "https://example.com/api").unwrap();
    config.api_key = Some("the-key".into());
    config.api_otp = Some("123456".into());
    config
}

fn json(status: u16, body: &str) -> Response<Bytes> {
    let builder = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    builder.body(Bytes::from(body.to_owned())).unwrap()
}

const TOKENS: &str = r#"{"access_token": "at", "refresh_token": "rt", "token_type": "bearer", "expires_in": 1800,
    "scope": "api repositories"}"#;

const DEVICE: &str = r#"{"device_code": "dc", "user_code": "ABCD1234", "verification_uri": "https://example.com/oauth/device",
    "verification_uri_complete": "https://example.com/oauth/device?user_code=ABCD1234", "expires_in": 600,
    "interval": 5}"#;
