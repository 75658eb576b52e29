use skep_server::db::downloads::{self, Download};
use skep_server::db::{self};
use skep_server::licensing::grant::Origin;
use skep_server::licensing::license::License;

use super::sample::{self, NOW, Shop, shop};
use crate::support::each_db::{TestDb, on_each_db};

fn download(shop: &Shop, version: &str, seconds: i64) -> Download {
    let at = NOW.plus_seconds(seconds);
    Download {
        license: shop.license.id,
        release: sample::name("alpha", version),
        first_at: at,
        last_at: at,
        requests: 2,
    }
}

async fn record(test: &TestDb, downloads: &[Download]) {
    let mut tx = test.begin().await.unwrap();
    downloads::record(&mut tx, downloads).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn downloads_add_up() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        record(
            &test,
            &[
                download(&shop, "1.0.0", 10),
                download(&shop, "1.0.0", 30),
                download(&shop, "0.9.0", 1),
            ],
        )
        .await;
        record(
            &test,
            &[download(&shop, "1.0.0", 20), download(&shop, "1.0.0", 5)],
        )
        .await;
        let mut conn = test.read().await.unwrap();
        let known = downloads::list_by_license(&mut conn, shop.license.id)
            .await
            .unwrap();
        let expected = Download {
            first_at: NOW.plus_seconds(5),
            last_at: NOW.plus_seconds(30),
            requests: 8,
            ..download(&shop, "1.0.0", 0)
        };
        assert_eq!(known, vec![download(&shop, "0.9.0", 1), expected]);
        // 0.9.0 was deleted since.
        let dated = downloads::list_dated(&mut conn, shop.license.id)
            .await
            .unwrap();
        let (gone, there) = (("0.9.0", None), ("1.0.0", Some(NOW)));
        let expected = [gone, there].map(|(version, at)| (sample::name("alpha", version), at));
        assert_eq!(dated, expected);
        let who = downloads::list_downloaders(&mut conn, &sample::name("alpha", "1.0.0"))
            .await
            .unwrap();
        assert_eq!(
            (who.len(), who[0].customer_email.as_str()),
            (1, "jo@example.com")
        );
        assert_eq!(who[0].last_at, NOW.plus_seconds(30));
    })
    .await;
}

#[tokio::test]
async fn what_an_unknown_license_fetched_is_left_out() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let gone = sample::license(&shop.customer, &[]);
        record(
            &test,
            &[
                Download {
                    license: gone.id,
                    ..download(&shop, "1.0.0", 0)
                },
                download(&shop, "1.0.0", 0),
            ],
        )
        .await;
        let who = downloads::list_downloaders(
            &mut test.read().await.unwrap(),
            &sample::name("alpha", "1.0.0"),
        )
        .await;
        assert_eq!(who.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_download_from_before_a_narrowing_that_arrives_late_becomes_a_grant() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        record(&test, &[download(&shop, "0.1.0", -100)]).await;
        let mut tx = test.begin().await.unwrap();
        let narrowed = License {
            narrowed_at: Some(NOW),
            ..shop.license.clone()
        };
        db::licenses::update(&mut tx, &narrowed).await.unwrap();
        tx.commit().await.unwrap();
        let late = [
            download(&shop, "1.0.0", -5),
            download(&shop, "2.0.0", 5),
            download(&shop, "0.1.0", -5),
        ];
        let before = test.feed_since(0).await.unwrap().revision;
        record(&test, &late).await;
        let grants = db::grants::list(&mut test.read().await.unwrap(), shop.license.id)
            .await
            .unwrap();
        assert_eq!(grants.len(), 1, "{grants:?}");
        assert_eq!(
            (&grants[0].release, grants[0].origin),
            (&sample::name("alpha", "1.0.0"), Origin::Narrowing)
        );
        assert_eq!(
            test.feed_since(0).await.unwrap().revision,
            before + 1,
            "nodes have to know"
        );
        record(&test, &late).await;
        assert_eq!(test.feed_since(0).await.unwrap().revision, before + 1);
    })
    .await;
}
