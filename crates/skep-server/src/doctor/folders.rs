use std::io::Write;
use std::path::Path;

use super::Check;
use crate::config::Config;
use crate::db::Db;

/// The folder of counted requests.
pub(super) fn spool(config: &Config) -> Option<Check> {
    const NAME: &str = "spool";
    let folder = &config.usage.spool_dir;
    Some(match write_probe(folder) {
        Ok(()) => Check::ok(NAME, format!("`{}` can be written", folder.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Check::warn(
            NAME,
            format!("there is no folder `{}`", folder.display()),
            "`skep serve` makes it where it may; `spool_dir` in [usage] names it",
        ),
        Err(error) => Check::fail(
            NAME,
            format!("`{}` cannot be written: {error}", folder.display()),
            "without it, usage is lost while the database is away: make room there, or correct its permissions or `spool_dir` in [usage]",
        ),
    })
}

/// Writes as much as counts of a moment need: on a full disk there is still room for an empty file.
fn write_probe(folder: &Path) -> std::io::Result<()> {
    let mut probe = tempfile::Builder::new()
        .prefix("doctor")
        .tempfile_in(folder)?;
    probe.write_all(&[0; 64 * 1024])?;
    probe.flush()
}

/// Whether the database takes writes. Opening it has checked what it is and its schema.
pub(super) async fn database(db: &Db) -> Check {
    const NAME: &str = "database";
    let attempt = async { crate::db::settings::upsert(&mut db.begin().await?, "doctor", "").await };
    match attempt.await {
        // Dropped, so rolled back.
        Ok(()) => Check::ok(
            NAME,
            format!("`{db}` can be read and written, and its schema is this version's"),
        ),
        Err(error) => Check::fail(
            NAME,
            format!("`{db}`: {error}"),
            "nothing can be published or issued until it can be written",
        ),
    }
}
