//! What makes one SQL text run on both drivers: the statement is written once and compiled twice.

/// Runs a statement on whichever driver `$conn` has; gives `Result<_, DbError>`. In `$body`, whose
/// value is `Result<_, sqlx::Error>`, `$c` is the connection. No `?` in it: errors are named here.
macro_rules! on_db {
    ($conn:expr, |$c:ident| $body:expr) => {{
        let result: Result<_, sqlx::Error> = match $conn.driver() {
            $crate::db::Driver::Sqlite(transaction) => {
                let $c = &mut **transaction;
                $body
            }
            $crate::db::Driver::Postgres(transaction) => {
                let $c = &mut **transaction;
                $body
            }
        };
        $conn.checked(result)
    }};
}

/// Runs a statement that gives no rows: how many it changed.
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_db!($conn, |c| sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected()))
    };
}

/// All rows of a query, as `$row`: a `row!` struct or a tuple.
macro_rules! fetch_all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_db!($conn, |c| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(c).await)
    };
}

/// The row of a query that gives one or none.
macro_rules! fetch_optional {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_db!($conn, |c| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(c).await)
    };
}

/// The row of a query that always gives one.
macro_rules! fetch_one {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_db!($conn, |c| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(c).await)
    };
}

/// A struct whose fields are the columns of the same name, on both drivers.
macro_rules! row {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $visibility struct $name { $($field: $type),* }
        row!(@for sqlx::sqlite::SqliteRow, $name { $($field),* });
        row!(@for sqlx::postgres::PgRow, $name { $($field),* });
    };
    (@for $row:ty, $name:ident { $($field:ident),* }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                Ok(Self { $($field: sqlx::Row::try_get(row, stringify!($field))?),* })
            }
        }
    };
}

/// Runs the block, whose value is `Result<T, E>`, in a write transaction `&mut Tx` and commits;
/// up to three times when two transactions met on PostgreSQL. So the block must give nothing away
/// that a second run would give again.
macro_rules! in_tx {
    ($db:expr, |$tx:ident| $body:expr) => {{
        let mut attempt = 1;
        loop {
            let mut transaction = match $db.begin().await {
                Ok(transaction) => transaction,
                Err(error) => break Err(error.into()),
            };
            let result = async {
                let $tx = &mut transaction;
                $body
            }
            .await;
            match transaction.finish(result, attempt == 3).await {
                Ok(Some(value)) => break Ok(value),
                Ok(None) => attempt += 1,
                Err(error) => break Err(error),
            }
        }
    }};
}

pub(crate) use in_tx;
