//! The list of tables is compared with the schema: a new migration cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use skep_server::db::transfer::{ColumnType, tables};
use sqlx::{ConnectOptions, Connection};

use crate::support::each_db::{TestDb, on_each_db};

type Columns = BTreeSet<(String, String)>;

async fn in_schema(url: &str) -> BTreeMap<String, Columns> {
    let rows: Vec<(String, String, String)> = if let Some(path) = url.strip_prefix("sqlite:") {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut connection = options.connect().await.unwrap();
        let sql = "SELECT t.name, c.name, lower(c.type) FROM sqlite_schema t, pragma_table_info(t.name) c \
                   WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";
        sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap()
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT) \
                   FROM information_schema.columns WHERE table_schema = current_schema()";
        sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap()
    };
    let mut found: BTreeMap<String, Columns> = BTreeMap::new();
    for (table, column, kind) in rows {
        let kind = if kind == "bytea" {
            "blob".to_owned()
        } else {
            kind
        };
        found.entry(table).or_default().insert((column, kind));
    }
    found.remove("_sqlx_migrations").expect("sqlx keeps one");
    found
}

fn in_list() -> BTreeMap<String, Columns> {
    let kind = |kind| match kind {
        ColumnType::Bigint => "bigint",
        ColumnType::Text => "text",
        ColumnType::Blob => "blob",
        ColumnType::Double => "double precision",
    };
    tables()
        .into_iter()
        .map(|table| {
            let columns = table.columns.into_iter();
            let columns = columns.map(|column| (column.name, kind(column.kind).to_owned()));
            (table.name, columns.collect())
        })
        .collect()
}

#[tokio::test]
async fn it_has_every_table_and_column_of_both_schemas() {
    on_each_db(async |test: TestDb| {
        let (schema, list) = (in_schema(&test.url).await, in_list());
        for (table, columns) in &schema {
            let listed = list.get(table);
            assert_eq!(
                listed,
                Some(columns),
                "db/transfer/tables.rs has to name every column of `{table}`, or it is lost in backups"
            );
        }
        assert_eq!(list.len(), schema.len(), "a table of the list is not in the schema");
    })
    .await;
}

#[tokio::test]
async fn each_table_comes_after_those_it_refers_to() {
    let dir = tempfile::tempdir().unwrap();
    let url = crate::support::each_db::sqlite_url(&dir);
    let db = skep_server::db::Db::open(&url, skep_server::db::OpenMode::Create)
        .await
        .unwrap();
    db.close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("skep.db"));
    let mut connection = options.connect().await.unwrap();
    let sql = "SELECT t.name, f.\"table\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'";
    let references: Vec<(String, String)> = sqlx::query_as(sql)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert!(references.len() > 10, "{references:?}");
    let place = |name: &str| {
        tables()
            .iter()
            .position(|table| table.name == name)
            .unwrap()
    };
    for (table, other) in references {
        assert!(
            place(&other) < place(&table),
            "`{table}` comes before `{other}`"
        );
    }
}
