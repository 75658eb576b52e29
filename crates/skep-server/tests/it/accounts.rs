//! Users and everything they authenticate with; on both databases.

mod api_keys;
mod guesses;
mod links;
mod login;
mod second_factor;
mod users;

use std::net::IpAddr;

use skep_server::accounts::password::Password;
use skep_server::accounts::passwords;
use skep_server::accounts::role::Role;
use skep_server::accounts::sessions::Origin;
use skep_server::accounts::user::User;
use skep_server::db::audit::Actor;

use crate::support::office::Office;

const PASSWORD: &str = "correct horse";

fn origin(address: &str) -> Origin {
    Origin {
        address: address.parse().unwrap(),
        user_agent: "a browser".to_owned(),
    }
}

fn home() -> Origin {
    origin("192.0.2.1")
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn password() -> Password {
    Password::from_text(PASSWORD)
}

/// An owner `rosa` with a password.
async fn rosa(office: &Office) -> User {
    let user = office.user("rosa", Role::Owner).await;
    passwords::set(&office.app, "rosa", &password(), &Actor::Cli)
        .await
        .unwrap();
    user
}
