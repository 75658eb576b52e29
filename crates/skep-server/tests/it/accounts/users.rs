use skep_server::accounts::role::Role;
use skep_server::accounts::users::{
    Create, UserError, create, disable, enable, list, set_role, show,
};
use skep_server::db;
use skep_server::db::audit::Actor;

use crate::support::office::{Office, in_each_office};

fn request(username: &str, email: &str) -> Create {
    Create {
        username: username.to_owned(),
        email: email.to_owned(),
        role: Role::Publisher,
        actor: Actor::Cli,
    }
}

#[tokio::test]
async fn a_user_is_found_by_name_address_and_id() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let rosa = create(app, &request(" Rosa ", "Rosa@Example.com"))
            .await
            .unwrap();
        assert_eq!(
            (rosa.username.as_str(), rosa.email.as_str()),
            ("rosa", "rosa@example.com")
        );
        assert!(!rosa.has_password && !rosa.has_totp && !rosa.is_disabled());
        for name in ["rosa", "ROSA", "rosa@example.com", &rosa.id.to_string()] {
            assert_eq!(show(app, name).await.unwrap(), rosa, "{name}");
        }
        office.user("adam", Role::Viewer).await;
        let names: Vec<_> = list(app).await.unwrap();
        let names: Vec<_> = names.iter().map(|user| user.username.as_str()).collect();
        assert_eq!(names, ["adam", "rosa"]);
        assert_eq!(office.audit().await, ["user.create", "user.create"]);
    })
    .await;
}

#[tokio::test]
async fn names_and_addresses_are_somebodys_or_refused() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        create(app, &request("rosa", "rosa@example.com"))
            .await
            .unwrap();
        for (username, email) in [("ROSA", "other@example.com"), ("other", "rosa@example.com")] {
            let error = create(app, &request(username, email)).await.unwrap_err();
            assert!(matches!(error, UserError::Exists(_)), "{error}");
        }
        let error = create(app, &request("r o s a", "x@example.com")).await;
        assert!(matches!(error, Err(UserError::Username(_))));
        let error = create(app, &request("jo", "jo")).await;
        assert!(matches!(error, Err(UserError::Email(_))));
        let error = show(app, "nobody").await.unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no user `nobody`: `skep user list` shows what is there"
        );
    })
    .await;
}

#[tokio::test]
async fn the_last_owner_stays() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        office.user("rosa", Role::Owner).await;
        office.user("jo", Role::Publisher).await;
        let refused = |result| matches!(result, Err(UserError::LastOwner(name)) if name == "rosa");
        assert!(refused(disable(app, "rosa", &Actor::Cli).await));
        assert!(refused(
            set_role(app, "rosa", Role::Viewer, &Actor::Cli).await
        ));
        set_role(app, "jo", Role::Owner, &Actor::Cli).await.unwrap();
        assert!(
            disable(app, "rosa", &Actor::Cli)
                .await
                .unwrap()
                .is_disabled()
        );
        let again = disable(app, "rosa", &Actor::Cli).await.unwrap();
        assert!(again.is_disabled());
        let jo = disable(app, "jo", &Actor::Cli).await;
        assert!(matches!(jo, Err(UserError::LastOwner(name)) if name == "jo"));
        enable(app, "rosa", &Actor::Cli).await.unwrap();
        disable(app, "jo", &Actor::Cli).await.unwrap();
        assert_eq!(
            office.audit().await,
            [
                "user.create",
                "user.create",
                "user.disable",
                "user.disable",
                "user.enable",
                "user.set_role"
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn two_at_once_do_not_take_both_owners_away() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        office.user("rosa", Role::Owner).await;
        office.user("jo", Role::Owner).await;
        let (first, second) = tokio::join!(
            disable(app, "rosa", &Actor::Cli),
            disable(app, "jo", &Actor::Cli)
        );
        assert_eq!([first, second].iter().filter(|it| it.is_ok()).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_snapshot_has_users_and_their_keys() {
    in_each_office(async |office: Office| {
        let rosa = office.user("rosa", Role::Owner).await;
        let before = db::snapshot::load(&office.app.db).await.unwrap();
        assert_eq!(before.users[0].id, rosa.id);
        assert_eq!(before.users[0].role, Role::Owner);
        office.user("jo", Role::Owner).await;
        disable(&office.app, "rosa", &Actor::Cli).await.unwrap();
        let reload = db::snapshot::reload(&office.app.db, before.revision, &before.epoch)
            .await
            .unwrap();
        let db::snapshot::Reload::Changes { users, .. } = reload else {
            panic!("nothing is missing in the feed")
        };
        let changed = users.iter().find(|(id, _)| *id == rosa.id).unwrap();
        assert!(changed.1.as_ref().unwrap().disabled_at.is_some());
    })
    .await;
}
