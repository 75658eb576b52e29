//! `skep customer …`

use serde_json::json;
use skep_server::app::App;
use skep_server::db::audit::Actor;
use skep_server::licensing::{customers, licenses};

use super::Context;
use super::license::licenses_table;
use crate::cli::customer::{Customer, CustomerCreate, CustomerEdit, CustomerShow};
use crate::output::{details, table};

pub(super) async fn run(context: &Context, command: Customer) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            Customer::Create(arguments) => create(context, app, arguments).await,
            Customer::List => list(context, app).await,
            Customer::Show(arguments) => show(context, app, arguments).await,
            Customer::Edit(arguments) => edit(context, app, arguments).await,
        })
        .await
}

async fn create(context: &Context, app: &App, arguments: CustomerCreate) -> anyhow::Result<()> {
    let CustomerCreate { name, email } = arguments;
    let actor = Actor::Cli;
    let customer = customers::create(app, &customers::Create { name, email, actor }).await?;
    context.output.result(&customer, || {
        format!("{} is customer {}.", customer.email, customer.id)
    })?;
    Ok(())
}

async fn edit(context: &Context, app: &App, arguments: CustomerEdit) -> anyhow::Result<()> {
    let request = customers::Edit {
        customer: arguments.customer,
        name: arguments.name,
        email: arguments.email,
        actor: Actor::Cli,
    };
    let customer = customers::edit(app, &request).await?;
    context.output.result(&customer, || {
        format!(
            "Customer {} is {} <{}>.",
            customer.id, customer.name, customer.email
        )
    })?;
    Ok(())
}

async fn list(context: &Context, app: &App) -> anyhow::Result<()> {
    let customers = customers::list(app).await?;
    context.output.result(&customers, || {
        let rows = customers.iter().map(|customer| {
            let since = customer.created_at.date();
            [
                customer.email.clone(),
                customer.name.clone(),
                since,
                customer.id.to_string(),
            ]
        });
        let nothing = "There are no customers yet: `skep customer create` enters one.";
        table(["email", "name", "since", "id"], rows.collect(), nothing)
    })?;
    Ok(())
}

async fn show(context: &Context, app: &App, arguments: CustomerShow) -> anyhow::Result<()> {
    let customer = customers::show(app, &arguments.customer).await?;
    let licenses = licenses::list(app, Some(&customer.email)).await?;
    let value = json!({"customer": customer, "licenses": licenses});
    context.output.result(&value, || {
        let head = details(&[
            ("Customer", customer.name.clone()),
            ("Email", customer.email.clone()),
            ("Id", customer.id.to_string()),
            ("Since", customer.created_at.date()),
        ]);
        format!("{head}\n\n{}", licenses_table(&licenses))
    })?;
    Ok(())
}
