//! Publishes a tarball, with the API key on standard input:
//!
//! `cargo run --example publish -- https://hex.example.com/api alpha-1.0.0.tar < key.txt`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to its user"
)]

use std::error::Error;
use std::io::Read as _;
use std::sync::Arc;

use skep_client::api::{ApiErrorKind, releases};
use skep_client::http_client::{Body, HttpClient};
use skep_client::transport::Transport;
use skep_client::{BaseUrl, Config};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, file] = arguments.as_slice() else {
        return Err("usage: publish API-URL FILE.tar < KEY".into());
    };
    let mut key = String::new();
    std::io::stdin().read_to_string(&mut key)?;

    let mut config = Config::hexpm();
    config.api_url = BaseUrl::parse(url)?;
    config.api_key = Some(key.trim().into());
    config.user_agent_fragment = "publish_example/1.0".to_owned();

    let progress = Arc::new(|sent: u64, all: u64| eprintln!("{sent} of {all} bytes"));
    let tarball = Body::from(fs_err::read(file)?).with_progress(progress);
    // The server finds the name in the tarball; `publish_request` is told it.
    let request = releases::publish_by_metadata_request(&config, tarball, false)?;
    let response = Transport::new(&config.user_agent())?.send(request).await?;

    match releases::publish_response(response) {
        Ok(published) => {
            let page = published.release.html_url.unwrap_or_default();
            println!("published {} {page}", published.release.version);
            Ok(())
        }
        Err(skep_client::Error::Api(error)) if error.is_not_replacing() => {
            Err("this version exists; publish another, or replace it".into())
        }
        Err(skep_client::Error::Api(error)) if error.kind == ApiErrorKind::OtpRequired => {
            Err("this key wants a one-time password: set `api_otp` and try again".into())
        }
        Err(error) => Err(error.into()),
    }
}
