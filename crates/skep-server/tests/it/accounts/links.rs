use skep_server::accounts::links::{
    LinkCode, LinkError, create, find, reset_password, set_password,
};
use skep_server::accounts::login::{LoginError, with_password};
use skep_server::accounts::password::Password;
use skep_server::accounts::role::Role;
use skep_server::accounts::users;
use skep_server::db::audit::Actor;

use super::{home, password, rosa};
use crate::support::office::{Office, in_each_office};

#[tokio::test]
async fn a_link_sets_a_password_once() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        office.user("jo", Role::Publisher).await;
        let link = create(app, "jo", &Actor::Cli).await.unwrap();
        assert_eq!(format!("{:?}", link.code), "LinkCode(****)");
        assert_eq!(link.code.reveal().len(), 29);
        let user = find(app, &link.code, &home()).await.unwrap();
        assert_eq!(user.username, "jo");
        let short = Password::from_text("short");
        let error = set_password(app, &link.code, &short, &home()).await;
        assert!(matches!(error, Err(LinkError::Password(_))));
        let (user, session) = set_password(app, &link.code, &password(), &home())
            .await
            .unwrap();
        assert!(session.is_some() && user.username == "jo");
        let again = set_password(app, &link.code, &password(), &home()).await;
        assert!(matches!(again, Err(LinkError::Unknown)));
        assert!(users::show(app, "jo").await.unwrap().has_password);
        assert!(with_password(app, "jo", &password(), &home()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_after_a_day_and_with_the_next_one() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        office.user("jo", Role::Publisher).await;
        let unknown = |result| matches!(result, Err(LinkError::Unknown));
        let first = create(app, "jo", &Actor::Cli).await.unwrap();
        let second = create(app, "jo", &Actor::Cli).await.unwrap();
        assert!(unknown(find(app, &first.code, &home()).await));
        office.clock.advance(86_399);
        assert!(find(app, &second.code, &home()).await.is_ok());
        office.clock.advance(1);
        assert!(unknown(find(app, &second.code, &home()).await));
        let made_up = LinkCode::from_text("0000-0000-0000-0000-0000-0000");
        assert!(unknown(find(app, &made_up, &home()).await));
    })
    .await;
}

#[tokio::test]
async fn a_reset_takes_the_old_password_away() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        rosa(&office).await;
        reset_password(app, "rosa", &Actor::Cli).await.unwrap();
        let error = with_password(app, "rosa", &password(), &home()).await;
        assert!(matches!(error, Err(LoginError::Wrong)));
        let audit = office.audit().await;
        assert!(
            audit.contains(&"user.reset_password".to_owned()),
            "{audit:?}"
        );
    })
    .await;
}
