//! What the demonstration's seller does: publish a package, make a product, issue a license.

use std::path::Path;

use skep_server::app::App;
use skep_server::catalog::publish::{Publish, publish};
use skep_server::db::audit::Actor;
use skep_server::licensing::key::LicenseKey;
use skep_server::licensing::licenses::{Issue, issue};
use skep_server::licensing::plan::Plan;
use skep_server::licensing::product::{Pattern, Slug};
use skep_server::licensing::terms::Dates;
use skep_server::licensing::{customers, products};

use super::package;

const CUSTOMER: &str = "rosa@example.com";

/// Fills a new repository; the key of its one license.
pub(super) async fn fill(app: &App, folder: &Path) -> anyhow::Result<LicenseKey> {
    let file = folder.join(format!("{}-{}.tar", package::NAME, package::VERSION));
    fs_err::write(&file, package::tarball()?)?;
    let release = Publish {
        tarball: file,
        docs: None,
        repository: None,
        replace: false,
        published_at: None,
        actor: Actor::Cli,
    };
    publish(app, &release).await?;
    let slug: Slug = "demo".parse().expect("a valid slug");
    let package: Pattern = package::NAME.parse().expect("a valid pattern");
    let product = products::Create {
        slug: slug.clone(),
        packages: vec![package],
        repository: None,
        actor: Actor::Cli,
    };
    products::create(app, &product).await?;
    let customer = customers::Create {
        name: "Rosa".to_owned(),
        email: CUSTOMER.to_owned(),
        actor: Actor::Cli,
    };
    customers::create(app, &customer).await?;
    let license = Issue {
        customer: CUSTOMER.to_owned(),
        products: vec![slug],
        plan: Plan::Lifetime,
        dates: Dates::default(),
        external_id: None,
        notes: String::new(),
        key_label: String::new(),
        actor: Actor::Cli,
    };
    Ok(issue(app, &license).await?.secret)
}
