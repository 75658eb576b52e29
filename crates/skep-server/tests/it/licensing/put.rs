use skep_server::app::App;
use skep_server::db::audit::Actor;
use skep_server::licensing::customers;
use skep_server::licensing::licenses::{
    ChangeError, Edit, Filter, IssueError, Put, PutError, page, put, revoke, show,
    show_by_external_id,
};
use skep_server::licensing::page::Part;
use skep_server::licensing::plan::Plan;

use crate::support::TODAY;
use crate::support::office::{Office, in_each_office};

/// What a shop says after a payment for a year.
fn order(id: &str) -> Put {
    Put {
        external_id: id.to_owned(),
        email: "Jo@Example.com".to_owned(),
        name: "Jo".to_owned(),
        products: vec!["pro".parse().unwrap()],
        plan: Plan::Subscription,
        starts_at: None,
        access_until: Edit::Set(TODAY.plus_days(365)),
        updates_until: Edit::Keep,
        grace_days: None,
        actor: Actor::Cli,
    }
}

async fn fields(app: &App, request: &Put) -> Vec<&'static str> {
    let done = put(app, request).await.unwrap();
    assert!(done.first_key.is_none());
    done.differences
        .into_iter()
        .map(|difference| difference.field)
        .collect()
}

#[tokio::test]
async fn a_repeated_put_has_the_effect_of_one() {
    in_each_office(async |office: Office| {
        office.product("pro", &["alpha"]).await;
        let first = put(&office.app, &order("A-1")).await.unwrap();
        let (key, secret) = first.first_key.unwrap();
        assert_eq!(key.hash, secret.hash());
        assert_eq!(first.customer.email, "jo@example.com");
        assert_eq!(first.standing, "active");
        let entries = office.audit().await;
        assert_eq!(
            entries,
            ["customer.create", "license.issue", "product.create"]
        );
        office.clock.advance(3600);
        assert!(fields(&office.app, &order("A-1")).await.is_empty());
        let again = put(&office.app, &order("A-1")).await.unwrap();
        assert_eq!(again.license, first.license);
        assert_eq!(office.audit().await, entries);
        let shown = show_by_external_id(&office.app, "A-1").await.unwrap();
        assert_eq!(shown.keys.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_different_is_changed_and_said() {
    in_each_office(async |office: Office| {
        office.product("pro", &["alpha"]).await;
        office.product("extra", &["beta"]).await;
        let first = put(&office.app, &order("A-1")).await.unwrap();
        let longer = Put {
            access_until: Edit::Set(TODAY.plus_days(730)),
            ..order("A-1")
        };
        let done = put(&office.app, &longer).await.unwrap();
        assert_eq!(done.differences.len(), 1);
        assert_eq!(done.differences[0].field, "access_until");
        assert_eq!(done.differences[0].from, "2027-11-22T12:00:00Z");
        assert_eq!(done.differences[0].to, "2028-11-21T12:00:00Z");
        // What is left out stays.
        let shorter = Put {
            access_until: Edit::Keep,
            grace_days: Some(3),
            name: "Jo Doe".to_owned(),
            products: vec!["extra".parse().unwrap()],
            ..order("A-1")
        };
        let changed = fields(&office.app, &shorter).await;
        assert_eq!(changed, ["customer.name", "products", "grace_days"]);
        let shown = show(&office.app, "A-1").await.unwrap();
        assert_eq!(shown.license.terms.access_until, Some(TODAY.plus_days(730)));
        assert_eq!(shown.license.terms.starts_at, TODAY);
        assert_eq!(shown.customer.name, "Jo Doe");
        // Another address is another customer.
        let moved = Put {
            email: "rosa@example.com".to_owned(),
            name: "Rosa".to_owned(),
            ..shorter
        };
        assert_eq!(fields(&office.app, &moved).await, ["customer.email"]);
        let shown = show(&office.app, "A-1").await.unwrap();
        assert_eq!(shown.customer.email, "rosa@example.com");
        assert_eq!(shown.license.id, first.license.id);
        let jo = customers::show(&office.app, "jo@example.com")
            .await
            .unwrap();
        assert_eq!(jo.name, "Jo Doe");
    })
    .await;
}

#[tokio::test]
async fn what_was_downloaded_stays() {
    in_each_office(async |office: Office| {
        office.product("pro", &["alpha"]).await;
        office.product("extra", &["beta"]).await;
        let license = put(&office.app, &order("A-1")).await.unwrap().license.id;
        let release = office.db_publish("alpha", "1.0.0", TODAY).await;
        office.db_download(license, &release, TODAY).await;
        let other = Put {
            products: vec!["extra".parse().unwrap()],
            ..order("A-1")
        };
        let done = put(&office.app, &other).await.unwrap();
        let narrowed = done.narrowed.unwrap();
        assert!(narrowed.are_kept);
        assert_eq!(narrowed.releases, [release]);
        assert_eq!(office.grants(license).await, ["alpha 1.0.0"]);
        assert!(fields(&office.app, &other).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn two_at_once_make_one_license() {
    in_each_office(async |office: Office| {
        office.product("pro", &["alpha"]).await;
        let order = order("A-1");
        let one = || put(&office.app, &order);
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        let done = [a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap()];
        let created = done.iter().filter(|done| done.first_key.is_some()).count();
        assert_eq!(created, 1);
        assert!(done.iter().all(|it| it.license.id == done[0].license.id));
        let keys = show(&office.app, "A-1").await.unwrap().keys;
        assert_eq!(keys.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    in_each_office(async |office: Office| {
        office.product("pro", &["alpha"]).await;
        let check = async |request: Put, text: &str| {
            let error = put(&office.app, &request).await.unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        };
        let base = order("A-1");
        let with = |change: fn(&mut Put)| {
            let mut request = base.clone();
            change(&mut request);
            request
        };
        check(with(|it| it.email = "jo".to_owned()), "not an email").await;
        check(with(|it| it.name = " ".to_owned()), "name is empty").await;
        check(with(|it| it.name = "a\0".to_owned()), "control").await;
        check(with(|it| it.external_id = String::new()), "is empty").await;
        check(with(|it| it.products.clear()), "at least one product").await;
        check(with(|it| it.access_until = Edit::Keep), "needs access").await;
        let unknown = with(|it| it.products.push("gold".parse().unwrap()));
        check(unknown, "no product `gold`").await;
        assert!(customers::list(&office.app).await.unwrap().is_empty());
        assert!(matches!(
            put(&office.app, &with(|it| it.plan = Plan::Lifetime)).await,
            Err(PutError::Issue(IssueError::Terms(_)))
        ));
        put(&office.app, &base).await.unwrap();
        revoke(&office.app, "A-1", &Actor::Cli).await.unwrap();
        assert!(matches!(
            put(&office.app, &base).await,
            Err(PutError::Change(ChangeError::Revoked(_)))
        ));
    })
    .await;
}

#[tokio::test]
async fn pages_have_every_license_once() {
    in_each_office(async |office: Office| {
        let pro = office.product("pro", &["alpha"]).await;
        let mut issued = Vec::new();
        for number in 0..5 {
            office.clock.advance(1);
            let email = format!("customer{}@example.com", number % 2);
            let id = format!("A-{number}");
            let done = put(
                &office.app,
                &Put {
                    email,
                    ..order(&id)
                },
            )
            .await
            .unwrap();
            issued.push(done.license.id);
        }
        let all = async |filter: Filter, limit| {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let part = Part { after, limit };
                let page = page(&office.app, &filter, part).await.unwrap();
                assert!(page.items.len() <= limit as usize);
                found.extend(page.items.iter().map(|listed| listed.license.id));
                assert!(
                    page.items
                        .iter()
                        .all(|it| it.product_slugs == ["pro".parse().unwrap()])
                );
                match page.next {
                    Some(next) => after = Some(next),
                    None => return found,
                }
            }
        };
        assert_eq!(all(Filter::default(), 2).await, issued);
        assert_eq!(all(Filter::default(), 5).await, issued);
        let customer = customers::show(&office.app, "customer1@example.com")
            .await
            .unwrap()
            .id;
        let of_customer = Filter {
            customer: Some(customer),
            ..Filter::default()
        };
        assert_eq!(all(of_customer, 1).await, [issued[1], issued[3]]);
        let of_product = Filter {
            product: Some(pro.id),
            plan: Some(Plan::Subscription),
            ..of_customer
        };
        assert_eq!(all(of_product, 100).await.len(), 2);
        let none = Filter {
            plan: Some(Plan::Trial),
            ..Filter::default()
        };
        assert!(all(none, 100).await.is_empty());
        let part = Part {
            after: None,
            limit: 1,
        };
        let first = customers::page(&office.app, part).await.unwrap();
        assert_eq!(first.items[0].email, "customer0@example.com");
        let part = Part {
            after: first.next,
            limit: 1,
        };
        let last = customers::page(&office.app, part).await.unwrap();
        assert_eq!((last.items[0].id, last.next), (customer, None));
    })
    .await;
}
