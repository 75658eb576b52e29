//! Licenses for tests: a customer, a product and a key, with dates that work.

use skep_server::app::App;
use skep_server::clock::Timestamp;
use skep_server::db::audit::Actor;
use skep_server::licensing::licenses::{self, Issue};
use skep_server::licensing::plan::Plan;
use skep_server::licensing::terms::Dates;
use skep_server::licensing::{customers, products};

use super::{TODAY, TestApp};

/// What is sold: a license for the packages of a pattern.
pub(crate) struct Sale {
    pattern: &'static str,
    plan: Plan,
    dates: Dates,
    repository: Option<&'static str>,
}

/// What the customer has.
#[derive(Clone, Debug)]
pub(crate) struct Sold {
    pub(crate) license: String,
    pub(crate) key_id: String,
    pub(crate) key: String,
    pub(crate) email: String,
}

impl Sale {
    /// Everything of these packages, for ever.
    pub(crate) fn of(pattern: &'static str) -> Self {
        Self {
            pattern,
            plan: Plan::Lifetime,
            dates: Dates::default(),
            repository: None,
        }
    }

    /// Access for ever, releases up to a moment.
    pub(crate) fn updates_until(self, until: Timestamp) -> Self {
        let dates = Dates {
            updates_until: Some(until),
            ..self.dates
        };
        Self {
            plan: Plan::Perpetual,
            dates,
            ..self
        }
    }

    /// Packages of a further repository.
    pub(crate) fn in_repository(self, name: &'static str) -> Self {
        Self {
            repository: Some(name),
            ..self
        }
    }

    /// Access from a moment on.
    pub(crate) fn starts_at(self, moment: Timestamp) -> Self {
        let dates = Dates {
            starts_at: Some(moment),
            ..self.dates
        };
        Self { dates, ..self }
    }

    /// Access until a moment, without grace.
    pub(crate) fn access_until(self, until: Timestamp) -> Self {
        let starts_at = Some(TODAY.plus_days(-1000));
        let dates = Dates {
            starts_at,
            access_until: Some(until),
            grace_days: Some(0),
            ..self.dates
        };
        Self {
            plan: Plan::Subscription,
            dates,
            ..self
        }
    }
}

impl TestApp {
    /// Sells a license, as the command line would.
    pub(crate) async fn sell(&self, sale: Sale) -> Sold {
        self.sell_in(&self.node.app, sale).await
    }

    /// The same, in another process.
    pub(crate) async fn sell_in(&self, app: &App, sale: Sale) -> Sold {
        let number = self.next_number();
        let email = format!("customer{number}@example.com");
        let name = format!("Customer {number}");
        let customer = customers::Create {
            name,
            email: email.clone(),
            actor: Actor::Cli,
        };
        customers::create(app, &customer)
            .await
            .expect("a new customer");
        let slug = format!("product-{number}").parse().expect("a slug");
        let packages = vec![sale.pattern.parse().expect("a pattern")];
        let repository = sale
            .repository
            .map(|name| name.parse().expect("a repository"));
        let product = products::Create {
            slug,
            packages,
            repository,
            actor: Actor::Cli,
        };
        let product = products::create(app, &product)
            .await
            .expect("a new product");
        let issue = Issue {
            customer: email.clone(),
            products: vec![product.slug],
            plan: sale.plan,
            dates: sale.dates,
            external_id: None,
            notes: String::new(),
            key_label: String::new(),
            actor: Actor::Cli,
        };
        let issued = licenses::issue(app, &issue).await.expect("a new license");
        Sold {
            license: issued.license.id.to_string(),
            key_id: issued.key.id.to_string(),
            key: issued.secret.reveal().to_owned(),
            email,
        }
    }
}
