use skep_server::db::audit::Actor;
use skep_server::licensing::narrowing::Downloaded;
use skep_server::licensing::products::{Create, Edit, ProductError, create, edit, list, show};

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office};

fn edit_pro(add: &[&str], remove: &[&str]) -> Edit {
    let patterns = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Edit {
        slug: "pro".parse().unwrap(),
        add: patterns(add),
        remove: patterns(remove),
        downloaded: Downloaded::Keep,
        actor: Actor::Cli,
    }
}

#[tokio::test]
async fn a_product_is_made_once() {
    in_each_office(async |office: Office| {
        let product = office.product("pro", &["beta", "alpha", "alpha"]).await;
        let patterns: Vec<_> = product.packages.iter().map(ToString::to_string).collect();
        assert_eq!(patterns, ["alpha", "beta"]);
        assert_eq!(product.repository.as_str(), "acme");
        assert_eq!(show(&office.app, &product.slug).await.unwrap(), product);
        assert_eq!(list(&office.app).await.unwrap(), vec![product.clone()]);
        let mut again = Create {
            slug: product.slug.clone(),
            packages: product.packages,
            repository: None,
            actor: Actor::Cli,
        };
        assert!(matches!(
            create(&office.app, &again).await,
            Err(ProductError::Exists(_))
        ));
        again.repository = Some("other".parse().unwrap());
        assert!(matches!(
            create(&office.app, &again).await,
            Err(ProductError::Repository(_))
        ));
        again.packages.clear();
        assert!(matches!(
            create(&office.app, &again).await,
            Err(ProductError::NoPackages(_))
        ));
        let error = show(&office.app, &"gold".parse().unwrap())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("there is no product `gold`"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn losing_a_package_keeps_what_its_licenses_downloaded() {
    in_each_office(async |office: Office| {
        let with = office.shop().await.license.id;
        let without = office.license().await.license.id;
        let alpha = office
            .db_publish("alpha", "1.0.0", TODAY.plus_days(-1))
            .await;
        let other = office
            .db_publish("pro_x", "1.0.0", TODAY.plus_days(-1))
            .await;
        office.db_download(with, &alpha, TODAY).await;
        office.db_download(with, &other, TODAY).await;
        let edited = edit(&office.app, &edit_pro(&["beta"], &["alpha"]))
            .await
            .unwrap();
        let patterns: Vec<_> = edited
            .product
            .packages
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(patterns, ["beta", "pro_*"]);
        assert_eq!(edited.narrowed.len(), 1);
        assert_eq!(
            (
                edited.narrowed[0].license,
                edited.narrowed[0].releases.len()
            ),
            (with, 1)
        );
        assert_eq!(office.grants(with).await, ["alpha 1.0.0"]);
        assert!(office.grants(without).await.is_empty());
        // It had it locked too; only its usage was on its way.
        office
            .db_download(without, &alpha, TODAY.plus_seconds(-20))
            .await;
        assert_eq!(office.grants(without).await, ["alpha 1.0.0"]);
    })
    .await;
}

#[tokio::test]
async fn a_strict_edit_takes_what_an_earlier_one_kept() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        let alpha = office
            .db_publish("alpha", "1.0.0", TODAY.plus_days(-1))
            .await;
        let late = office.license().await.license.id;
        office.db_download(license, &alpha, TODAY).await;
        edit(&office.app, &edit_pro(&["beta"], &["alpha"]))
            .await
            .unwrap();
        assert_eq!(office.grants(license).await, ["alpha 1.0.0"]);
        let strict = Edit {
            downloaded: Downloaded::Hide,
            ..edit_pro(&[], &[])
        };
        let edited = edit(&office.app, &strict).await.unwrap();
        assert_eq!(edited.narrowed.len(), 1);
        assert!(!edited.narrowed[0].are_kept);
        assert_eq!(edited.narrowed[0].releases, std::slice::from_ref(&alpha));
        assert!(office.grants(license).await.is_empty());
        // Late usage does not bring it back.
        office
            .db_download(late, &alpha, TODAY.plus_seconds(-20))
            .await;
        assert!(office.grants(late).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_package_that_another_pattern_covers_is_not_lost() {
    in_each_office(async |office: Office| {
        let license = office.shop().await.license.id;
        let alpha = office
            .db_publish("alpha", "1.0.0", TODAY.plus_days(-1))
            .await;
        office.db_download(license, &alpha, TODAY).await;
        let edited = edit(&office.app, &edit_pro(&["al*"], &["alpha"]))
            .await
            .unwrap();
        assert!(edited.narrowed.is_empty());
        assert!(office.grants(license).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_edit_that_makes_no_sense_changes_nothing() {
    in_each_office(async |office: Office| {
        office.shop().await;
        let error = edit(&office.app, &edit_pro(&[], &["gamma"]))
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "product `pro` has no package pattern `gamma`; it has `alpha`, `pro_*`"
        );
        let error = edit(&office.app, &edit_pro(&[], &["alpha", "pro_*"]))
            .await
            .unwrap_err();
        assert!(matches!(error, ProductError::NoPackages(_)), "{error}");
        assert_eq!(
            show(&office.app, &"pro".parse().unwrap())
                .await
                .unwrap()
                .packages
                .len(),
            2
        );
    })
    .await;
}
