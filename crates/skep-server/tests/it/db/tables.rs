use skep_server::db::audit::Actor;
use skep_server::db::{self, DbError};
use skep_server::licensing::grant::{Grant, Origin};
use skep_server::licensing::license::{License, Status, Terms};
use skep_server::licensing::plan::Plan;

use super::sample::{self, NOW, shop};
use crate::support::each_db::{TestDb, on_each_db};

#[tokio::test]
async fn everything_comes_back_as_it_went_in() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let mut conn = test.read().await.unwrap();
        let conn = &mut conn;
        assert_eq!(
            db::customers::find(conn, shop.customer.id).await.unwrap(),
            Some(shop.customer.clone())
        );
        assert_eq!(
            db::customers::find_by_email(conn, "jo@example.com")
                .await
                .unwrap(),
            Some(shop.customer.clone())
        );
        let product = db::products::find_by_slug(conn, &shop.product.slug)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(product.packages.len(), 2);
        assert_eq!(
            db::products::find(conn, shop.product.id).await.unwrap(),
            Some(product.clone())
        );
        assert_eq!(db::products::list(conn).await.unwrap(), vec![product]);
        assert_eq!(
            db::licenses::find(conn, shop.license.id).await.unwrap(),
            Some(shop.license.clone())
        );
        assert_eq!(
            db::licenses::list(conn, None).await.unwrap(),
            vec![shop.license.clone()]
        );
        assert_eq!(
            db::licenses::list(conn, Some(shop.customer.id))
                .await
                .unwrap(),
            vec![shop.license.clone()]
        );
        assert_eq!(
            db::keys::find(conn, shop.key.id).await.unwrap(),
            Some(shop.key.clone())
        );
        assert_eq!(
            db::keys::find_by_hash(conn, shop.key.hash).await.unwrap(),
            Some(shop.key.clone())
        );
        assert_eq!(
            db::keys::list(conn, shop.license.id).await.unwrap(),
            vec![shop.key]
        );
        let package = db::packages::find_by_name(conn, "acme", "alpha")
            .await
            .unwrap();
        assert_eq!(package, Some(shop.package.clone()));
        assert_eq!(
            db::packages::find(conn, shop.package.id).await.unwrap(),
            package
        );
        let found = db::releases::find(conn, shop.package.id, &shop.release.version)
            .await
            .unwrap();
        assert_eq!(found, Some(shop.release.clone()));
        assert_eq!(
            db::releases::list(conn, shop.package.id).await.unwrap(),
            vec![shop.release.clone()]
        );
        let metadata = db::releases::find_metadata(conn, shop.release.id)
            .await
            .unwrap();
        assert_eq!(metadata, Some(serde_json::json!({ "name": "alpha" })));
    })
    .await;
}

#[tokio::test]
async fn a_changed_license_and_key_come_back_changed() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let other = sample::product("other", &["beta"]);
        let license = License {
            products: vec![other.id],
            plan: Plan::Perpetual,
            terms: Terms {
                access_until: None,
                updates_until: Some(NOW.plus_days(-1)),
                grace_days: 0,
                status: Status::Suspended,
                status_since: NOW.plus_seconds(5),
                ..shop.license.terms
            },
            narrowed_at: Some(NOW),
            external_id: Some("A-17".to_owned()),
            notes: String::new(),
            updated_at: NOW.plus_seconds(5),
            ..shop.license.clone()
        };
        let mut key = shop.key.clone();
        (key.expires_at, key.revoked_at, key.rotated_at) = (Some(NOW), Some(NOW), Some(NOW));
        let mut tx = test.begin().await.unwrap();
        db::products::insert(&mut tx, &other).await.unwrap();
        db::licenses::update(&mut tx, &license).await.unwrap();
        db::keys::update(&mut tx, &key).await.unwrap();
        db::keys::update_last_used_at(&mut tx, &[(key.id, NOW)])
            .await
            .unwrap();
        db::keys::update_last_used_at(&mut tx, &[(key.id, NOW.plus_days(-1))])
            .await
            .unwrap();
        assert_eq!(tx.commit().await.unwrap(), Some(2));
        key.last_used_at = Some(NOW);
        let mut conn = test.read().await.unwrap();
        assert_eq!(
            db::licenses::find_by_external_id(&mut conn, "A-17")
                .await
                .unwrap(),
            Some(license)
        );
        assert_eq!(db::keys::find(&mut conn, key.id).await.unwrap(), Some(key));
    })
    .await;
}

