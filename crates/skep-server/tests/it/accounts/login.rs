use skep_server::accounts::caller::{Need, Via};
use skep_server::accounts::login::{LoggedIn, LoginError, with_password};
use skep_server::accounts::password::Password;
use skep_server::accounts::passwords::{self, ChangeError};
use skep_server::accounts::role::Role;
use skep_server::accounts::sessions::{self, LONGEST_IDLE_SECONDS, NewSession, SessionToken};
use skep_server::accounts::users;
use skep_server::db;
use skep_server::db::audit::Actor;

use super::{PASSWORD, home, password, rosa};
use crate::support::office::{Office, in_each_office};

async fn log_in(office: &Office) -> NewSession {
    match with_password(&office.app, "rosa", &password(), &home()).await {
        Ok(LoggedIn::Whole(session)) => session,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_session_is_a_caller_who_may_what_its_user_may() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        rosa(&office).await;
        let new = log_in(&office).await;
        let caller = sessions::caller(app, &new.token, home()).await.unwrap();
        let caller = caller.unwrap();
        assert_eq!(caller.via, Via::Session(new.session.id));
        assert!(caller.may(&Need::ManageUsers).is_ok());
        let made_up = SessionToken::from_text("x".repeat(43));
        assert!(sessions::find(app, &made_up).await.unwrap().is_none());
        let ended = sessions::end(app, caller.user.id, new.session.id, &caller.actor()).await;
        assert!(ended.unwrap());
        assert!(sessions::find(app, &new.token).await.unwrap().is_none());
        let entries = db::audit::list(&mut app.db.read().await.unwrap(), 10)
            .await
            .unwrap();
        let end = entries
            .iter()
            .find(|it| it.action == "session.end")
            .unwrap();
        assert_eq!(end.actor, "user rosa");
        assert_eq!(end.via, Some(format!("session {}", new.session.id)));
        assert_eq!(end.address.as_deref(), Some("192.0.2.1"));
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_whether_it_was_the_name_or_the_password() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        rosa(&office).await;
        office.user("jo", Role::Viewer).await;
        let wrong = Password::from_text("correct house");
        for name in ["rosa", "jo", "nobody", "rosa@example.com", ""] {
            let error = with_password(app, name, &wrong, &home()).await.unwrap_err();
            assert!(matches!(error, LoginError::Wrong), "{name}: {error}");
        }
        let by_address = with_password(app, " Rosa@example.com", &password(), &home()).await;
        assert!(by_address.is_ok());
        let entries = db::audit::list(&mut app.db.read().await.unwrap(), 20)
            .await
            .unwrap();
        let failed = entries.iter().filter(|it| it.action == "login.fail");
        assert_eq!(failed.clone().count(), 5);
        assert!(
            failed
                .clone()
                .all(|it| it.address.as_deref() == Some("192.0.2.1"))
        );
        assert!(failed.clone().all(|it| !it.subject.contains("nobody")));
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        rosa(&office).await;
        office.user("jo", Role::Owner).await;
        let new = log_in(&office).await;
        users::disable(app, "rosa", &Actor::Cli).await.unwrap();
        assert!(sessions::find(app, &new.token).await.unwrap().is_none());
        let error = with_password(app, "rosa", &password(), &home()).await;
        assert!(matches!(error, Err(LoginError::Disabled(_))));
        users::enable(app, "rosa", &Actor::Cli).await.unwrap();
        // The old session stays over; whoever is back logs in anew.
        assert!(sessions::find(app, &new.token).await.unwrap().is_none());
        let again = log_in(&office).await;
        assert!(sessions::find(app, &again.token).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn sessions_end_when_idle_and_when_the_password_changes() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let user = rosa(&office).await;
        let (first, second) = (log_in(&office).await, log_in(&office).await);
        let caller = sessions::caller(app, &first.token, home()).await.unwrap();
        let caller = caller.unwrap();
        let new = Password::from_text("another password");
        let wrong = passwords::change(app, &caller, (&new, &new), Some(first.session.id)).await;
        assert!(matches!(wrong, Err(ChangeError::Wrong)));
        let old = Password::from_text(PASSWORD);
        passwords::change(app, &caller, (&old, &new), Some(first.session.id))
            .await
            .unwrap();
        assert!(sessions::find(app, &second.token).await.unwrap().is_none());
        assert_eq!(sessions::list(app, user.id).await.unwrap().len(), 1);
        let old = with_password(app, "rosa", &password(), &home()).await;
        assert!(matches!(old, Err(LoginError::Wrong)));
        office.clock.advance(LONGEST_IDLE_SECONDS - 1);
        assert!(sessions::find(app, &first.token).await.unwrap().is_some());
        office.clock.advance(LONGEST_IDLE_SECONDS - 1);
        assert!(sessions::find(app, &first.token).await.unwrap().is_some());
        office.clock.advance(LONGEST_IDLE_SECONDS);
        assert!(sessions::find(app, &first.token).await.unwrap().is_none());
    })
    .await;
}
