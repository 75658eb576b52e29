use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use super::Check;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::usage::spool::Waiting;

const NAME: &str = "spool";
/// A whole file of the spool is not much larger.
const PROBE_BYTES: usize = 256 * 1024;
/// A node brings what it counted to the database within seconds.
const LATE: Duration = Duration::from_secs(900);

/// The folder of counted requests, and what waits there.
pub(super) fn spool(config: &Config, clock: &Clock) -> Option<Check> {
    let folder = &config.usage.spool_dir;
    Some(match write_probe(folder) {
        Ok(()) => waiting(folder, clock),
        Err(error) if error.kind() == ErrorKind::NotFound => Check::warn(
            NAME,
            format!("there is no folder `{}`", folder.display()),
            "`skep serve` makes it where it may; `spool_dir` in [usage] names it",
        ),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded
            ) =>
        {
            Check::fail(
                NAME,
                format!("there is no room in `{}`: {error}", folder.display()),
                "usage stays in memory meanwhile, coarser the longer it lasts, and is lost when the server stops: make room there, or for another `spool_dir` in [usage]",
            )
        }
        Err(error) => Check::fail(
            NAME,
            format!("`{}` cannot be written: {error}", folder.display()),
            "without it, usage is lost while the database is away: make room there, or correct its permissions or `spool_dir` in [usage]",
        ),
    })
}

fn waiting(folder: &Path, clock: &Clock) -> Check {
    let shown = folder.display();
    match Waiting::look(folder, clock.now()) {
        Ok(waiting) if waiting.oldest > LATE => Check::warn(
            NAME,
            format!(
                "{} files with {} bytes wait in `{shown}`, the oldest for {} minutes",
                waiting.files,
                waiting.bytes,
                waiting.oldest.as_secs() / 60
            ),
            "`skep serve` brings them to the database within seconds: see that it runs, and what its log says",
        ),
        Ok(_) => Check::ok(NAME, format!("`{shown}` can be written")),
        Err(error) => Check::fail(
            NAME,
            format!("`{shown}` cannot be read: {error}"),
            "correct its permissions or `spool_dir` in [usage]",
        ),
    }
}

/// An empty file would find room on a full disk.
fn write_probe(folder: &Path) -> std::io::Result<()> {
    let mut probe = tempfile::Builder::new()
        .prefix("doctor")
        .tempfile_in(folder)?;
    probe.write_all(&vec![0; PROBE_BYTES])?;
    probe.as_file().sync_all()
}

/// Whether the database takes writes. Opening it has checked what it is and its schema.
pub(super) async fn database(db: &Db) -> Check {
    const DATABASE: &str = "database";
    let attempt = async { crate::db::settings::upsert(&mut db.begin().await?, "doctor", "").await };
    match attempt.await {
        // Dropped, so rolled back.
        Ok(()) => Check::ok(
            DATABASE,
            format!("`{db}` can be read and written, and its schema is this version's"),
        ),
        Err(error) => Check::fail(
            DATABASE,
            format!("`{db}`: {error}"),
            "nothing can be published or issued until it can be written",
        ),
    }
}
