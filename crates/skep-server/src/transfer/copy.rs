//! `skep db copy`: from one database to an empty other one.

use super::{Progress, TableContent, Watcher, new_epoch};
use crate::clock::Clock;
use crate::db::transfer::{
    Activity, Row, Source, Table, Tally, Target, TransferError, is_same, replace_nul, tables,
};
use crate::db::{Db, DbError, OpenError, OpenMode};

/// Why a database was not copied. The target is as empty as before.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Nothing to do.
    #[error("`--from` and `--to` name the same database")]
    Same,
    /// Reading or writing failed.
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

/// What was copied.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Where from, without a password.
    pub from: String,
    /// Where to, without a password.
    pub to: String,
    /// Every table with its rows; the same on both sides.
    pub tables: Vec<TableContent>,
    /// Texts in which a NUL was replaced.
    pub replaced: u64,
    /// Somebody wrote to the source meanwhile, and the copy does not have that.
    pub is_stale: bool,
}

impl From<DbError> for CopyError {
    fn from(error: DbError) -> Self {
        Self::Transfer(error.into())
    }
}

impl From<OpenError> for CopyError {
    fn from(error: OpenError) -> Self {
        Self::Transfer(error.into())
    }
}

/// Copies everything to an empty database and reads it there again. Nodes that follow the target load
/// everything: it gets another epoch than the source.
///
/// # Errors
/// See [`CopyError`].
pub async fn copy(
    (from, to): (&str, &str),
    replaces_nul: bool,
    clock: &Clock,
    watcher: Watcher<'_>,
) -> Result<Copied, CopyError> {
    if is_same(from, to) {
        return Err(CopyError::Same);
    }
    let db = Db::open(from, OpenMode::Existing).await?;
    let copied = copy_from(&db, to, replaces_nul, clock, watcher).await;
    db.close().await;
    copied
}

async fn copy_from(
    db: &Db,
    to: &str,
    replaces_nul: bool,
    clock: &Clock,
    watcher: Watcher<'_>,
) -> Result<Copied, CopyError> {
    let mut target = Target::open(to, crate::db::transfer::KNOWN_SCHEMA).await?;
    let shown = target.shown();
    let read = fill(db, &mut target, replaces_nul, watcher).await;
    let (contents, replaced, activity) = match read {
        Ok(read) => read,
        Err(error) => {
            target.give_up().await;
            return Err(error);
        }
    };
    target.commit(&new_epoch(clock)).await?;
    Ok(Copied {
        from: db.to_string(),
        to: shown,
        tables: contents,
        replaced,
        is_stale: Activity::of(&mut db.read().await?).await? != activity,
    })
}

async fn fill(
    db: &Db,
    target: &mut Target,
    replaces_nul: bool,
    watcher: Watcher<'_>,
) -> Result<(Vec<TableContent>, u64, Activity), CopyError> {
    let mut source = Source::open(db).await?;
    let activity = Activity::of(source.conn()).await?;
    let (mut contents, mut replaced) = (Vec::new(), 0);
    for table in tables() {
        let tally = copy_table(&mut source, target, &table, replaces_nul, watcher).await?;
        replaced += tally.1;
        contents.push(TableContent {
            name: table.name,
            content: tally.0.counted(),
        });
    }
    watcher(Progress::Verifying);
    for (table, content) in tables().iter().zip(&contents) {
        target.verify(table, &content.content).await?;
    }
    Ok((contents, replaced, activity))
}

async fn copy_table(
    source: &mut Source,
    target: &mut Target,
    table: &Table,
    replaces_nul: bool,
    watcher: Watcher<'_>,
) -> Result<(Tally, u64), TransferError> {
    let (mut tally, mut replaced) = (Tally::default(), 0);
    source
        .read(table, async |mut rows: Vec<Row>| {
            if replaces_nul {
                replaced += replace_nul(&mut rows);
            }
            rows.iter().for_each(|row| tally.add(row));
            watcher(Progress::Rows {
                table: &table.name,
                rows: tally.rows,
            });
            target.insert(table, &rows).await
        })
        .await?;
    Ok((tally, replaced))
}
