//! From a backup's tables into an empty database.

use std::collections::HashMap;

use super::archive;
use super::check::{Backup, table_of};
use super::error::BackupError;
use super::manifest::TABLES;
use super::{Progress, Watcher, rows};
use crate::db::transfer::{Tally, Target, replace_nul};

/// What to do with a NUL in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nul {
    /// PostgreSQL refuses it.
    AsIs,
    /// U+FFFD takes its place.
    Replaced,
}

/// Writes every row and reads it again; gives how many texts had a NUL that was replaced.
pub(super) async fn fill(
    target: &mut Target,
    backup: &Backup,
    nul: Nul,
    watcher: Watcher<'_>,
) -> Result<u64, BackupError> {
    let mut members = archive::read(&backup.path, &[TABLES]);
    let mut tallies: HashMap<&str, Tally> = HashMap::new();
    let mut replaced = 0;
    while let Some(member) = members.recv().await {
        let member = member?;
        let damaged = |problem: &str| {
            BackupError::damaged(&backup.path, format!("`{}`: {problem}", member.name))
        };
        let table = table_of(&backup.head, &member.name).ok_or_else(|| damaged("no table"))?;
        let mut rows = rows::unpacked(table, &member.bytes).map_err(|error| damaged(&error))?;
        if nul == Nul::Replaced {
            replaced += replace_nul(&mut rows);
        }
        let tally = tallies.entry(&table.name).or_default();
        rows.iter().for_each(|row| tally.add(row));
        target.insert(table, &rows).await?;
        watcher(Progress::Rows {
            table: &table.name,
            rows: tally.rows,
        });
    }
    watcher(Progress::Verifying);
    for table in &backup.head.tables {
        let tally = tallies.get(table.name.as_str()).copied();
        let expected = tally.unwrap_or_default().counted();
        target.verify(table, &expected).await?;
    }
    Ok(replaced)
}
