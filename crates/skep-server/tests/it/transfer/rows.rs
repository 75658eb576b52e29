//! Rows for every table of the list, whatever it is: texts, numbers and bytes that are unusual.

use std::collections::HashMap;

use skep_server::db::transfer::{
    ColumnType, Counted, KNOWN_SCHEMA, Row, Source, Table, Tally, Target, TransferError, Value,
    tables,
};
use skep_server::db::{Db, OpenMode};
use sqlx::ConnectOptions;

/// In each table but that of the feed.
pub(super) const ROWS: usize = 7;

/// What a text may have in it on both databases.
const TEXTS: [&str; 5] = [
    "",
    "Zoë 蜂 🐝 \u{202e}gnirts\u{202c} e\u{301}",
    "'); DROP TABLE licenses; --\\ \"x\" $1 ? % _",
    "\u{1}\u{7f}\t\r\n\u{fffd}\u{feff}\u{10ffff}",
    "null",
];

/// Which columns refer to other tables, and which may be without a value.
struct Schema {
    references: HashMap<(String, String), String>,
    nullable: HashMap<(String, String), bool>,
}

impl Schema {
    async fn read() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = crate::support::each_db::sqlite_url(&dir);
        let db = Db::open(&url, OpenMode::Create).await.unwrap();
        db.close().await;
        let file = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("skep.db"));
        let mut connection = file.connect().await.unwrap();
        let sql = "SELECT t.name, f.\"from\", f.\"table\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f";
        let references: Vec<(String, String, String)> = sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let sql = "SELECT t.name, c.name, c.\"notnull\" = 0 FROM sqlite_schema t, pragma_table_info(t.name) c \
                   WHERE t.type = 'table'";
        let nullable: Vec<(String, String, bool)> = sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        Self {
            references: references
                .into_iter()
                .map(|(t, c, of)| ((t, c), of))
                .collect(),
            nullable: nullable
                .into_iter()
                .map(|(t, c, is)| ((t, c), is))
                .collect(),
        }
    }

    fn row(&self, table: &Table, number: usize) -> Row {
        let value = |column: &skep_server::db::transfer::Column| {
            let place = (table.name.clone(), column.name.clone());
            let is_nullable = self.nullable.get(&place).copied().unwrap_or(false);
            if is_nullable && number % 2 == 1 {
                return Value::Null;
            }
            let of = self.references.get(&place);
            match (column.kind, of) {
                (ColumnType::Text, Some(of)) => Value::Text(format!("{of} {number}")),
                (ColumnType::Text, None) if column.name == "id" => {
                    Value::Text(format!("{} {number}", table.name))
                }
                // Only one may be empty where texts have to differ.
                (ColumnType::Text, None) if number == 0 => Value::Text(String::new()),
                (ColumnType::Text, None) => {
                    Value::Text(format!("{}{number}", TEXTS[number % TEXTS.len()]))
                }
                (ColumnType::Bigint, _) => Value::Int(int(number)),
                (ColumnType::Blob, _) => Value::Blob(blob(number)),
                (ColumnType::Double, _) => Value::Double([0.1, -0.0, f64::MAX][number % 3]),
            }
        };
        table.columns.iter().map(value).collect()
    }
}

fn int(number: usize) -> i64 {
    [i64::MIN, i64::MAX, 0, -1, 1, 1 << 53, 42][number]
}

fn blob(number: usize) -> Vec<u8> {
    match number {
        0 => Vec::new(),
        1 => (0..=255).collect(),
        number => vec![0, 0xff, u8::try_from(number).unwrap()],
    }
}

/// Fills an empty database with rows in every table.
pub(super) async fn fill(url: &str) {
    let schema = Schema::read().await;
    let mut target = Target::open(url, KNOWN_SCHEMA).await.unwrap();
    for table in tables() {
        if table.name == "feed" {
            let row = vec![Value::Int(1), Value::Text("old".to_owned()), Value::Int(7)];
            target.insert(&table, &[row]).await.unwrap();
            continue;
        }
        let rows: Vec<Row> = (0..ROWS).map(|number| schema.row(&table, number)).collect();
        target.insert(&table, &rows).await.unwrap();
    }
    target.commit("made by a test").await.unwrap();
}

/// What every table has, but for the feed's epoch.
pub(super) async fn contents(url: &str) -> Vec<(String, Counted)> {
    let db = Db::open(url, OpenMode::Existing).await.unwrap();
    let mut source = Source::open(&db).await.unwrap();
    let mut all = Vec::new();
    for table in tables() {
        let mut tally = Tally::default();
        source
            .read(&table, async |mut rows: Vec<Row>| {
                if table.name == "feed" {
                    rows[0][1] = Value::Null;
                }
                rows.iter().for_each(|row| tally.add(row));
                Ok::<(), TransferError>(())
            })
            .await
            .unwrap();
        all.push((table.name, tally.counted()));
    }
    drop(source);
    db.close().await;
    all
}
