//! Entering and finding customers.

use crate::app::App;
use crate::clock::Clock;
use crate::db::audit::Actor;
use crate::db::{self, Conn, DbError, Tx, in_tx};
use crate::ids::CustomerId;
use crate::licensing::customer::Customer;
use crate::licensing::page::{Page, Part};
use crate::licensing::texts::{self, TextError};
use crate::licensing::unknown::Unknown;

/// Why a customer was not entered or found.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// Not an address.
    #[error("`{0}` is not an email address: use one as jo@example.com")]
    Email(String),
    /// Nothing to call them.
    #[error("the customer's name is empty: give `--name NAME`")]
    NoName,
    /// There is one already.
    #[error("there is a customer with the address `{email}` already: `{id}`")]
    Exists {
        /// The address that was given.
        email: String,
        /// Who has it.
        id: CustomerId,
    },
    /// It is no name.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Nobody.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A customer to be entered.
#[derive(Clone, Debug)]
pub struct Create {
    /// What to call them.
    pub name: String,
    /// Their address, in any case.
    pub email: String,
    /// Who enters them.
    pub actor: Actor,
}

/// Enters a customer.
pub async fn create(app: &App, request: &Create) -> Result<Customer, CustomerError> {
    let email = parse_email(&request.email)?;
    let name = parse_name(&request.name)?;
    in_tx!(app.db, |tx| {
        if let Some(known) = db::customers::find_by_email(tx, &email).await? {
            return Err(CustomerError::Exists {
                email: email.clone(),
                id: known.id,
            });
        }
        Ok(insert(tx, &app.clock, &request.actor, (&email, name)).await?)
    })
}

/// Enters a customer whose address has been checked and is not known.
pub(super) async fn insert(
    tx: &mut Tx,
    clock: &Clock,
    actor: &Actor,
    (email, name): (&str, &str),
) -> Result<Customer, DbError> {
    let customer = Customer {
        id: CustomerId::new(clock),
        email: email.to_owned(),
        name: name.to_owned(),
        created_at: clock.now(),
    };
    db::customers::insert(tx, &customer).await?;
    let detail = serde_json::json!({ "email": customer.email, "name": customer.name });
    tx.audit(clock, actor, ("customer.create", &customer.id), detail)
        .await?;
    Ok(customer)
}

/// What to change of a customer.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Their address or id.
    pub customer: String,
    /// Another name.
    pub name: Option<String>,
    /// Another address, in any case.
    pub email: Option<String>,
    /// Who changes it.
    pub actor: Actor,
}

/// Changes what a customer is called or how they are reached; their licenses stay theirs.
pub async fn edit(app: &App, request: &Edit) -> Result<Customer, CustomerError> {
    let email = request.email.as_deref().map(parse_email).transpose()?;
    let name = request.name.as_deref().map(parse_name).transpose()?;
    in_tx!(app.db, |tx| {
        let before = find(tx, &request.customer).await?;
        let after = Customer {
            email: email.clone().unwrap_or_else(|| before.email.clone()),
            name: name.map_or_else(|| before.name.clone(), str::to_owned),
            ..before.clone()
        };
        if let Some(other) = db::customers::find_by_email(tx, &after.email).await?
            && other.id != after.id
        {
            return Err(CustomerError::Exists {
                email: other.email,
                id: other.id,
            });
        }
        update(tx, &app.clock, &request.actor, (&before, &after)).await?;
        Ok(after)
    })
}

/// Writes what is different of a customer, and that it was changed.
pub(super) async fn update(
    tx: &mut Tx,
    clock: &Clock,
    actor: &Actor,
    (before, after): (&Customer, &Customer),
) -> Result<(), DbError> {
    if before == after {
        return Ok(());
    }
    db::customers::update(tx, after).await?;
    let was = serde_json::json!({ "email": before.email, "name": before.name });
    let detail = serde_json::json!({ "email": after.email, "name": after.name, "before": was });
    tx.audit(clock, actor, ("customer.edit", &after.id), detail)
        .await
}

/// Some customers in the order in which they were entered.
pub async fn page(
    app: &App,
    part: Part<CustomerId>,
) -> Result<Page<Customer, CustomerId>, DbError> {
    let mut conn = app.db.read().await?;
    let rows = db::customers::page(&mut conn, part.after, part.limit.saturating_add(1)).await?;
    Ok(Page::new(rows, part.limit, |customer| customer.id))
}

/// Every customer, by address.
pub async fn list(app: &App) -> Result<Vec<Customer>, DbError> {
    db::customers::list(&mut app.db.read().await?).await
}

/// The customer of an address or an id.
pub async fn show(app: &App, email_or_id: &str) -> Result<Customer, CustomerError> {
    find(&mut app.db.read().await?, email_or_id).await
}

pub(super) async fn find(conn: &mut Conn, email_or_id: &str) -> Result<Customer, CustomerError> {
    let found = match email_or_id.parse::<CustomerId>() {
        Ok(id) => db::customers::find(conn, id).await?,
        Err(_) => db::customers::find_by_email(conn, &email_or_id.trim().to_lowercase()).await?,
    };
    found.ok_or_else(|| Unknown::customer(email_or_id).into())
}

/// A name without the spaces around it.
pub(super) fn parse_name(text: &str) -> Result<&str, CustomerError> {
    let name = text.trim();
    if name.is_empty() {
        return Err(CustomerError::NoName);
    }
    texts::check_line("name", name)?;
    Ok(name)
}

/// An address in lower case. Only what surely is none is refused: whether mail arrives, nobody knows.
pub(crate) fn parse_email(text: &str) -> Result<String, CustomerError> {
    let email = text.trim().to_lowercase();
    let is_plain =
        email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    let is_address = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    if is_plain && is_address {
        Ok(email)
    } else {
        Err(CustomerError::Email(text.chars().take(254).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(parse_email(" Jo@Example.COM ").unwrap(), "jo@example.com");
        assert_eq!(
            parse_email("o'hara+hex@sub.example").unwrap(),
            "o'hara+hex@sub.example"
        );
    }

    #[test]
    fn what_surely_is_no_address_is_refused() {
        for text in [
            "",
            "jo",
            "@example.com",
            "jo@",
            "a@b@c",
            "jo @example.com",
            "jo@exa\nmple.com",
        ] {
            assert!(
                matches!(parse_email(text), Err(CustomerError::Email(given)) if given == text),
                "{text}"
            );
        }
    }
}
