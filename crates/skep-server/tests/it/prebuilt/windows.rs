//! Update windows need filtered views, which nobody here can sign: they are refused, with the reason.

use serde_json::json;
use skep_server::accounts::role::Role;
use skep_server::app::App;
use skep_server::config::Config;
use skep_server::db::audit::Actor;
use skep_server::doctor::{self, Examination, Status};
use skep_server::licensing::customers;
use skep_server::licensing::import::{ImportRow, import};
use skep_server::licensing::licenses::{self, Change, Edit, Issue};
use skep_server::licensing::plan::Plan;
use skep_server::licensing::products;
use skep_server::licensing::terms::Dates;

use crate::support::static_site::Site;
use crate::support::{CURL, MIX, Sale, TODAY, TestApp};

const REASON: &str = "is of repository `acme`, which is prebuilt, and a license with updates_until";

async fn shop() -> (Site, TestApp) {
    let mut site = Site::in_folder();
    site.add("alpha", "1.0.0");
    site.write().await;
    let app = site.serve(&[]).await;
    (site, app)
}

async fn customer_and_product(app: &App) -> Issue {
    let customer = customers::Create {
        name: "Jo".to_owned(),
        email: "jo@example.com".to_owned(),
        actor: Actor::Cli,
    };
    customers::create(app, &customer).await.unwrap();
    let product = products::Create {
        slug: "pro".parse().unwrap(),
        packages: vec!["alpha".parse().unwrap()],
        repository: None,
        actor: Actor::Cli,
    };
    let product = products::create(app, &product).await.unwrap();
    Issue {
        customer: "jo@example.com".to_owned(),
        products: vec![product.slug],
        plan: Plan::Perpetual,
        dates: Dates {
            updates_until: Some(TODAY),
            ..Dates::default()
        },
        external_id: None,
        notes: String::new(),
        key_label: String::new(),
        actor: Actor::Cli,
    }
}

#[tokio::test]
async fn none_is_issued_or_given_later() {
    let (_site, app) = shop().await;
    let app = &app.node.app;
    let mut issue = customer_and_product(app).await;
    let error = licenses::issue(app, &issue).await.unwrap_err().to_string();
    assert!(error.contains(REASON), "{error}");
    assert!(error.contains("the signing key is elsewhere; use plan `subscription`"));
    assert!(error.contains("`skep import`"), "{error}");
    (issue.plan, issue.dates) = (Plan::Lifetime, Dates::default());
    let license = licenses::issue(app, &issue).await.unwrap().license;
    let change = |plan| Change {
        plan: Some(plan),
        updates_until: Edit::Set(TODAY),
        access_until: match plan {
            Plan::Subscription => Edit::Set(TODAY.plus_days(9)),
            _ => Edit::Keep,
        },
        ..Change::of(license.id.to_string(), Actor::Cli)
    };
    for plan in [Plan::Perpetual, Plan::Subscription] {
        let error = licenses::change(app, &change(plan)).await.unwrap_err();
        assert!(error.to_string().contains(REASON), "{error}");
    }
}

#[tokio::test]
async fn a_license_that_has_one_gets_no_such_product() {
    let (_site, app) = shop().await;
    let sale = Sale::of("*").in_repository("sub").updates_until(TODAY);
    let sold = app.sell(sale).await;
    customer_and_product(&app.node.app).await;
    let change = Change {
        add_products: vec!["pro".parse().unwrap()],
        ..Change::of(sold.license, Actor::Cli)
    };
    let error = licenses::change(&app.node.app, &change).await.unwrap_err();
    assert!(error.to_string().contains(REASON), "{error}");
}

#[tokio::test]
async fn none_is_imported() {
    let (_site, app) = shop().await;
    customer_and_product(&app.node.app).await;
    let row = ImportRow {
        line: 2,
        customer_email: "mo@example.com".to_owned(),
        product: "pro".to_owned(),
        plan: "perpetual".to_owned(),
        updates_until: Some(Ok(Some(TODAY))),
        ..ImportRow::default()
    };
    let error = import(&app.node.app, &[row], &Actor::Cli)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("line 2: product `pro`") && text.contains(REASON),
        "{text}"
    );
}

#[tokio::test]
async fn a_shop_is_told_with_422() {
    let (_site, app) = shop().await;
    customer_and_product(&app.node.app).await;
    app.user("ada", Role::Owner).await;
    let key = app.api_key("ada", "licenses:write").await;
    let put = json!({
        "customer": {"email": "jo@example.com", "name": "Jo"}, "products": ["pro"],
        "plan": "perpetual", "updates_until": "2027-01-31",
    });
    let path = "/api/manage/licenses/by-external-id/order-1";
    let answer = app.ask(reqwest::Method::PUT, path).key(&key).json(&put);
    let answer = answer.send().await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let field = answer.json()["errors"]["updates_until"].to_string();
    assert!(field.contains(REASON), "{field}");
    let issue = json!({
        "customer": "jo@example.com", "products": ["pro"], "plan": "perpetual",
        "updates_until": "2027-01-31",
    });
    let path = "/api/manage/licenses";
    let answer = app.ask(reqwest::Method::POST, path).key(&key).json(&issue);
    let answer = answer.send().await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains(REASON));
}

/// The repository was managed when the license was issued.
#[tokio::test]
async fn one_from_before_gets_nothing_and_the_doctor_says_so() {
    let (_site, app) = shop().await;
    let text = format!(
        "[database]\nurl = \"{}\"\n[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n\
         [[repository]]\nname = \"sub\"\nprivate_key_file = \"key.pem\"\n",
        app.node.app.config.database.reveal()
    );
    let config = Config::parse(&text, app.dir(), &[]).unwrap();
    let managed = App::open(config, app.clock.clock()).await.unwrap();
    let sold = app
        .sell_in(&managed, Sale::of("alpha").updates_until(TODAY))
        .await;
    app.settle().await;
    for (path, agent) in [
        ("packages/alpha", MIX),
        ("packages/alpha", CURL),
        ("tarballs/alpha-1.0.0.tar", MIX),
        ("names", CURL),
    ] {
        let ask = app
            .get(&format!("/repo/{path}"))
            .key(&sold.key)
            .agent(agent);
        let answer = ask.send().await;
        assert_eq!(answer.status, 402, "{path}");
        let text = "Your license sees releases published until 2026-11-22, and the repository acme cannot show a part";
        assert!(answer.text().contains(text), "{}", answer.text());
    }
    let (config, clock) = (&app.node.app.config, &app.node.app.clock);
    let checks = doctor::examine(config, clock, Examination::default()).await;
    let told = checks.iter().any(|check| {
        check.status == Status::Fail && check.text.contains("1 licenses with updates_until")
    });
    assert!(told, "{checks:?}");
}
