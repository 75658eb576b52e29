//! Files that appear whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;

use fs_err::File;

use super::folder::{Folder, Resource};
use super::manifest::Stamp;
use super::report::Report;

/// Writes and removes files of a repository and keeps account of it. May be used by several threads.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    folder: &'a Folder,
    changes: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    created: Vec<String>,
    updated: Vec<String>,
    removed: Vec<String>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(folder: &'a Folder) -> Self {
        let changes = Mutex::default();
        Self { folder, changes }
    }

    /// Makes a directory if it is not there.
    pub(super) fn directory(&self, path: &Path, name: &str) -> io::Result<()> {
        if !path.is_dir() {
            fs_err::create_dir_all(path)?;
            self.note(|changes| changes.created.push(name.to_owned()));
        }
        Ok(())
    }

    /// Writes a resource and gives its stamp.
    pub(super) fn write(&self, resource: Resource<'_>, data: &[u8]) -> io::Result<Stamp> {
        let path = self.folder.path(resource);
        let is_new = !path.exists();
        let stamp = replace(&path, data)?;
        self.note(|changes| match is_new {
            true => changes.created.push(resource.to_string()),
            false => changes.updated.push(resource.to_string()),
        });
        Ok(stamp)
    }

    /// Removes a resource; it may be gone already.
    pub(super) fn remove(&self, resource: Resource<'_>) -> io::Result<()> {
        match fs_err::remove_file(self.folder.path(resource)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.note(|changes| changes.removed.push(resource.to_string())),
        }
        Ok(())
    }

    /// Adds what was done to a report.
    pub(super) fn finish(self, report: &mut Report) {
        let changes = self.changes.into_inner();
        let mut changes = changes.unwrap_or_else(std::sync::PoisonError::into_inner);
        changes.created.sort();
        changes.updated.sort();
        report.created = changes.created;
        report.updated = changes.updated;
        report.removed = changes.removed;
    }

    fn note(&self, note: impl FnOnce(&mut Changes)) {
        let changes = self.changes.lock();
        note(&mut changes.unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

/// Puts a file in place by renaming. It is not flushed to the disk first: for thousands of files that
/// takes minutes, and after a power failure the next build sees by size and time what is not there.
pub(super) fn replace(path: &Path, data: &[u8]) -> io::Result<Stamp> {
    // Beside its target, which may be on another file system than the rest, and hidden: neither this
    // build nor mix takes it for a package if it stays behind. Builds are locked out of each other.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(data)?;
    let stamp = Stamp::of(&file.metadata()?);
    fs_err::rename(&new, path)?;
    Ok(stamp)
}
