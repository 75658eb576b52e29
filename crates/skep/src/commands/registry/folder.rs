//! Where everything is in a repository of plain files, and the lock that keeps two builds apart.

use std::fmt::Display;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::manifest::Stamp;
use crate::output::hint;

/// The directory of a repository.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

/// A file that clients fetch. Only this knows where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource<'a> {
    PublicKey,
    Names,
    Versions,
    Package(&'a str),
    Tarball(&'a str, &'a str),
}

impl Display for Resource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PublicKey => f.write_str("public_key"),
            Self::Names => f.write_str("names"),
            Self::Versions => f.write_str("versions"),
            Self::Package(name) => write!(f, "packages/{name}"),
            Self::Tarball(name, version) => write!(f, "tarballs/{name}-{version}.tar"),
        }
    }
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        let root = root.to_owned();
        Self { root }
    }

    pub(super) fn path(&self, resource: Resource<'_>) -> PathBuf {
        self.root.join(resource.to_string())
    }

    pub(super) fn tarballs(&self) -> PathBuf {
        self.root.join("tarballs")
    }

    pub(super) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.root.join(".skep/manifest")
    }

    /// Locks the folder for one build, until the lock is dropped.
    pub(super) fn lock(&self) -> anyhow::Result<Lock> {
        let directory = self.root.join(".skep");
        fs_err::create_dir_all(&directory)?;
        let path = directory.join("lock");
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let mut file = options.open(&path)?.into_file();
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let shown = self.root.display();
                let error = anyhow::anyhow!("another build of `{shown}` is running");
                return Err(hint(error, "wait for it to end, then build again"));
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock `{}`", path.display()));
            }
        }
        let touched = file.write_all(b"\n").and_then(|()| file.metadata());
        let touched = touched.with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Lock {
            started: Stamp::of(&touched),
            _file: file,
        })
    }
}

/// Held during a build.
#[derive(Debug)]
pub(super) struct Lock {
    /// When the build began, by the clock of the file system: the time of a file just written.
    pub(super) started: Stamp,
    _file: File,
}
