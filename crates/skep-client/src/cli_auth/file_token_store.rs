//! Tokens in a file that only its owner can read.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use fs_err::{File, OpenOptions};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::entries::Entries;
use super::{LockGuard, LockName, StoreError, TokenScope, TokenStore, Tokens};

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Makes the names of files that are being written differ within a process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Keeps tokens in one JSON file, for all servers and repositories.
///
/// On Unix the file is `0600` and a missing folder is made `0700`. The file is replaced as a whole, so
/// nobody ever reads half of it, and what was there stays if the disk is full. Its locks are files beside
/// it, which stay empty and are never deleted; the system gives them up for a process that dies.
#[derive(Debug, Clone)]
pub struct FileTokenStore {
    path: PathBuf,
}

/// What is wrong with a file of tokens. Shows nothing of what is in it.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("`{path}` is not a file of tokens (line {line}, column {column})")]
    Format {
        path: String,
        line: usize,
        column: usize,
    },
    #[error("`{path}` has more than `{MAX_FILE_BYTES}` bytes")]
    TooLarge { path: String },
}

impl FileTokenStore {
    /// Keeps tokens in the file at `path`, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self) -> Result<Entries, StoreError> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Entries::default()),
            file => file?,
        };
        let mut text = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text)?;
        let path = self.path.display().to_string();
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(FileError::TooLarge { path }.into());
        }
        Entries::parse(&text).map_err(|error| {
            // The parser's own words may repeat a value.
            let (line, column) = (error.line(), error.column());
            FileError::Format { path, line, column }.into()
        })
    }

    fn change(&self, change: impl FnOnce(&mut Entries)) -> Result<(), StoreError> {
        self.make_folder()?;
        let lock = self.lock_file("file")?;
        // Held for the time of one small write.
        lock.file().lock()?;
        let mut entries = self.read()?;
        change(&mut entries);
        self.replace(&entries.to_text())?;
        Ok(())
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let new = self.beside(&format!("{}-{number}.new", std::process::id()));
        let written = private(OpenOptions::new().write(true).create_new(true))
            .open(&new)
            .and_then(|mut file| {
                file.write_all(text)?;
                file.sync_all()
            })
            .and_then(|()| fs_err::rename(&new, &self.path));
        if written.is_err() {
            let _ = fs_err::remove_file(&new);
        }
        written
    }

    fn lock_file(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        private(options.write(true).create(true).truncate(false))
            .open(self.beside(&format!("{name}.lock")))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".");
        path.push(ending);
        path.into()
    }

    fn make_folder(&self) -> io::Result<()> {
        let Some(folder) = self.path.parent().filter(|folder| !folder.is_dir()) else {
            return Ok(());
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(folder)
        }
        #[cfg(not(unix))]
        fs_err::create_dir_all(folder)
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use fs_err::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

impl TokenStore for FileTokenStore {
    fn load(&self, scope: &TokenScope) -> Result<Option<Tokens>, StoreError> {
        Ok(self.read()?.get(scope))
    }

    fn persist(&self, scope: &TokenScope, tokens: &Tokens) -> Result<(), StoreError> {
        self.change(|entries| entries.set(scope, tokens))
    }

    fn clear(&self, scope: &TokenScope) -> Result<(), StoreError> {
        self.change(|entries| entries.remove(scope))
    }

    fn try_lock(&self, name: &LockName) -> Result<Option<LockGuard>, StoreError> {
        self.make_folder()?;
        let name = utf8_percent_encode(&name.to_string(), NON_ALPHANUMERIC).to_string();
        let lock = self.lock_file(&name)?;
        match lock.file().try_lock() {
            Ok(()) => Ok(Some(Box::new(lock))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
