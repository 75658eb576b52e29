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
        on_db!($conn, |c| sqlx::query_as::<_, $crate::db::row::Read<$row>>($sql)$(.bind($bind))*.fetch_all(c).await)
            .map(|rows| rows.into_iter().map(|row| row.0).collect::<Vec<$row>>())
    };
}

/// The row of a query that gives one or none.
macro_rules! fetch_optional {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_db!($conn, |c| {
            sqlx::query_as::<_, $crate::db::row::Read<$row>>($sql)$(.bind($bind))*.fetch_optional(c).await
        })
        .map(|row| row.map(|row| row.0))
    };
}

/// The row of a query that always gives one.
macro_rules! fetch_one {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_db!($conn, |c| sqlx::query_as::<_, $crate::db::row::Read<$row>>($sql)$(.bind($bind))*.fetch_one(c).await)
            .map(|row| row.0)
    };
}

/// Each row of a query as it comes, given to `$each`, whose errors end it.
macro_rules! for_each_row {
    ($conn:expr, $row:ty, $sql:expr, |$name:pat_param| $each:expr) => {{
        let mut failed = None;
        let streamed = on_db!($conn, |c| {
            let mut rows = sqlx::query_as::<_, $crate::db::row::Read<$row>>($sql).fetch(c);
            loop {
                match futures_util::TryStreamExt::try_next(&mut rows).await {
                    Ok(Some($crate::db::row::Read($name))) => {
                        let each: Result<(), DbError> = $each;
                        if let Err(error) = each {
                            failed = Some(error);
                            break Ok(());
                        }
                    }
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        });
        match (streamed, failed) {
            (Err(error), _) | (Ok(()), Some(error)) => Err(error),
            (Ok(()), None) => Ok(()),
        }
    }};
}

/// All rows whose column at the end of `$sql` (`… WHERE id IN`) is one of `$ids`, a slice of texts.
macro_rules! fetch_in {
    ($conn:expr, $row:ty, $sql:expr, $ids:expr) => {{
        let mut all: Vec<$row> = Vec::new();
        let mut failed = None;
        for ids in $ids.chunks(500) {
            let fetched = on_db!($conn, |c| {
                let mut query = sqlx::QueryBuilder::new($sql);
                query.push(" (");
                let mut list = query.separated(", ");
                for id in ids {
                    list.push_bind(id);
                }
                query.push(")");
                let query = query.build_query_as::<$crate::db::row::Read<$row>>();
                query.persistent(false).fetch_all(c).await
            });
            match fetched {
                Ok(rows) => all.extend(rows.into_iter().map(|row| row.0)),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        failed.map_or(Ok(all), Err)
    }};
}

/// A struct whose fields are the columns of the same name, on both databases.
macro_rules! row {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $visibility struct $name { $($field: $type),* }
        row!(@for sqlx::sqlite::SqliteRow, $name { $($field),* });
        row!(@for sqlx::postgres::PgRow, $name { $($field),* });
    };
    (@for $row:ty, $name:ident { $($field:ident),* }) => {
        impl $crate::db::row::FromColumns<$row> for $name {
            fn from_columns(row: &$row) -> sqlx::Result<Self> {
                Ok(Self { $($field: $crate::db::row::Column::at(row, stringify!($field))?),* })
            }
        }
    };
}

/// Runs the block, whose value is `Result<T, E>`, in a write transaction `&mut Tx` and commits;
/// again, up to [`ATTEMPTS`](crate::db::ATTEMPTS) times, when two transactions met on PostgreSQL. So the block must give nothing away
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
            let is_last = attempt == $crate::db::ATTEMPTS;
            match transaction.finish(result, is_last).await {
                Ok(Some(value)) => break Ok(value),
                Ok(None) => {
                    tokio::time::sleep($crate::db::pause_after(attempt)).await;
                    attempt += 1;
                }
                Err(error) => break Err(error),
            }
        }
    }};
}

pub(crate) use in_tx;
