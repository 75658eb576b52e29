use skep_server::db::audit::Actor;
use skep_server::licensing::licenses::{
    Change, ChangeError, Changed, Edit, GrantRequest, change, grant, revoke,
};
use skep_server::licensing::narrowing::Downloaded;
use skep_server::licensing::plan::Plan;

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office};

fn request(id: impl ToString) -> Change {
    Change::of(id.to_string(), Actor::Cli)
}

fn names(changed: &Changed) -> Vec<String> {
    changed
        .narrowed
        .releases
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test]
async fn an_earlier_end_of_updates_keeps_what_was_downloaded() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        let old = office
            .db_publish("alpha", "1.0.0", TODAY.plus_days(-300))
            .await;
        let new = office
            .db_publish("alpha", "2.0.0", TODAY.plus_days(-1))
            .await;
        office
            .db_publish("alpha", "2.1.0", TODAY.plus_days(-1))
            .await;
        office.db_download(license, &old, TODAY).await;
        office.db_download(license, &new, TODAY).await;
        let updates_until = Edit::Set(TODAY.plus_days(-100));
        let changed = change(
            &office.app,
            &Change {
                updates_until,
                ..request(license)
            },
        )
        .await
        .unwrap();
        assert_eq!(names(&changed), ["alpha 2.0.0"]);
        assert!(changed.narrowed.are_kept);
        assert_eq!(changed.license.narrowed_at, Some(TODAY));
        assert_eq!(office.grants(license).await, ["alpha 2.0.0"]);
        // Usage that arrives only now, from before: one more that is locked somewhere.
        let late = office
            .db_publish("alpha", "2.2.0", TODAY.plus_days(-1))
            .await;
        office
            .db_download(license, &late, TODAY.plus_seconds(-30))
            .await;
        assert_eq!(office.grants(license).await, ["alpha 2.0.0", "alpha 2.2.0"]);
    })
    .await;
}

#[tokio::test]
async fn a_strict_narrowing_lists_what_is_lost() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        let new = office
            .db_publish("alpha", "2.0.0", TODAY.plus_days(-1))
            .await;
        office.db_download(license, &new, TODAY).await;
        let strict = Change {
            updates_until: Edit::Set(TODAY.plus_days(-100)),
            downloaded: Downloaded::Hide,
            ..request(license)
        };
        let changed = change(&office.app, &strict).await.unwrap();
        assert_eq!(names(&changed), ["alpha 2.0.0"]);
        assert!(!changed.narrowed.are_kept);
        assert_eq!(changed.license.narrowed_at, None);
        assert!(office.grants(license).await.is_empty());
        office
            .db_download(license, &new, TODAY.plus_seconds(-30))
            .await;
        assert!(office.grants(license).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_strict_change_takes_what_an_earlier_one_kept() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        let mut releases = Vec::new();
        for version in ["1.0.0", "2.0.0", "2.1.0", "2.2.0"] {
            let days = if version == "1.0.0" { -300 } else { -1 };
            let release = office
                .db_publish("alpha", version, TODAY.plus_days(days))
                .await;
            office.db_download(license, &release, TODAY).await;
            releases.push(release);
        }
        let narrow = Change {
            updates_until: Edit::Set(TODAY.plus_days(-100)),
            ..request(license)
        };
        change(&office.app, &narrow).await.unwrap();
        assert_eq!(office.grants(license).await.len(), 3);
        let by_name = GrantRequest {
            license: license.to_string(),
            package: "alpha".parse().unwrap(),
            version: "2.2.0".parse().unwrap(),
            repository: None,
            actor: Actor::Cli,
        };
        grant(&office.app, &by_name).await.unwrap();
        let strict = Change {
            downloaded: Downloaded::Hide,
            ..narrow
        };
        let changed = change(&office.app, &strict).await.unwrap();
        assert_eq!(names(&changed), ["alpha 2.0.0", "alpha 2.1.0"]);
        assert!(!changed.narrowed.are_kept);
        assert_eq!(changed.license.narrowed_at, None);
        assert_eq!(office.grants(license).await, ["alpha 2.2.0"]);
        let again = change(&office.app, &strict).await.unwrap();
        assert!(again.narrowed.releases.is_empty());
    })
    .await;
}

