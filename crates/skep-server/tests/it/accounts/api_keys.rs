use skep_server::accounts::api_keys::{
    ApiKeyError, Create, create, find_by_name, list, revoke, revoke_all,
};
use skep_server::accounts::permission::{Permission, Permissions};
use skep_server::accounts::role::Role;
use skep_server::accounts::users;
use skep_server::db;
use skep_server::db::audit::Actor;

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office};

fn request(name: &str) -> Create {
    Create {
        user: "rosa".to_owned(),
        name: name.to_owned(),
        permissions: Permissions::api(),
        expires_at: None,
        actor: Actor::Cli,
    }
}

#[tokio::test]
async fn a_key_is_kept_as_a_hash_and_found_by_it() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let rosa = office.user("rosa", Role::Publisher).await;
        let package: Permission = "package:acme/alpha".parse().unwrap();
        let created = create(
            app,
            &Create {
                permissions: Permissions::new([Permission::Repositories, package]),
                expires_at: Some(TODAY.plus_days(30)),
                ..request("ci")
            },
        )
        .await
        .unwrap();
        assert!(created.secret.reveal().starts_with("ska_"));
        let mut conn = app.db.read().await.unwrap();
        let found = db::api_keys::find_by_hash(&mut conn, created.secret.hash())
            .await
            .unwrap();
        assert_eq!(found.as_ref(), Some(&created.key));
        drop(conn);
        assert_eq!(
            list(app, "rosa").await.unwrap(),
            std::slice::from_ref(&created.key)
        );
        let loaded = db::snapshot::load(&app.db).await.unwrap();
        let facts = &loaded.api_keys[0];
        assert_eq!((facts.id, facts.user), (created.key.id, rosa.id));
        assert_eq!(facts.permissions, created.key.permissions);
        assert!(facts.check(TODAY.plus_days(30)).is_ok());
        assert!(facts.check(TODAY.plus_days(31)).is_err());
    })
    .await;
}

#[tokio::test]
async fn names_of_live_keys_are_told_apart() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        let rosa = office.user("rosa", Role::Publisher).await;
        let mut names = Vec::new();
        for _ in 0..3 {
            names.push(create(app, &request("ci")).await.unwrap().key.name);
        }
        assert_eq!(names, ["ci", "ci-2", "ci-3"]);
        let second = find_by_name(app, rosa.id, "ci-2").await.unwrap();
        revoke(app, second.id, &Actor::Cli).await.unwrap();
        let again = revoke(app, second.id, &Actor::Cli).await.unwrap_err();
        assert!(matches!(again, ApiKeyError::Revoked { .. }), "{again}");
        assert!(find_by_name(app, rosa.id, "ci-2").await.is_err());
        let name = create(app, &request("ci")).await.unwrap().key.name;
        assert_eq!(name, "ci-2");
        let all = revoke_all(app, rosa.id, &Actor::Cli).await.unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(list(app, "rosa").await.unwrap().len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_refused() {
    in_each_office(async |office: Office| {
        let app = &office.app;
        office.user("rosa", Role::Owner).await;
        office.user("jo", Role::Owner).await;
        for name in ["", "  ", "a\nb", &"x".repeat(101)] {
            let error = create(app, &request(name)).await.unwrap_err();
            assert!(matches!(error, ApiKeyError::Name), "{name:?}");
        }
        let none = Create {
            permissions: Permissions::new([]),
            ..request("ci")
        };
        let error = create(app, &none).await.unwrap_err();
        assert!(matches!(error, ApiKeyError::NoPermission));
        users::disable(app, "rosa", &Actor::Cli).await.unwrap();
        let error = create(app, &request("ci")).await.unwrap_err();
        assert!(matches!(error, ApiKeyError::Disabled { .. }));
    })
    .await;
}
