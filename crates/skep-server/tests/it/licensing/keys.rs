use skep_server::db::audit::Actor;
use skep_server::licensing::keys::{
    Create, DEFAULT_OVERLAP_SECONDS, KeyError, create, list, revoke, rotate,
};
use skep_server::licensing::licenses;

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office};

fn request(license: impl ToString) -> Create {
    Create {
        license: license.to_string(),
        label: "ci".to_owned(),
        expires_at: None,
        actor: Actor::Cli,
    }
}

#[tokio::test]
async fn a_license_may_have_several_keys() {
    in_each_office(async |office: Office| {
        let issued = office.shop().await;
        let id = issued.license.id;
        let created = create(&office.app, &request(id)).await.unwrap();
        assert_ne!(created.secret, issued.secret);
        let labels: Vec<_> = list(&office.app, &id.to_string())
            .await
            .unwrap()
            .into_iter()
            .map(|key| key.label)
            .collect();
        assert!(
            labels.len() == 2 && labels.contains(&"ci".to_owned()),
            "{labels:?}"
        );
        let past = Create {
            expires_at: Some(TODAY.plus_days(-1)),
            ..request(id)
        };
        let notes = create(&office.app, &past).await.unwrap().notes;
        assert!(
            notes[0].contains("expiry 2026-11-21 is in the past"),
            "{notes:?}"
        );
        licenses::revoke(&office.app, &id.to_string(), &Actor::Cli)
            .await
            .unwrap();
        assert!(matches!(
            create(&office.app, &request(id)).await,
            Err(KeyError::LicenseRevoked(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn a_rotated_key_works_on_for_the_overlap() {
    in_each_office(async |office: Office| {
        let issued = office.shop().await;
        let (app, cli) = (&office.app, &Actor::Cli);
        let rotated = rotate(app, issued.key.id, DEFAULT_OVERLAP_SECONDS, cli)
            .await
            .unwrap();
        assert_eq!(rotated.old.expires_at, Some(TODAY.plus_days(7)));
        assert_eq!(rotated.old.rotated_at, Some(TODAY));
        assert_eq!(
            (rotated.key.label.as_str(), rotated.key.expires_at),
            ("first", None)
        );
        assert_ne!(rotated.secret, issued.secret);
        let error = rotate(app, issued.key.id, 0, cli)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("was rotated on 2026-11-22 already"),
            "{error}"
        );
        office.clock.advance(8 * 86_400);
        assert!(matches!(
            rotate(app, issued.key.id, 0, cli).await,
            Err(KeyError::Expired { .. })
        ));
    })
    .await;
}

#[tokio::test]
async fn rotating_never_lengthens_a_key_s_life() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        let soon = Create {
            expires_at: Some(TODAY.plus_days(1)),
            ..request(license)
        };
        let key = create(&office.app, &soon).await.unwrap().key;
        let rotated = rotate(&office.app, key.id, DEFAULT_OVERLAP_SECONDS, &Actor::Cli)
            .await
            .unwrap();
        assert_eq!(rotated.old.expires_at, Some(TODAY.plus_days(1)));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_revoked_once() {
    in_each_office(async |office: Office| {
        let key = office.shop().await.key;
        let (app, cli) = (&office.app, &Actor::Cli);
        assert_eq!(
            revoke(app, key.id, cli).await.unwrap().revoked_at,
            Some(TODAY)
        );
        let error = revoke(app, key.id, cli).await.unwrap_err().to_string();
        assert!(error.contains("is revoked since 2026-11-22"), "{error}");
        assert!(matches!(
            rotate(app, key.id, 0, cli).await,
            Err(KeyError::Revoked { .. })
        ));
        let error = revoke(app, "key_00000000000000000000000000".parse().unwrap(), cli)
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("there is no license key `key_0000"),
            "{error}"
        );
    })
    .await;
}
