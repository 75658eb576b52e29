use skep_server::db::snapshot;
use skep_server::licensing::key::{Form, LicenseKey};
use skep_server::licensing::licenses::{Issue, IssueError, Listed, issue as run, list, show};
use skep_server::licensing::plan::Plan;
use skep_server::licensing::terms::Dates;

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office, issue};

#[tokio::test]
async fn a_license_comes_with_a_key_that_nodes_know() {
    in_each_office(async |office: Office| {
        let issued = office.shop().await;
        assert_eq!(LicenseKey::form(issued.secret.reveal()), Form::WellFormed);
        assert_eq!(issued.license.terms.grace_days, 14);
        assert_eq!(issued.license.terms.starts_at, TODAY);
        assert!(issued.notes.is_empty(), "{:?}", issued.notes);
        let loaded = snapshot::load(&office.app.db).await.unwrap();
        assert_eq!(loaded.keys[0].hash, issued.secret.hash().0);
        assert_eq!(loaded.keys[0].license, issued.license.id);
        assert_eq!(&*loaded.licenses[0].products, &[issued.products[0].id]);
        assert_eq!(
            office.audit().await,
            ["customer.create", "license.issue", "product.create"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_license_is_listed_and_shown() {
    in_each_office(async |office: Office| {
        let issued = office.shop().await;
        let id = issued.license.id.to_string();
        let listed = list(&office.app, Some("jo@example.com")).await.unwrap();
        let Listed {
            license,
            customer_email,
            product_slugs,
            standing,
        } = &listed[0];
        assert_eq!(
            (license, customer_email.as_str(), *standing),
            (&issued.license, "jo@example.com", "active")
        );
        assert_eq!(product_slugs[0].as_str(), "pro");
        let shown = show(&office.app, &id).await.unwrap();
        assert_eq!(
            (shown.keys.len(), shown.customer.email.as_str()),
            (1, "jo@example.com")
        );
        let text = serde_json::to_string(&shown).unwrap();
        assert!(
            !text.contains(issued.secret.reveal())
                && !text.contains(&issued.secret.hash().0.to_string())
        );
        let error = list(&office.app, Some("nobody@example.com"))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("`nobody@example.com`"), "{error}");
        let error = show(&office.app, "lic_1").await.unwrap_err().to_string();
        assert!(error.contains("there is no license `lic_1`"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn past_dates_are_taken_with_a_note() {
    in_each_office(async |office: Office| {
        office.shop().await;
        let dates = Dates {
            updates_until: Some(TODAY.plus_days(-10)),
            ..Dates::default()
        };
        let issued = run(
            &office.app,
            &Issue {
                plan: Plan::Perpetual,
                dates,
                ..issue()
            },
        )
        .await
        .unwrap();
        assert_eq!(issued.license.terms.starts_at, TODAY.plus_days(-10));
        assert_eq!(issued.notes.len(), 1);
        assert!(
            issued.notes[0].contains("updates_until 2026-11-12 is in the past"),
            "{:?}",
            issued.notes
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    in_each_office(async |office: Office| {
        office.shop().await;
        let check = async |request: Issue, text: &str| {
            let error = run(&office.app, &request).await.unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        };
        check(
            Issue {
                customer: "x@example.com".to_owned(),
                ..issue()
            },
            "no customer `x@example.com`",
        )
        .await;
        check(
            Issue {
                products: vec!["gold".parse().unwrap()],
                ..issue()
            },
            "no product `gold`",
        )
        .await;
        check(
            Issue {
                products: vec![],
                ..issue()
            },
            "--product SLUG",
        )
        .await;
        check(
            Issue {
                dates: Dates::default(),
                ..issue()
            },
            "--access-until DATE",
        )
        .await;
        assert_eq!(list(&office.app, None).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_external_id_is_one_license_s_and_finds_it() {
    in_each_office(async |office: Office| {
        office.shop().await;
        let request = Issue { external_id: Some("A-17".to_owned()), ..issue() };
        let issued = run(&office.app, &request).await.unwrap();
        assert_eq!(show(&office.app, "A-17").await.unwrap().license, issued.license);
        let error = run(&office.app, &request).await.unwrap_err();
        assert!(matches!(error, IssueError::ExternalIdTaken { license, .. } if license == issued.license.id));
    })
    .await;
}
