//! Whoever guesses is slowed down, on every node; whoever the account belongs to gets in.

use skep_server::accounts::attempts::{Account, AttemptError, Kind, begin};
use skep_server::accounts::links;
use skep_server::accounts::login::{LoggedIn, LoginError, with_password};
use skep_server::accounts::password::Password;
use skep_server::accounts::role::Role;
use skep_server::db::audit::Actor;

use super::{address, home, origin, password, rosa};
use crate::support::office::{Office, in_each_office};

async fn try_often(office: &Office, kind: Kind, account: Account<'_>, times: u32) -> u32 {
    let mut looked_at = 0;
    for _ in 0..times {
        match begin(&office.app, kind, account, address("203.0.113.9")).await {
            Ok(_) => looked_at += 1,
            Err(AttemptError::TooMany {
                retry_after_seconds,
            }) => assert!((1..=900).contains(&retry_after_seconds)),
            Err(error) => panic!("{error}"),
        }
    }
    looked_at
}

#[tokio::test]
async fn of_a_thousand_guesses_five_are_looked_at() {
    in_each_office(async |office: Office| {
        let user = Account::User(office.user("rosa", Role::Owner).await.id);
        assert_eq!(try_often(&office, Kind::Password, user, 1_000).await, 5);
        assert_eq!(try_often(&office, Kind::Code, user, 300).await, 5);
        assert_eq!(try_often(&office, Kind::UserCode, user, 300).await, 5);
        // Each account in turn, until the address itself is known for it.
        let mut looked_at = 0;
        for number in 0..100 {
            let name = format!("user{number}");
            looked_at += try_often(&office, Kind::Password, Account::Name(&name), 1).await;
        }
        assert_eq!(looked_at, 25);
        assert_eq!(try_often(&office, Kind::Link, Account::Any, 100).await, 30);
        // A day of trying without a pause.
        let mut looked_at = 0;
        for _ in 0..24 * 60 {
            office.clock.advance(60);
            looked_at += try_often(&office, Kind::Code, user, 1).await;
        }
        assert!((90..110).contains(&looked_at), "{looked_at}");
    })
    .await;
}

#[tokio::test]
async fn many_at_once_are_not_looked_at_together() {
    in_each_office(async |office: Office| {
        let user = Account::User(office.user("rosa", Role::Owner).await.id);
        let all = (0..40).map(|_| begin(&office.app, Kind::Code, user, address("203.0.113.9")));
        let outcomes = futures_util::future::join_all(all).await;
        assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_right_one_takes_its_count_back() {
    in_each_office(async |office: Office| {
        let user = Account::User(office.user("rosa", Role::Owner).await.id);
        for _ in 0..100 {
            let attempt = begin(&office.app, Kind::Password, user, address("192.0.2.1")).await;
            attempt.unwrap().was_right(&office.app).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn the_owner_gets_in_while_others_guess() {
    in_each_office(async |office: Office| {
        rosa(&office).await;
        let app = &office.app;
        let wrong = Password::from_text("wrong password");
        // From home before anybody guessed: home is known.
        with_password(app, "rosa", &password(), &home())
            .await
            .unwrap();
        for number in 0..40 {
            let elsewhere = origin(&format!("203.0.113.{number}"));
            let _ = with_password(app, "rosa", &wrong, &elsewhere).await;
        }
        let abroad = origin("198.51.100.1");
        let refused = with_password(app, "rosa", &password(), &abroad).await;
        assert!(matches!(
            refused,
            Err(LoginError::Attempt(AttemptError::TooMany { .. }))
        ));
        with_password(app, "rosa", &password(), &home())
            .await
            .unwrap();
        office.clock.advance(300);
        with_password(app, "rosa", &password(), &abroad)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_one_time_link_starts_anew() {
    in_each_office(async |office: Office| {
        rosa(&office).await;
        let app = &office.app;
        let wrong = Password::from_text("wrong password");
        for _ in 0..20 {
            let _ = with_password(app, "rosa", &wrong, &home()).await;
        }
        let refused = with_password(app, "rosa", &password(), &home()).await;
        assert!(matches!(refused, Err(LoginError::Attempt(_))));
        let link = links::reset_password(app, "rosa", &Actor::Cli)
            .await
            .unwrap();
        let (_, session) = links::set_password(app, &link.code, &password(), &home())
            .await
            .unwrap();
        assert!(session.is_some());
        let again = with_password(app, "rosa", &password(), &home()).await;
        assert!(matches!(again, Ok(LoggedIn::Whole(_))));
    })
    .await;
}
