//! Logs in on the server's page and says who that was. Nothing is stored:
//!
//! `cargo run --example device_login --features desktop -- https://hex.example.com/api CLIENT-ID`
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use skep_client::api::users;
use skep_client::http_client::HttpClient;
use skep_client::oauth::{self, DeviceAuthorization, DeviceFlow, DeviceLogin, desktop};
use skep_client::transport::Transport;
use skep_client::{BaseUrl, Config};

struct Terminal;

impl DeviceLogin for Terminal {
    #[expect(
        clippy::disallowed_methods,
        reason = "the library takes the time from its caller, which is here"
    )]
    fn now(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn show(&self, login: &DeviceAuthorization) {
        println!("Open {}", login.verification_uri_complete);
        println!("and compare the code {}.", login.user_code);
        if let Some(name) = &login.name {
            println!("The server will call this login `{name}`.");
        }
        if let Err(error) = desktop::open_browser(&login.verification_uri_complete) {
            println!("({error}; open the page yourself)");
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, client_id] = arguments.as_slice() else {
        return Err("usage: device_login API-URL CLIENT-ID".into());
    };
    let mut config = Config::hexpm();
    config.api_url = BaseUrl::parse(url)?;
    config.user_agent_fragment = "device_login_example/1.0".to_owned();
    let client = Transport::new(&config.user_agent())?;

    let name = desktop::host_name();
    let flow = DeviceFlow::new(&config, client_id, "api:read", name.as_deref());
    let tokens = oauth::device_auth_flow(&client, flow, &Terminal).await?;

    config.api_key = Some(tokens.bearer());
    let response = client.send(users::me_request(&config)?).await?;
    println!("You are {}.", users::me_response(response)?.username);

    // An example keeps nothing.
    let revoke = oauth::revoke_request(&config, client_id, &tokens.access_token)?;
    oauth::revoke_response(client.send(revoke).await?)?;
    Ok(())
}
