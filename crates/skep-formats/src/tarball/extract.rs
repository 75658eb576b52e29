//! Contents onto disk: into a directory beside the target, which takes its place when all is well.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::contents::{ContentsError, FileEntry, FileKind};

/// Files being written. What is not finished is removed.
#[derive(Debug)]
pub(crate) struct Extraction {
    target: PathBuf,
    staging: PathBuf,
    file: Option<(PathBuf, File)>,
}

impl Extraction {
    /// Makes the staging directory. `target` must not exist or be empty.
    pub(crate) fn new(target: &Path) -> Result<Self, ContentsError> {
        let is_occupied = match target.read_dir() {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed(target, error)),
        };
        if is_occupied {
            let path = target.display().to_string();
            return Err(ContentsError::NotEmpty { path });
        }
        Ok(Self {
            target: target.to_owned(),
            staging: make_staging(target)?,
            file: None,
        })
    }

    /// Begins the next entry. Links are made by [`finish`](Self::finish), so that nothing is ever
    /// written through one.
    pub(crate) fn begin(&mut self, entry: &FileEntry) -> Result<(), ContentsError> {
        self.file = None;
        let path = self.staging.join(&entry.path);
        match &entry.kind {
            FileKind::Symlink { .. } => Ok(()),
            FileKind::Directory => make_directories(&path),
            FileKind::File => {
                let file = create_file(&path, entry.mode)?;
                self.file = Some((path, file));
                Ok(())
            }
        }
    }

    /// Writes a piece of the file begun last.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), ContentsError> {
        match &mut self.file {
            Some((path, file)) => file.write_all(data).map_err(|error| failed(path, error)),
            None => Ok(()),
        }
    }

    /// Writes a file that is not among the contents.
    pub(crate) fn write_file(&mut self, name: &str, data: &[u8]) -> Result<(), ContentsError> {
        let path = self.staging.join(name);
        let mut file = create_file(&path, 0o644)?;
        file.write_all(data).map_err(|error| failed(&path, error))
    }

    /// Makes the links of `entries` and puts everything in place.
    pub(crate) fn finish(mut self, entries: &[FileEntry]) -> Result<(), ContentsError> {
        self.file = None;
        for entry in entries {
            if let FileKind::Symlink { target } = &entry.kind {
                let path = self.staging.join(&entry.path);
                make_parents(&path)?;
                // A file of this name that came earlier in the archive is replaced by the link.
                if path.symlink_metadata().is_ok() {
                    remove_file(&path).map_err(|error| failed(&path, error))?;
                }
                make_link(target, &path).map_err(|error| failed(&path, error))?;
            }
        }
        rename(&self.staging, &self.target).map_err(|error| failed(&self.target, error))
    }
}

impl Drop for Extraction {
    fn drop(&mut self) {
        // After a rename there is nothing there, and otherwise nothing more can be done.
        let _ = std::fs::remove_dir_all(&self.staging);
    }
}

fn failed(path: &Path, source: io::Error) -> ContentsError {
    let path = path.display().to_string();
    ContentsError::Write { path, source }
}

/// A new directory beside `target`: a rename only works within one file system.
fn make_staging(target: &Path) -> Result<PathBuf, ContentsError> {
    make_parents(target)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    for number in 0.. {
        let staging = target.with_file_name(format!(".{name}.unpacking-{number}"));
        match DirBuilder::new().create(&staging) {
            Ok(()) => return Ok(staging),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {}
            Err(error) => return Err(failed(&staging, error)),
        }
    }
    unreachable!("the loop returns at 100")
}

fn make_directories(path: &Path) -> Result<(), ContentsError> {
    let made = DirBuilder::new().recursive(true).create(path);
    made.map_err(|error| failed(path, error))
}

fn make_parents(path: &Path) -> Result<(), ContentsError> {
    match path.parent() {
        Some(parent) if parent != Path::new("") => make_directories(parent),
        _ => Ok(()),
    }
}

fn create_file(path: &Path, mode: u32) -> Result<File, ContentsError> {
    make_parents(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Never set-uid or the like, and always removable by its owner.
        options.mode(mode & 0o777 | 0o600);
    }
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path).map_err(|error| failed(path, error))
}

#[cfg(unix)]
fn make_link(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn make_link(_target: &str, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[expect(clippy::disallowed_methods, reason = "`failed` names the path")]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

#[expect(clippy::disallowed_methods, reason = "`failed` names the path")]
fn remove_file(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}
