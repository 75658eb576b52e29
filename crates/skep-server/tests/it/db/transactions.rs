use std::collections::BTreeSet;

use skep_server::db::{self, Change, DbError};

use super::sample::{self, shop};
use crate::support::each_db::{TestDb, on_each_db};

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    on_each_db(async |test: TestDb| {
        let mut tx = test.begin().await.unwrap();
        db::customers::insert(&mut tx, &sample::customer("jo@example.com"))
            .await
            .unwrap();
        tx.changed(Change::Product(sample::product("pro", &["alpha"]).id));
        drop(tx);
        let feed = test.feed_since(0).await.unwrap();
        assert_eq!((feed.revision, feed.changes), (0, Some(BTreeSet::new())));
        let mut conn = test.read().await.unwrap();
        assert_eq!(db::customers::list(&mut conn).await.unwrap(), vec![]);
    })
    .await;
}

#[tokio::test]
async fn only_what_nodes_hold_takes_a_revision() {
    on_each_db(async |test: TestDb| {
        let mut tx = test.begin().await.unwrap();
        db::customers::insert(&mut tx, &sample::customer("jo@example.com"))
            .await
            .unwrap();
        db::settings::insert(&mut tx, "name", "value")
            .await
            .unwrap();
        assert_eq!(tx.commit().await.unwrap(), None);
        let shop = {
            let mut tx = test.begin().await.unwrap();
            let product = sample::product("pro", &["alpha"]);
            db::products::insert(&mut tx, &product).await.unwrap();
            assert_eq!(tx.commit().await.unwrap(), Some(1));
            product
        };
        let feed = test.feed_since(0).await.unwrap();
        assert_eq!(
            feed.changes,
            Some(BTreeSet::from([Change::Product(shop.id)]))
        );
        assert_eq!(
            test.feed_since(1).await.unwrap().changes,
            Some(BTreeSet::new())
        );
    })
    .await;
}

#[tokio::test]
async fn a_feed_that_was_cut_or_went_back_says_so() {
    on_each_db(async |test: TestDb| {
        let package = sample::package("alpha");
        for _ in 0..3 {
            let mut tx = test.begin().await.unwrap();
            tx.changed(Change::Package(package.id));
            tx.commit().await.unwrap();
        }
        assert!(test.feed_since(0).await.unwrap().changes.is_some());
        // A backup was put back: its last revision is before the one that is known.
        assert_eq!(test.feed_since(7).await.unwrap().changes, None);
        super::raw(&test.url, "DELETE FROM changes WHERE revision = 1").await;
        assert_eq!(test.feed_since(0).await.unwrap().changes, None);
        assert_eq!(test.feed_since(1).await.unwrap().changes.unwrap().len(), 1);
        super::raw(&test.url, "DELETE FROM changes WHERE revision = 3").await;
        assert_eq!(test.feed_since(1).await.unwrap().changes, None);
        super::raw(
            &test.url,
            "INSERT INTO changes (revision, kind, id) VALUES (3, 'hive', 'x')",
        )
        .await;
        assert_eq!(
            test.feed_since(2).await.unwrap().changes,
            None,
            "a newer version's kind"
        );
    })
    .await;
}

#[tokio::test]
async fn old_revisions_are_thrown_away() {
    on_each_db(async |test: TestDb| {
        let package = sample::package("alpha");
        super::raw(&test.url, "UPDATE feed SET revision = 20099").await;
        super::raw(
            &test.url,
            "INSERT INTO changes (revision, kind, id) VALUES (9000, 'hive', 'x')",
        )
        .await;
        let mut tx = test.begin().await.unwrap();
        tx.changed(Change::Package(package.id));
        assert_eq!(tx.commit().await.unwrap(), Some(20_100));
        assert_eq!(
            test.feed_since(20_099)
                .await
                .unwrap()
                .changes
                .unwrap()
                .len(),
            1
        );
        assert_eq!(test.feed_since(8_999).await.unwrap().changes, None);
    })
    .await;
}

#[tokio::test]
async fn revisions_appear_in_order_however_many_write() {
    on_each_db(async |test: TestDb| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        let mut tx = db.begin().await.unwrap();
                        db::customers::list(&mut tx).await.unwrap();
                        tx.changed(Change::Package(sample::package("alpha").id));
                        tx.commit().await.unwrap();
                    }
                })
            })
            .collect();
        let (mut known, mut seen) = (0, 0);
        while known < 80 {
            let feed = test.feed_since(known).await.unwrap();
            seen += feed.changes.expect("a revision came late").len();
            known = feed.revision;
        }
        assert_eq!(seen, 80);
        for writer in writers {
            writer.await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_twice_is_named_by_its_table() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let mut tx = test.begin().await.unwrap();
        let again = sample::customer(&shop.customer.email);
        let error = db::customers::insert(&mut tx, &again).await.unwrap_err();
        assert_eq!(error, DbError::Unique("customers".to_owned()));
        drop(tx);
        let mut tx = test.begin().await.unwrap();
        let error = db::keys::insert(&mut tx, &shop.key).await.unwrap_err();
        assert_eq!(error, DbError::Unique("license_keys".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_reader_sees_one_moment() {
    on_each_db(async |test: TestDb| {
        shop(&test).await;
        let mut conn = test.read().await.unwrap();
        assert_eq!(db::customers::list(&mut conn).await.unwrap().len(), 1);
        let mut tx = test.begin().await.unwrap();
        db::customers::insert(&mut tx, &sample::customer("other@example.com"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db::customers::list(&mut conn).await.unwrap().len(), 1);
        assert_eq!(
            db::customers::list(&mut test.read().await.unwrap())
                .await
                .unwrap()
                .len(),
            2
        );
    })
    .await;
}
