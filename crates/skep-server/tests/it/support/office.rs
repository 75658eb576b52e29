//! The seller's side without a server: what commands do, on either database.

use std::path::Path;

use skep_server::accounts::role::Role;
use skep_server::accounts::user::User;
use skep_server::accounts::users;
use skep_server::app::App;
use skep_server::catalog::release::{Package, Release};
use skep_server::clock::{TestClock, Timestamp};
use skep_server::config::Config;
use skep_server::db::audit::Actor;
use skep_server::db::downloads::{self, Download};
use skep_server::db::{self, snapshot};
use skep_server::ids::LicenseId;
use skep_server::licensing::grant::ReleaseName;
use skep_server::licensing::licenses::{self, Issue, Issued};
use skep_server::licensing::plan::Plan;
use skep_server::licensing::product::Product;
use skep_server::licensing::terms::Dates;
use skep_server::licensing::{customers, products};

use super::TODAY;
use super::each_db::{TestDb, on_each_db};
use crate::db::sample;

/// An installation that nobody serves.
pub(crate) struct Office {
    pub(crate) app: App,
    pub(crate) clock: TestClock,
    _db: TestDb,
}

/// Runs a test in an office on SQLite, then in one on PostgreSQL. The time is [`TODAY`].
pub(crate) async fn in_each_office(test: impl AsyncFn(Office)) {
    on_each_db(async |db: TestDb| test(Office::new(db).await).await).await;
}

impl Office {
    async fn new(db: TestDb) -> Self {
        let dir = db.dir.path();
        fs_err::create_dir(dir.join("files")).expect("a directory");
        let key =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/golden/keys/rsa2048.pem");
        fs_err::copy(key, dir.join("key.pem")).expect("the golden key");
        let text = format!(
            "[database]\nurl = \"{}\"\n[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n",
            db.url
        );
        let config = Config::parse(&text, dir, &[]).expect("a configuration");
        let clock = TestClock::at(TODAY);
        let app = App::open(config, clock.clock())
            .await
            .expect("an installation");
        Self {
            app,
            clock,
            _db: db,
        }
    }

    pub(crate) async fn customer(&self, email: &str) {
        let (name, email) = ("Jo".to_owned(), email.to_owned());
        customers::create(
            &self.app,
            &customers::Create {
                name,
                email,
                actor: Actor::Cli,
            },
        )
        .await
        .expect("a customer");
    }

    pub(crate) async fn product(&self, slug: &str, packages: &[&str]) -> Product {
        let request = products::Create {
            slug: slug.parse().expect("a slug"),
            packages: packages
                .iter()
                .map(|text| text.parse().expect("a pattern"))
                .collect(),
            repository: None,
            actor: Actor::Cli,
        };
        products::create(&self.app, &request)
            .await
            .expect("a product")
    }

    /// A subscription to product `pro` for a year.
    pub(crate) async fn license(&self) -> Issued {
        licenses::issue(&self.app, &issue())
            .await
            .expect("a license")
    }

    /// A customer, product `pro` with package `alpha` and everything named `pro_…`, and a license for it.
    pub(crate) async fn shop(&self) -> Issued {
        self.customer("jo@example.com").await;
        self.product("pro", &["alpha", "pro_*"]).await;
        self.license().await
    }

    /// Publishes without any file.
    pub(crate) async fn db_publish(
        &self,
        package: &str,
        version: &str,
        published_at: Timestamp,
    ) -> ReleaseName {
        let mut tx = self.app.db.begin().await.expect("a transaction");
        let known = db::packages::find_by_name(&mut tx, "acme", package)
            .await
            .expect("it answers");
        let package: Package = match known {
            Some(package) => package,
            None => {
                let package = sample::package(package);
                db::packages::insert(&mut tx, &package)
                    .await
                    .expect("a package");
                package
            }
        };
        let release = Release {
            published_at,
            ..sample::release(&package, version)
        };
        db::releases::insert(&mut tx, &release, &serde_json::json!({}))
            .await
            .expect("a release");
        tx.commit().await.expect("it commits");
        sample::name(package.name.as_str(), version)
    }

    /// As usage does when it arrives.
    pub(crate) async fn db_download(
        &self,
        license: LicenseId,
        release: &ReleaseName,
        at: Timestamp,
    ) {
        let download = Download {
            license,
            release: release.clone(),
            first_at: at,
            last_at: at,
            requests: 1,
        };
        let mut tx = self.app.db.begin().await.expect("a transaction");
        downloads::record(&mut tx, &[download])
            .await
            .expect("it is recorded");
        tx.commit().await.expect("it commits");
    }

    /// The grants that nodes know of, as `package version`.
    pub(crate) async fn grants(&self, license: LicenseId) -> Vec<String> {
        let loaded = snapshot::load(&self.app.db).await.expect("a snapshot");
        let license = loaded
            .licenses
            .iter()
            .find(|row| row.id == license)
            .expect("it is there");
        license.grants.iter().map(ToString::to_string).collect()
    }

    /// A user, as the command line makes them: `NAME@example.com`.
    pub(crate) async fn user(&self, username: &str, role: Role) -> User {
        users::create(
            &self.app,
            &users::Create {
                username: username.to_owned(),
                email: format!("{username}@example.com"),
                role,
                actor: Actor::Cli,
            },
        )
        .await
        .expect("a user")
    }

    /// What the audit says, sorted: at one moment there is no before.
    pub(crate) async fn audit(&self) -> Vec<String> {
        let entries = db::audit::list(&mut self.app.db.read().await.expect("it reads"), 100)
            .await
            .expect("entries");
        let mut actions: Vec<_> = entries.into_iter().map(|entry| entry.action).collect();
        actions.sort();
        actions
    }
}

/// A subscription of `jo@example.com` to product `pro` for a year from [`TODAY`].
pub(crate) fn issue() -> Issue {
    Issue {
        customer: "jo@example.com".to_owned(),
        products: vec!["pro".parse().expect("a slug")],
        plan: Plan::Subscription,
        dates: Dates {
            access_until: Some(TODAY.plus_days(365)),
            ..Dates::default()
        },
        external_id: None,
        notes: String::new(),
        key_label: "first".to_owned(),
        actor: Actor::Cli,
    }
}
