use skep_server::db::audit::Actor;
use skep_server::licensing::license::Status;
use skep_server::licensing::licenses::{StatusError, resume, revoke, suspend};

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office};

#[tokio::test]
async fn a_license_is_suspended_and_resumed_and_revoked_for_good() {
    in_each_office(async |office: Office| {
        let id = office.shop().await.license.id.to_string();
        let (app, cli) = (&office.app, &Actor::Cli);
        assert!(matches!(
            resume(app, &id, cli).await,
            Err(StatusError::Already {
                status: Status::Active,
                ..
            })
        ));
        office.clock.advance(60);
        let suspended = suspend(app, &id, cli).await.unwrap();
        assert_eq!(suspended.terms.status, Status::Suspended);
        assert_eq!(suspended.terms.status_since, TODAY.plus_seconds(60));
        let error = suspend(app, &id, cli).await.unwrap_err().to_string();
        assert!(
            error.contains("is suspended already, since 2026-11-22"),
            "{error}"
        );
        assert_eq!(
            resume(app, &id, cli).await.unwrap().terms.status,
            Status::Active
        );
        assert_eq!(
            revoke(app, &id, cli).await.unwrap().terms.status,
            Status::Revoked
        );
        for result in [resume(app, &id, cli).await, suspend(app, &id, cli).await] {
            let error = result.unwrap_err().to_string();
            assert!(
                error.contains("is revoked since 2026-11-22, and that is for good"),
                "{error}"
            );
        }
        let actions = office.audit().await;
        let status = ["license.resume", "license.revoke", "license.suspend"];
        assert!(
            status
                .iter()
                .all(|action| actions.contains(&(*action).to_owned()))
        );
    })
    .await;
}
