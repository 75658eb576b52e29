//! Values for tables.

use skep_formats::checksum::Sha256;
use skep_formats::registry::{Dependency, Retirement, RetirementReason};
use skep_server::catalog::release::{Package, Release, StoredFile};
use skep_server::clock::{Clock, TestClock, Timestamp};
use skep_server::db::{self, Db};
use skep_server::ids::{CustomerId, KeyId, LicenseId, PackageId, ProductId, ReleaseId};
use skep_server::licensing::customer::Customer;
use skep_server::licensing::grant::ReleaseName;
use skep_server::licensing::key::{KeyRecord, LicenseKey};
use skep_server::licensing::license::{License, Status, Terms};
use skep_server::licensing::plan::Plan;
use skep_server::licensing::product::Product;

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

pub(crate) fn clock() -> Clock {
    TestClock::at(NOW).clock()
}

pub(crate) fn customer(email: &str) -> Customer {
    Customer {
        id: CustomerId::new(&clock()),
        email: email.to_owned(),
        name: "Jo Ü".to_owned(),
        created_at: NOW,
    }
}

pub(crate) fn product(slug: &str, patterns: &[&str]) -> Product {
    Product {
        id: ProductId::new(&clock()),
        slug: slug.parse().unwrap(),
        repository: "acme".parse().unwrap(),
        packages: patterns.iter().map(|text| text.parse().unwrap()).collect(),
        created_at: NOW,
    }
}

pub(crate) fn license(customer: &Customer, products: &[&Product]) -> License {
    let mut products: Vec<_> = products.iter().map(|product| product.id).collect();
    products.sort();
    License {
        id: LicenseId::new(&clock()),
        customer: customer.id,
        products,
        plan: Plan::Subscription,
        terms: Terms {
            starts_at: NOW,
            access_until: Some(NOW.plus_days(365)),
            updates_until: None,
            grace_days: 14,
            status: Status::Active,
            status_since: NOW,
        },
        narrowed_at: None,
        external_id: None,
        notes: "paid by 'wire'".to_owned(),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn key(license: &License) -> KeyRecord {
    let secret = LicenseKey::generate(&clock());
    KeyRecord {
        id: KeyId::new(&clock()),
        license: license.id,
        hash: secret.hash(),
        hint: secret.hint(),
        label: "ci".to_owned(),
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
        rotated_at: None,
        last_used_at: None,
    }
}

pub(crate) fn package(name: &str) -> Package {
    Package {
        id: PackageId::new(&clock()),
        repository: "acme".parse().unwrap(),
        name: name.parse().unwrap(),
        created_at: NOW,
    }
}

pub(crate) fn release(package: &Package, version: &str) -> Release {
    Release {
        id: ReleaseId::new(&clock()),
        package: package.id,
        version: version.parse().unwrap(),
        published_at: NOW,
        updated_at: NOW,
        inner_checksum: Sha256::of(b"inner"),
        outer_checksum: Sha256::of(version.as_bytes()),
        size_bytes: 4_711,
        dependencies: vec![Dependency {
            package: "jason".to_owned(),
            requirement: "~> 1.4".to_owned(),
            optional: Some(true),
            app: Some("jason".to_owned()),
            repository: Some("hexpm".to_owned()),
        }],
        retirement: Some(Retirement {
            reason: RetirementReason::Security,
            message: Some("see CVE".to_owned()),
        }),
        docs: Some(StoredFile {
            checksum: Sha256::of(b"docs"),
            size_bytes: 12,
        }),
    }
}

pub(crate) fn name(package: &str, version: &str) -> ReleaseName {
    ReleaseName {
        repository: "acme".parse().unwrap(),
        package: package.parse().unwrap(),
        version: version.parse().unwrap(),
    }
}

/// What most tests begin with.
pub(crate) struct Shop {
    pub(crate) customer: Customer,
    pub(crate) product: Product,
    pub(crate) license: License,
    pub(crate) key: KeyRecord,
    pub(crate) package: Package,
    pub(crate) release: Release,
}

/// One of each, in one transaction: revision 1.
pub(crate) async fn shop(db: &Db) -> Shop {
    let customer = customer("jo@example.com");
    let product = product("pro", &["alpha", "acme_*"]);
    let license = license(&customer, &[&product]);
    let key = key(&license);
    let package = package("alpha");
    let release = release(&package, "1.0.0");
    let mut tx = db.begin().await.unwrap();
    db::customers::insert(&mut tx, &customer).await.unwrap();
    db::products::insert(&mut tx, &product).await.unwrap();
    db::licenses::insert(&mut tx, &license).await.unwrap();
    db::keys::insert(&mut tx, &key).await.unwrap();
    db::packages::insert(&mut tx, &package).await.unwrap();
    db::releases::insert(&mut tx, &release, &serde_json::json!({ "name": "alpha" }))
        .await
        .unwrap();
    assert_eq!(tx.commit().await.unwrap(), Some(1));
    Shop {
        customer,
        product,
        license,
        key,
        package,
        release,
    }
}
