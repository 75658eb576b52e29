//! Licenses straight into SQLite, by its command line: `skep license import` asks the database about each of
//! its lines, and a million of them would take longer than everything else.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

use crate::bench::packages::Numbers;

/// Rows of one statement.
const CHUNK: usize = 500;
/// A day in the past, in microseconds.
const NOW: &str = "1700000000000000";
const UPDATES_UNTIL: &str = "4102444799000000";
const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// One license with its customer.
struct License {
    customer: String,
    license: String,
    key_id: String,
    key: String,
}

/// Adds so many licenses for the only product there is to a database; their keys.
pub(super) fn fill(database: &Path, licenses: usize) -> Result<Vec<String>> {
    let mut numbers = Numbers::new(11);
    let file = database.with_file_name("million.sql");
    let mut sql = BufWriter::new(File::create(&file)?);
    writeln!(sql, "PRAGMA cache_size = -400000;\nBEGIN;")?;
    let mut keys = Vec::with_capacity(licenses);
    while keys.len() < licenses {
        let count = CHUNK.min(licenses - keys.len());
        let chunk: Vec<License> = (0..count).map(|_| License::new(&mut numbers)).collect();
        write_chunk(&mut sql, &chunk, keys.len())?;
        keys.extend(chunk.into_iter().map(|license| license.key));
    }
    writeln!(sql, "COMMIT;")?;
    sql.flush()?;
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg(database).stdin(Stdio::from(File::open(&file)?));
    ensure!(sqlite.status()?.success(), "sqlite3 refused the licenses");
    std::fs::remove_file(&file)?;
    Ok(keys)
}

impl License {
    fn new(numbers: &mut Numbers) -> Self {
        Self {
            customer: id("cus", numbers),
            license: id("lic", numbers),
            key_id: id("key", numbers),
            key: format!("bench{:016x}{:016x}", numbers.next(), numbers.next()),
        }
    }
}

fn write_chunk(sql: &mut impl Write, chunk: &[License], first: usize) -> Result<()> {
    let customers = chunk.iter().enumerate().map(|(number, it)| {
        let email = format!("million{}@example.com", first + number);
        format!("('{}', '{email}', '{email}', {NOW})", it.customer)
    });
    insert(sql, "customers (id, email, name, created_at)", customers)?;
    let licenses = chunk.iter().map(|it| {
        let License { license, customer, .. } = it;
        format!(
            "('{license}', '{customer}', 'perpetual', {NOW}, {UPDATES_UNTIL}, 0, 'active', {NOW}, '', {NOW}, {NOW})"
        )
    });
    let columns = "licenses (id, customer_id, plan, starts_at, updates_until, grace_days, status, status_since, \
                   notes, created_at, updated_at)";
    insert(sql, columns, licenses)?;
    let products = chunk
        .iter()
        .map(|it| format!("('{}', (SELECT id FROM products))", it.license));
    insert(sql, "license_products (license_id, product_id)", products)?;
    let keys = chunk.iter().map(|it| {
        let hash = HEXLOWER.encode(digest(&SHA256, it.key.as_bytes()).as_ref());
        format!(
            "('{}', '{}', x'{hash}', '', '', {NOW})",
            it.key_id, it.license
        )
    });
    insert(
        sql,
        "license_keys (id, license_id, key_sha256, hint, label, created_at)",
        keys,
    )
}

fn insert(sql: &mut impl Write, columns: &str, rows: impl Iterator<Item = String>) -> Result<()> {
    let rows: Vec<String> = rows.collect();
    writeln!(sql, "INSERT INTO {columns} VALUES\n{};", rows.join(",\n"))?;
    Ok(())
}

/// As the product makes them, but at random: the last symbol has two bits of 128 only in part.
fn id(prefix: &str, numbers: &mut Numbers) -> String {
    let symbols: String = (0..25)
        .map(|_| char::from(SYMBOLS[numbers.below(SYMBOLS.len())]))
        .collect();
    format!("{prefix}_{symbols}0")
}
