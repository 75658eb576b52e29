//! Counts on their way to the database, in files: a database that is away loses none, and a file
//! read twice counts once, because its name is remembered with its rows.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use fs_err as fs;

use super::Counted;
use super::rows::{Damaged, Format, Reader, Rows};
use crate::clock::{Clock, Timestamp};

/// Another format needs another name: processes of two versions may share a directory.
const WRITTEN: &str = "usage";
/// What a version before this one wrote.
const FIRST: &str = "rows";
const BEING_WRITTEN: &str = "tmp";
/// A file that is still being written after this long was left by a process that died.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The files of one directory. Several processes may share it: a file belongs to whoever delivers it
/// first.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    process: String,
    written: AtomicU64,
}

/// The name of one file: what the database remembers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchId(String);

impl BatchId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a file held.
#[derive(Debug)]
pub struct Batch {
    /// Its rows.
    pub rows: Vec<Counted>,
    /// Rows that cannot be read, at least: the file was damaged.
    pub damaged: u64,
}

/// What waits for the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// The age of the oldest; nothing when there is none.
    pub oldest: Duration,
}

impl Spool {
    /// The spool in `dir`, which is made where it is missing.
    ///
    /// # Errors
    /// The directory cannot be made, read or written to.
    pub fn open(dir: &Path, clock: &Clock) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let spool = Self {
            dir: dir.to_owned(),
            process: clock.new_uuid().simple().to_string(),
            written: AtomicU64::new(0),
        };
        let probe = spool.dir.join(format!("{}.probe", spool.process));
        fs::write(&probe, b"")?;
        fs::remove_file(&probe)?;
        spool.remove_abandoned(clock)?;
        Ok(spool)
    }

    fn remove_abandoned(&self, clock: &Clock) -> io::Result<()> {
        let now =
            UNIX_EPOCH + Duration::from_micros(u64::try_from(clock.now().micros()).unwrap_or(0));
        for path in files_in(&self.dir, &[BEING_WRITTEN])? {
            // The process that writes it may have finished meanwhile.
            let Ok(modified) = fs::metadata(&path).and_then(|metadata| metadata.modified()) else {
                continue;
            };
            if now
                .duration_since(modified)
                .is_ok_and(|age| age > ABANDONED)
            {
                remove_if_there(&path)?;
            }
        }
        Ok(())
    }

    /// Writes `rows` to a file of their own.
    ///
    /// # Errors
    /// It cannot be written; nothing of it stays.
    pub fn write(&self, rows: &[Counted]) -> io::Result<BatchId> {
        let mut rows: Rows = rows.iter().collect();
        let parts: Vec<&[u8]> = rows.sealed(usize::MAX).collect();
        self.write_sealed(&parts.concat())
    }

    /// Writes sealed rows to a file of their own, which appears whole or not at all.
    ///
    /// # Errors
    /// It cannot be written; nothing of it stays.
    pub(super) fn write_sealed(&self, rows: &[u8]) -> io::Result<BatchId> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let id = BatchId(format!("{}-{number:08}", self.process));
        let unfinished = self.path(&id, BEING_WRITTEN);
        let written = fs::write(&unfinished, rows)
            .and_then(|()| fs::rename(&unfinished, self.path(&id, WRITTEN)));
        if let Err(error) = written {
            // The first error tells more than one of cleaning up after it.
            let _ = remove_if_there(&unfinished);
            return Err(error);
        }
        Ok(id)
    }

    /// The files to be delivered, older ones first; also those of processes that are gone.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn batches(&self) -> io::Result<Vec<BatchId>> {
        let stem = |path: PathBuf| Some(BatchId(path.file_stem()?.to_str()?.to_owned()));
        let mut ids: Vec<_> = self.paths()?.into_iter().filter_map(stem).collect();
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// What is to be delivered at `now`, also by processes that are gone.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn waiting(&self, now: Timestamp) -> io::Result<Waiting> {
        Waiting::look(&self.dir, now)
    }

    /// Reads one file; `None` when another process has delivered it meanwhile.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, id: &BatchId) -> io::Result<Option<Batch>> {
        let Some((bytes, format)) = self.bytes_of(id)? else {
            return Ok(None);
        };
        let mut batch = Batch {
            rows: Vec::new(),
            damaged: 0,
        };
        for row in Reader::new(&bytes, format) {
            match row {
                Ok(row) => batch.rows.push(row),
                Err(Damaged) => batch.damaged += 1,
            }
        }
        Ok(Some(batch))
    }

    fn paths(&self) -> io::Result<Vec<PathBuf>> {
        written_in(&self.dir)
    }

    fn bytes_of(&self, id: &BatchId) -> io::Result<Option<(Vec<u8>, Format)>> {
        for (extension, format) in [(WRITTEN, Format::Second), (FIRST, Format::First)] {
            match fs::read(self.path(id, extension)) {
                Ok(bytes) => return Ok(Some((bytes, format))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Removes a file that was delivered.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove(&self, id: &BatchId) -> io::Result<()> {
        remove_if_there(&self.path(id, WRITTEN))?;
        remove_if_there(&self.path(id, FIRST))
    }

    fn path(&self, id: &BatchId, extension: &str) -> PathBuf {
        self.dir.join(format!("{}.{extension}", id.0))
    }
}

impl Waiting {
    /// What waits in a folder at `now`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn look(dir: &Path, now: Timestamp) -> io::Result<Self> {
        let now = UNIX_EPOCH + Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0));
        let mut waiting = Self::default();
        for path in written_in(dir)? {
            // Somebody may have delivered it meanwhile.
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            waiting.files += 1;
            waiting.bytes += metadata.len();
            let age = metadata
                .modified()
                .ok()
                .and_then(|at| now.duration_since(at).ok());
            waiting.oldest = waiting.oldest.max(age.unwrap_or_default());
        }
        Ok(waiting)
    }
}

/// The files of both formats.
fn written_in(dir: &Path) -> io::Result<Vec<PathBuf>> {
    files_in(dir, &[FIRST, WRITTEN])
}

fn files_in(dir: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if extension.is_some_and(|found| extensions.contains(&found)) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
