use skep_server::db::audit::Actor;
use skep_server::licensing::customers::{Create, CustomerError, Edit, create, edit, list, show};

use crate::support::office::{Office, in_each_office};

#[tokio::test]
async fn a_customer_is_found_by_address_in_any_case_and_by_id() {
    in_each_office(async |office: Office| {
        office.customer("Jo@Example.com").await;
        let customer = show(&office.app, "JO@example.com").await.unwrap();
        assert_eq!(customer.email, "jo@example.com");
        assert_eq!(
            show(&office.app, &customer.id.to_string()).await.unwrap(),
            customer
        );
        assert_eq!(list(&office.app).await.unwrap(), vec![customer]);
    })
    .await;
}

#[tokio::test]
async fn an_address_is_entered_once() {
    in_each_office(async |office: Office| {
        office.customer("jo@example.com").await;
        let again = Create {
            name: "J.".to_owned(),
            email: "JO@EXAMPLE.COM".to_owned(),
            actor: Actor::Cli,
        };
        let error = create(&office.app, &again).await.unwrap_err();
        assert!(
            error.to_string().starts_with(
                "there is a customer with the address `jo@example.com` already: `cus_"
            )
        );
        assert_eq!(office.audit().await, ["customer.create"]);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_customer_is_named() {
    in_each_office(async |office: Office| {
        for given in ["nobody@example.com", "cus_00000000000000000000000000", "jo"] {
            let error = show(&office.app, given).await.unwrap_err();
            assert!(matches!(error, CustomerError::Unknown(_)));
            let expected =
                format!("there is no customer `{given}`: `skep customer list` shows what is there");
            assert_eq!(error.to_string(), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_customer_can_get_another_name_and_address() {
    in_each_office(async |office: Office| {
        office.customer("jo@example.com").await;
        office.customer("rosa@example.com").await;
        let request = Edit {
            customer: "jo@example.com".to_owned(),
            name: Some(" Jo Doe ".to_owned()),
            email: Some("JO.DOE@example.com".to_owned()),
            actor: Actor::Cli,
        };
        let edited = edit(&office.app, &request).await.unwrap();
        assert_eq!(edited.email, "jo.doe@example.com");
        assert_eq!(edited.name, "Jo Doe");
        assert_eq!(
            show(&office.app, "jo.doe@example.com").await.unwrap(),
            edited
        );
        assert_eq!(office.audit().await.last().unwrap(), "customer.edit");
        let taken = Edit {
            customer: "jo.doe@example.com".to_owned(),
            email: Some("rosa@example.com".to_owned()),
            ..request
        };
        let error = edit(&office.app, &taken).await.unwrap_err();
        assert!(matches!(error, CustomerError::Exists { .. }), "{error}");
    })
    .await;
}
