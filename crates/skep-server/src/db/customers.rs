//! Table `customers`.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Conn, DbError, Tx};
use crate::ids::CustomerId;
use crate::licensing::customer::Customer;

row! {
    struct CustomerRow { id: String, email: String, name: String, created_at: i64 }
}

impl TryFrom<CustomerRow> for Customer {
    type Error = DbError;
    fn try_from(row: CustomerRow) -> Result<Self, DbError> {
        let at = At {
            table: "customers",
            id: &row.id,
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            email: row.email,
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

/// The customer of this id.
pub async fn find(conn: &mut Conn, id: CustomerId) -> Result<Option<Customer>, DbError> {
    let sql = "SELECT id, email, name, created_at FROM customers WHERE id = $1";
    fetch_optional!(conn, CustomerRow, sql, id.to_string())?
        .map(Customer::try_from)
        .transpose()
}

/// The customer of this address, which is in lower case.
pub async fn find_by_email(conn: &mut Conn, email: &str) -> Result<Option<Customer>, DbError> {
    let sql = "SELECT id, email, name, created_at FROM customers WHERE email = $1";
    fetch_optional!(conn, CustomerRow, sql, email)?
        .map(Customer::try_from)
        .transpose()
}

/// Every customer, by address.
pub async fn list(conn: &mut Conn) -> Result<Vec<Customer>, DbError> {
    let rows = fetch_all!(
        conn,
        CustomerRow,
        "SELECT id, email, name, created_at FROM customers"
    )?;
    let mut customers = rows
        .into_iter()
        .map(Customer::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    // Here and not in SQL: the order of texts differs between databases and their locales.
    customers.sort_by(|a, b| a.email.cmp(&b.email));
    Ok(customers)
}

/// The addresses of these customers.
pub async fn list_emails(
    conn: &mut Conn,
    ids: &[CustomerId],
) -> Result<HashMap<CustomerId, String>, DbError> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let sql = "SELECT id, email FROM customers WHERE id IN";
    let rows = fetch_in!(conn, (String, String), sql, texts)?;
    let parsed = rows.into_iter().map(|(id, email)| {
        let table = "customers";
        Ok((At { table, id: &id }.parse(&id)?, email))
    });
    parsed.collect()
}

/// Some customers in the order in which they were entered: those after an id, at most so many.
pub async fn page(
    conn: &mut Conn,
    after: Option<CustomerId>,
    limit: u32,
) -> Result<Vec<Customer>, DbError> {
    let sql = "SELECT id, email, name, created_at FROM customers \
               WHERE id > COALESCE($1, '') ORDER BY id LIMIT $2";
    let after = after.map(|id| id.to_string());
    fetch_all!(conn, CustomerRow, sql, after, i64::from(limit))?
        .into_iter()
        .map(Customer::try_from)
        .collect()
}

/// Writes all of a customer that can change.
pub async fn update(tx: &mut Tx, customer: &Customer) -> Result<(), DbError> {
    let sql = "UPDATE customers SET email = $2, name = $3 WHERE id = $1";
    execute!(
        tx,
        sql,
        customer.id.to_string(),
        &customer.email,
        &customer.name
    )?;
    Ok(())
}

/// Enters a customer.
pub async fn insert(tx: &mut Tx, customer: &Customer) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO customers (id, email, name, created_at) VALUES ($1, $2, $3, $4)",
        customer.id.to_string(),
        &customer.email,
        &customer.name,
        customer.created_at.micros()
    )?;
    Ok(())
}
