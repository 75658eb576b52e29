//! Table `oauth_clients`.

use crate::clock::Timestamp;
use crate::db::row::time;
use crate::db::{Conn, DbError, Tx};
use crate::oauth::clients::Client;

row! {
    struct ClientRow { id: String, name: String, created_at: i64, revoked_at: Option<i64> }
}

impl From<ClientRow> for Client {
    fn from(row: ClientRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: Some(Timestamp::from_micros(row.created_at)),
            revoked_at: time(row.revoked_at),
        }
    }
}

/// The client of this id, revoked or not.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Client>, DbError> {
    let sql = "SELECT id, name, created_at, revoked_at FROM oauth_clients WHERE id = $1";
    Ok(fetch_optional!(conn, ClientRow, sql, id)?.map(Client::from))
}

/// Every registered client, by name.
pub async fn list(conn: &mut Conn) -> Result<Vec<Client>, DbError> {
    let sql = "SELECT id, name, created_at, revoked_at FROM oauth_clients";
    let rows = fetch_all!(conn, ClientRow, sql)?;
    let mut clients: Vec<_> = rows.into_iter().map(Client::from).collect();
    clients.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(clients)
}

/// Registers a client.
pub async fn insert(tx: &mut Tx, client: &Client, now: Timestamp) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO oauth_clients (id, name, created_at, revoked_at) VALUES ($1, $2, $3, $4)",
        &client.id,
        &client.name,
        now.micros(),
        client.revoked_at.map(Timestamp::micros)
    )?;
    Ok(())
}

/// Revokes a client.
pub async fn revoke(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE oauth_clients SET revoked_at = $2 WHERE id = $1";
    execute!(tx, sql, id, now.micros())?;
    Ok(())
}