#[tokio::test]
async fn a_replaced_release_keeps_its_metadata_unless_given() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let mut release = shop.release.clone();
        (release.retirement, release.docs, release.dependencies) = (None, None, Vec::new());
        let mut tx = test.begin().await.unwrap();
        db::releases::update(&mut tx, &release, None).await.unwrap();
        assert_eq!(
            db::releases::list_all(&mut tx).await.unwrap(),
            vec![release.clone()]
        );
        let metadata = db::releases::find_metadata(&mut tx, release.id)
            .await
            .unwrap();
        assert_eq!(metadata, Some(serde_json::json!({ "name": "alpha" })));
        db::releases::update(&mut tx, &release, Some(&serde_json::json!([])))
            .await
            .unwrap();
        let metadata = db::releases::find_metadata(&mut tx, release.id)
            .await
            .unwrap();
        assert_eq!(metadata, Some(serde_json::json!([])));
    })
    .await;
}

#[tokio::test]
async fn a_package_goes_with_its_last_release() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let mut tx = test.begin().await.unwrap();
        assert!(
            !db::packages::delete_if_empty(&mut tx, shop.package.id)
                .await
                .unwrap()
        );
        db::releases::delete(&mut tx, &shop.release).await.unwrap();
        assert!(
            db::packages::delete_if_empty(&mut tx, shop.package.id)
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        assert_eq!(
            db::packages::list(&mut test.read().await.unwrap())
                .await
                .unwrap(),
            vec![]
        );
    })
    .await;
}

#[tokio::test]
async fn grants_are_given_once_and_taken_with_their_release() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let release = sample::name("alpha", "1.0.0");
        let grant = Grant {
            release: release.clone(),
            granted_at: NOW,
            origin: Origin::Seller,
        };
        let mut tx = test.begin().await.unwrap();
        assert!(
            db::grants::insert(&mut tx, shop.license.id, &grant)
                .await
                .unwrap()
        );
        assert!(
            !db::grants::insert(&mut tx, shop.license.id, &grant)
                .await
                .unwrap()
        );
        assert_eq!(
            db::grants::list(&mut tx, shop.license.id).await.unwrap(),
            vec![grant]
        );
        assert_eq!(tx.commit().await.unwrap(), Some(2));
        let mut tx = test.begin().await.unwrap();
        db::grants::delete_by_release(&mut tx, &release)
            .await
            .unwrap();
        assert_eq!(tx.commit().await.unwrap(), Some(3));
    })
    .await;
}

#[tokio::test]
async fn settings_are_made_once_and_can_be_overwritten() {
    on_each_db(async |test: TestDb| {
        let mut tx = test.begin().await.unwrap();
        assert_eq!(db::settings::find(&mut tx, "hmac").await.unwrap(), None);
        assert!(db::settings::insert(&mut tx, "hmac", "one").await.unwrap());
        assert!(!db::settings::insert(&mut tx, "hmac", "two").await.unwrap());
        assert_eq!(
            db::settings::find(&mut tx, "hmac").await.unwrap(),
            Some("one".to_owned())
        );
        db::settings::upsert(&mut tx, "hmac", "three")
            .await
            .unwrap();
        assert_eq!(
            db::settings::find(&mut tx, "hmac").await.unwrap(),
            Some("three".to_owned())
        );
    })
    .await;
}

#[tokio::test]
async fn the_audit_stands_with_what_it_is_about() {
    on_each_db(async |test: TestDb| {
        let detail = serde_json::json!({ "a": 1 });
        let mut tx = test.begin().await.unwrap();
        tx.audit(
            &sample::clock(),
            &Actor::Cli,
            ("license.issue", &"lic_x"),
            detail.clone(),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let entries = db::audit::list(&mut test.read().await.unwrap(), 10)
            .await
            .unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].actor.as_str(), entries[0].action.as_str()),
            ("cli", "license.issue")
        );
        assert_eq!((entries[0].at, &entries[0].detail), (NOW, &detail));
    })
    .await;
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_named() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let check = async |sql: &str, table: &str, text: &str| {
            super::raw(&test.url, sql).await;
            let error = db::snapshot::load(&test).await.unwrap_err();
            assert!(matches!(error, DbError::Corrupt { table: of, .. } if of == table), "{error:?}");
            assert!(error.to_string().contains(text), "{error}");
        };
        check("UPDATE license_keys SET expires_at = NULL, license_id = license_id, key_sha256 = key_sha256 || key_sha256", "license_keys", "32 bytes").await;
        super::raw(&test.url, "DELETE FROM license_keys").await;
        check("UPDATE licenses SET status = 'open'", "licenses", "`open`").await;
        check("UPDATE licenses SET status = 'active', grace_days = -1", "licenses", "`-1`").await;
        super::raw(&test.url, "UPDATE licenses SET grace_days = 1").await;
        check("UPDATE product_packages SET pattern = '!' WHERE pattern = 'alpha'", "product_packages", "`!`").await;
        super::raw(&test.url, "UPDATE product_packages SET pattern = 'alpha' WHERE pattern = '!'").await;
        check("UPDATE releases SET docs_checksum = NULL", "releases", "belong together").await;
        check("UPDATE releases SET version = '1'", "releases", &shop.release.id.to_string()).await;
    })
    .await;
}
