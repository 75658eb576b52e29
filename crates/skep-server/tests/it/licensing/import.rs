use skep_formats::checksum::Sha256;
use skep_server::db::audit::Actor;
use skep_server::db::{self, snapshot};
use skep_server::licensing::import::{BadLine, ImportError, ImportRow, Imported, import};
use skep_server::licensing::{customers, licenses};

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office};

fn row(line: u64, email: &str, key: &str) -> ImportRow {
    ImportRow {
        line,
        customer_email: email.to_owned(),
        product: "pro".to_owned(),
        plan: "lifetime".to_owned(),
        key: key.to_owned(),
        ..ImportRow::default()
    }
}

async fn run(office: &Office, rows: &[ImportRow]) -> Result<Imported, ImportError> {
    import(&office.app, rows, &Actor::Cli).await
}

async fn bad_lines(office: &Office, rows: &[ImportRow]) -> Vec<BadLine> {
    match run(office, rows).await {
        Err(ImportError::BadLines(lines)) => lines,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_of_an_older_system_work_on() {
    in_each_office(async |office: Office| {
        office.shop().await;
        let hashed = ImportRow {
            key_sha256: Sha256::of(b"another old key, hashed")
                .to_string()
                .to_uppercase(),
            access_until: Some(Ok(Some(TODAY.plus_days(-1)))),
            plan: "subscription".to_owned(),
            external_id: "A-2".to_owned(),
            ..row(3, "new@example.com", "")
        };
        let rows = [
            row(2, "jo@example.com", "old-system-key-4711"),
            hashed,
            row(4, "NEW@example.com", ""),
        ];
        let imported = run(&office, &rows).await.unwrap();
        assert_eq!((imported.licenses.len(), imported.new_customers), (3, 1));
        assert_eq!(imported.notes.len(), 1);
        assert!(
            imported.notes[0].0 == 3 && imported.notes[0].1.contains("in the past"),
            "{:?}",
            imported.notes
        );
        let made = imported.licenses[2]
            .secret
            .as_ref()
            .expect("a row without a key gets one");
        assert!(
            imported.licenses[..2]
                .iter()
                .all(|license| license.secret.is_none())
        );
        let loaded = snapshot::load(&office.app.db).await.unwrap();
        for (hash, license) in [
            (Sha256::of(b"old-system-key-4711"), &imported.licenses[0]),
            (
                Sha256::of(b"another old key, hashed"),
                &imported.licenses[1],
            ),
            (made.hash().0, &imported.licenses[2]),
        ] {
            let key = loaded.keys.iter().find(|key| key.hash == hash).unwrap();
            assert_eq!((key.license, key.id), (license.license, license.key));
        }
        assert_eq!(
            customers::show(&office.app, "new@example.com")
                .await
                .unwrap()
                .name,
            "new@example.com"
        );
        let shown = licenses::show(&office.app, "A-2").await.unwrap();
        assert_eq!(
            (shown.standing, shown.keys[0].label.as_str()),
            ("grace", "imported")
        );
    })
    .await;
}

#[tokio::test]
async fn one_bad_line_and_nothing_is_imported() {
    in_each_office(async |office: Office| {
        let secret = "old-system-key-4711";
        office.shop().await;
        run(
            &office,
            &[row(2, "jo@example.com", "key-that-is-known-already")],
        )
        .await
        .unwrap();
        let before = db::licenses::list(&mut office.app.db.read().await.unwrap(), None)
            .await
            .unwrap();
        let rows = [
            row(2, "good@example.com", secret),
            row(3, "not an address", secret),
            ImportRow {
                product: "gold;pro".to_owned(),
                plan: "golden".to_owned(),
                ..row(4, "a@example.com", "")
            },
            ImportRow {
                access_until: Some(Err("`soon` is not a date".to_owned())),
                ..row(5, "a@example.com", "")
            },
            row(6, "a@example.com", "key-that-is-known-already"),
            ImportRow {
                key_sha256: "abc".to_owned(),
                ..row(7, "a@example.com", "")
            },
            ImportRow {
                key_sha256: Sha256::of(b"x").to_string(),
                ..row(8, "a@example.com", "another")
            },
            row(9, "a@example.com", "skl_mistyped"),
            row(10, "", "has a space"),
            ImportRow {
                product: String::new(),
                plan: String::new(),
                ..row(11, "a@example.com", "")
            },
            ImportRow {
                plan: "trial".to_owned(),
                grace_days: "many".to_owned(),
                ..row(12, "a@example.com", "")
            },
            row(13, "a@example.com", secret),
        ];
        let bad = bad_lines(&office, &rows).await;
        let has = |line: u64, text: &str| {
            let problems: Vec<_> = bad.iter().filter(|bad| bad.line == line).collect();
            assert!(
                problems.iter().any(|bad| bad.problem.contains(text)),
                "{line}: {text}: {problems:?}"
            );
        };
        assert!(!bad.iter().any(|bad| bad.line == 2), "{bad:?}");
        has(3, "`not an address` is not an email address");
        has(4, "there is no product `gold`");
        has(4, "`golden` is not a plan");
        has(5, "access_until: `soon` is not a date");
        has(6, "its key is known already, as `key_");
        has(7, "key_sha256 is not 64 hexadecimal digits");
        has(8, "of different keys");
        has(9, "a character is mistyped");
        has(10, "customer_email is empty");
        has(10, "key has a space");
        has(11, "product is empty");
        has(11, "plan is empty");
        has(12, "`many` is not a number of days");
        has(13, "its key is the one of line 2 too");
        assert!(!format!("{bad:?}").contains(secret));
        assert!(!format!("{rows:?}").contains(secret));
        let after = db::licenses::list(&mut office.app.db.read().await.unwrap(), None)
            .await
            .unwrap();
        assert_eq!(before, after);
        assert!(
            customers::show(&office.app, "good@example.com")
                .await
                .is_err()
        );
    })
    .await;
}

#[tokio::test]
async fn a_thousand_licenses_are_one_transaction() {
    in_each_office(async |office: Office| {
        office.shop().await;
        let before = office.app.db.feed_since(0).await.unwrap().revision;
        let rows: Vec<_> = (2..1_002)
            .map(|line| {
                row(
                    line,
                    &format!("c{}@example.com", line % 300),
                    &format!("old-system-key-{line}"),
                )
            })
            .collect();
        let imported = run(&office, &rows).await.unwrap();
        assert_eq!(
            (imported.licenses.len(), imported.new_customers),
            (1_000, 300)
        );
        let feed = office.app.db.feed_since(before).await.unwrap();
        assert_eq!(
            (feed.revision, feed.changes.unwrap().len()),
            (before + 1, 2_000)
        );
    })
    .await;
}
