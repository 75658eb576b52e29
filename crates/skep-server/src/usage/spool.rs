//! Counts on their way to the database, in files: a database that is away loses none, and a file
//! read twice counts once, because its name is remembered with its rows.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use fs_err as fs;

use super::Counted;
use super::rows::{Damaged, Reader, Rows};
use crate::clock::{Clock, Timestamp};

/// Another format needs another name: processes of two versions may share a directory.
const WRITTEN: &str = "rows";
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
        for path in self.files(BEING_WRITTEN)? {
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
        let mut ids: Vec<_> = self.files(WRITTEN)?.into_iter().filter_map(stem).collect();
        ids.sort();
        Ok(ids)
    }

    /// What is to be delivered at `now`, also by processes that are gone.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn waiting(&self, now: Timestamp) -> io::Result<Waiting> {
        let now = UNIX_EPOCH + Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0));
        let mut waiting = Waiting::default();
        for path in self.files(WRITTEN)? {
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

    /// Reads one file; `None` when another process has delivered it meanwhile.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, id: &BatchId) -> io::Result<Option<Batch>> {
        let bytes = match fs::read(self.path(id, WRITTEN)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut batch = Batch {
            rows: Vec::new(),
            damaged: 0,
        };
        for row in Reader::new(&bytes) {
            match row {
                Ok(row) => batch.rows.push(row),
                Err(Damaged) => batch.damaged += 1,
            }
        }
        Ok(Some(batch))
    }

    /// Removes a file that was delivered.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove(&self, id: &BatchId) -> io::Result<()> {
        remove_if_there(&self.path(id, WRITTEN))
    }

    fn path(&self, id: &BatchId, extension: &str) -> PathBuf {
        self.dir.join(format!("{}.{extension}", id.0))
    }

    fn files(&self, extension: &str) -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension) {
                paths.push(path);
            }
        }
        Ok(paths)
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{TestClock, Timestamp};
    use crate::ids::{KeyId, LicenseId};
    use crate::usage::FileKind;

    fn row(version: &str) -> Counted {
        Counted {
            at: Timestamp::from_seconds(1_700_000_000),
            key: Some(KeyId::from_bytes([7; 16])),
            license: Some(LicenseId::from_bytes([9; 16])),
            repository: "acme".into(),
            file: FileKind::Tarball,
            package: Some("alpha".into()),
            version: Some(version.into()),
            status: 200,
            client: "mix".into(),
            client_version: None,
            elixir_version: Some("1.18.0".into()),
            otp_version: None,
            ci: false,
            requests: 3,
        }
    }

    fn open(dir: &Path) -> Spool {
        Spool::open(dir, &Clock::system()).unwrap()
    }

    #[test]
    fn rows_come_back_as_they_were_and_another_process_finds_them() {
        let dir = tempfile::tempdir().unwrap();
        let first = open(&dir.path().join("new/spool"));
        let one = first.write(&[row("1.0.0"), row("1.1.0")]).unwrap();
        let two = first.write(&[row("1.2.0")]).unwrap();
        let second = open(&dir.path().join("new/spool"));
        assert_eq!(second.batches().unwrap(), [one.clone(), two.clone()]);
        assert_eq!(
            second.read(&one).unwrap().unwrap().rows,
            [row("1.0.0"), row("1.1.0")]
        );
        second.remove(&one).unwrap();
        first.remove(&one).unwrap();
        assert!(first.read(&one).unwrap().is_none());
        assert_eq!(first.batches().unwrap(), [two]);
    }

    #[test]
    fn a_damaged_row_does_not_take_the_others_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let spool = open(dir.path());
        let id = spool.write(&[row("1.0.0"), row("1.1.0")]).unwrap();
        let path = spool.path(&id, WRITTEN);
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[20] ^= 1;
        for (bytes, left) in [
            (&whole[..whole.len() - 20], "1.0.0"),
            (&flipped[..], "1.1.0"),
        ] {
            fs::write(&path, bytes).unwrap();
            let batch = spool.read(&id).unwrap().unwrap();
            assert_eq!((batch.rows, batch.damaged), (vec![row(left)], 1));
        }
    }

    #[test]
    fn what_a_dead_process_did_not_finish_goes_after_an_hour() {
        let dir = tempfile::tempdir().unwrap();
        let unfinished = dir.path().join("0-00000000.tmp");
        fs::write(&unfinished, b"{").unwrap();
        open(dir.path());
        assert!(unfinished.exists());
        let later = TestClock::at(Clock::system().now().plus_seconds(3700));
        Spool::open(dir.path(), &later.clock()).unwrap();
        assert!(!unfinished.exists());
    }

    #[test]
    fn a_spool_that_cannot_be_written_says_which() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = Spool::open(&file.join("spool"), &Clock::system())
            .unwrap_err()
            .to_string();
        assert!(error.contains("file/spool"), "{error}");
    }
}