#[tokio::test]
async fn losing_a_product_keeps_what_was_downloaded_of_it() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        office.product("extra", &["beta"]).await;
        let (alpha, beta) = (
            office
                .db_publish("alpha", "1.0.0", TODAY.plus_days(-1))
                .await,
            office
                .db_publish("beta", "1.0.0", TODAY.plus_days(-1))
                .await,
        );
        let add = Change {
            add_products: vec!["extra".parse().unwrap()],
            ..request(license)
        };
        let changed = change(&office.app, &add).await.unwrap();
        assert_eq!(
            (changed.products.len(), changed.license.narrowed_at),
            (2, None)
        );
        office.db_download(license, &alpha, TODAY).await;
        office.db_download(license, &beta, TODAY).await;
        let remove = Change {
            remove_products: vec!["extra".parse().unwrap()],
            ..request(license)
        };
        assert_eq!(
            names(&change(&office.app, &remove).await.unwrap()),
            ["beta 1.0.0"]
        );
        assert_eq!(office.grants(license).await, ["beta 1.0.0"]);
        let error = change(&office.app, &remove).await.unwrap_err().to_string();
        assert!(error.contains("does not have product `extra`"), "{error}");
        let last = Change {
            remove_products: vec!["pro".parse().unwrap()],
            ..request(license)
        };
        assert!(matches!(
            change(&office.app, &last).await,
            Err(ChangeError::NoProducts(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn another_plan_brings_its_own_terms() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        let to = |plan| Change {
            plan: Some(plan),
            ..request(license)
        };
        let error = change(&office.app, &to(Plan::Perpetual))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("--updates-until DATE"), "{error}");
        let perpetual = Change {
            updates_until: Edit::Set(TODAY.plus_days(10)),
            ..to(Plan::Perpetual)
        };
        let terms = change(&office.app, &perpetual).await.unwrap().license.terms;
        assert_eq!((terms.access_until, terms.grace_days), (None, 0));
        let terms = change(&office.app, &to(Plan::Lifetime))
            .await
            .unwrap()
            .license
            .terms;
        assert_eq!((terms.access_until, terms.updates_until), (None, None));
        let back = Change {
            access_until: Edit::Set(TODAY.plus_days(-400)),
            ..to(Plan::Subscription)
        };
        let changed = change(&office.app, &back).await.unwrap();
        assert_eq!(changed.license.terms.grace_days, 14);
        assert_eq!(changed.license.terms.starts_at, TODAY.plus_days(-400));
        assert!(
            changed.notes[0].contains("the license is closed"),
            "{:?}",
            changed.notes
        );
    })
    .await;
}

#[tokio::test]
async fn a_revoked_license_is_not_changed() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        revoke(&office.app, &license.to_string(), &Actor::Cli)
            .await
            .unwrap();
        let error = change(&office.app, &request(license)).await.unwrap_err();
        assert!(matches!(error, ChangeError::Revoked(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_release_is_granted_by_name() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        office
            .db_publish("beta", "1.0.0", TODAY.plus_days(-1))
            .await;
        let beta = |version: &str| GrantRequest {
            license: license.to_string(),
            package: "beta".parse().unwrap(),
            version: version.parse().unwrap(),
            repository: None,
            actor: Actor::Cli,
        };
        assert!(grant(&office.app, &beta("1.0.0")).await.unwrap().is_new);
        assert!(!grant(&office.app, &beta("1.0.0")).await.unwrap().is_new);
        assert_eq!(office.grants(license).await, ["beta 1.0.0"]);
        let error = grant(&office.app, &beta("2.0.0"))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("there is no release `beta 2.0.0` in repository `acme`"),
            "{error}"
        );
    })
    .await;
}

/// Each narrows one license while usage of it arrives: whichever comes first, nothing is lost.
#[tokio::test]
async fn narrowing_and_late_usage_never_miss_each_other() {
    in_each_office(async |office: Office| {
        office.shop().await;
        let new = office
            .db_publish("alpha", "2.0.0", TODAY.plus_days(-1))
            .await;
        for _ in 0..10 {
            let license = office.license().await.license.id;
            let narrow = Change {
                updates_until: Edit::Set(TODAY.plus_days(-100)),
                ..request(license)
            };
            let (changed, ()) = tokio::join!(
                change(&office.app, &narrow),
                office.db_download(license, &new, TODAY.plus_seconds(-5))
            );
            changed.unwrap();
            assert_eq!(office.grants(license).await, ["alpha 2.0.0"]);
        }
    })
    .await;
}
