use skep_server::db::snapshot::{Loaded, Reload, load, reload};
use skep_server::db::{self, Change};
use skep_server::licensing::grant::{Grant, Origin};

use super::sample::{self, NOW, shop};
use crate::support::each_db::{TestDb, on_each_db};

async fn loaded(test: &TestDb) -> Loaded {
    load(&test.db).await.unwrap()
}

#[tokio::test]
async fn everything_is_loaded_as_of_one_revision() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let second = sample::product("other", &["beta"]);
        let mut tx = test.begin().await.unwrap();
        db::products::insert(&mut tx, &second).await.unwrap();
        for number in 0..20 {
            let mut license = sample::license(&shop.customer, &[&shop.product, &second]);
            license.external_id = Some(number.to_string());
            db::licenses::insert(&mut tx, &license).await.unwrap();
            db::keys::insert(&mut tx, &sample::key(&license))
                .await
                .unwrap();
            let release = sample::name("alpha", &format!("{number}.0.0"));
            let grant = Grant {
                release,
                granted_at: NOW,
                origin: Origin::Seller,
            };
            db::grants::insert(&mut tx, license.id, &grant)
                .await
                .unwrap();
        }
        for version in ["1.10.0", "1.9.0", "2.0.0-rc.1"] {
            let release = sample::release(&shop.package, version);
            db::releases::insert(&mut tx, &release, &serde_json::json!({}))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();

        let all = loaded(&test).await;
        assert_eq!(
            (
                all.revision,
                all.keys.len(),
                all.licenses.len(),
                all.products.len()
            ),
            (2, 21, 21, 2)
        );
        assert!(all.licenses.is_sorted_by_key(|license| license.id));
        let first = all
            .licenses
            .iter()
            .find(|license| license.id == shop.license.id)
            .unwrap();
        assert_eq!(
            (&*first.products, first.grants.len()),
            (&[shop.product.id][..], 0)
        );
        assert_eq!(
            (first.terms, first.customer),
            (shop.license.terms, shop.customer.id)
        );
        for license in all
            .licenses
            .iter()
            .filter(|license| license.id != shop.license.id)
        {
            assert_eq!((license.products.len(), license.grants.len()), (2, 1));
            let external = db::licenses::find(&mut test.read().await.unwrap(), license.id)
                .await
                .unwrap()
                .unwrap();
            let expected = format!("{}.0.0", external.external_id.unwrap());
            assert_eq!(license.grants[0].version.to_string(), expected);
        }
        let key = all.keys.iter().find(|key| key.id == shop.key.id).unwrap();
        assert_eq!((key.license, key.hash), (shop.license.id, shop.key.hash.0));
        let versions: Vec<_> = all.packages[0]
            .releases
            .iter()
            .map(|release| release.version.to_string())
            .collect();
        assert_eq!(versions, ["1.0.0", "1.9.0", "1.10.0", "2.0.0-rc.1"]);
        assert_eq!(all.packages[0].releases[0], shop.release);
    })
    .await;
}

#[tokio::test]
async fn only_what_changed_is_loaded_again() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let before = loaded(&test).await;
        let mut tx = test.begin().await.unwrap();
        let grant = Grant {
            release: sample::name("alpha", "1.0.0"),
            granted_at: NOW,
            origin: Origin::Seller,
        };
        db::grants::insert(&mut tx, shop.license.id, &grant)
            .await
            .unwrap();
        db::releases::delete(&mut tx, &shop.release).await.unwrap();
        db::packages::delete_if_empty(&mut tx, shop.package.id)
            .await
            .unwrap();
        tx.changed(Change::Product(shop.product.id));
        tx.changed(Change::Key(shop.key.id));
        tx.commit().await.unwrap();
        let Reload::Changes {
            revision,
            keys,
            licenses,
            products,
            packages,
            ..
        } = reload(&test.db, before.revision, &before.epoch)
            .await
            .unwrap()
        else {
            panic!("nothing is missing in the feed")
        };
        assert_eq!(revision, 2);
        assert_eq!(keys, vec![(shop.key.id, Some(before.keys[0].clone()))]);
        assert_eq!(licenses[0].1.as_ref().unwrap().grants.len(), 1);
        assert_eq!(
            &licenses[0].1.as_ref().unwrap().products,
            &before.licenses[0].products
        );
        assert_eq!(
            products,
            vec![(shop.product.id, Some(before.products[0].clone()))]
        );
        assert_eq!(packages, vec![(shop.package.id, None)]);
    })
    .await;
}

#[tokio::test]
async fn many_changes_are_loaded_in_parts() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let epoch = loaded(&test).await.epoch;
        let mut tx = test.begin().await.unwrap();
        for _ in 0..1_201 {
            db::keys::insert(&mut tx, &sample::key(&shop.license))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let Reload::Changes { keys, .. } = reload(&test.db, 1, &epoch).await.unwrap() else {
            panic!("no gap")
        };
        assert_eq!(keys.len(), 1_201);
        assert!(
            keys.iter()
                .all(|(id, key)| key.as_ref().is_some_and(|key| key.id == *id))
        );
    })
    .await;
}

#[tokio::test]
async fn another_epoch_or_a_gap_asks_for_everything() {
    on_each_db(async |test: TestDb| {
        shop(&test).await;
        let epoch = loaded(&test).await.epoch;
        assert!(matches!(
            reload(&test.db, 1, "another").await.unwrap(),
            Reload::Full
        ));
        assert!(matches!(
            reload(&test.db, 5, &epoch).await.unwrap(),
            Reload::Full
        ));
        assert!(matches!(
            reload(&test.db, 1, &epoch).await.unwrap(),
            Reload::Changes { revision: 1, .. }
        ));
    })
    .await;
}
