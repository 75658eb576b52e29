//! The list of what a tar holds.

use std::collections::HashMap;

use super::{ContentsError, FileEntry, FileKind};
use crate::tarball::path::{self, PathError};

/// The entries read so far, each path once.
#[derive(Default)]
pub(super) struct Files {
    list: Vec<FileEntry>,
    index: HashMap<String, usize>,
}

impl Files {
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    pub(super) fn add(&mut self, file: FileEntry) {
        match self.index.get(&file.path) {
            Some(index) => self.list[*index] = file,
            None => {
                self.index.insert(file.path.clone(), self.list.len());
                self.list.push(file);
            }
        }
    }

    fn is_link(&self, path: &str) -> bool {
        let file = self.index.get(path).map(|index| &self.list[*index]);
        file.is_some_and(|file| matches!(file.kind, FileKind::Symlink { .. }))
    }

    /// The list, if no path and no link leads through another link: with `a -> .` and `a/b -> ..`
    /// each looks harmless by itself.
    pub(super) fn checked(self) -> Result<Vec<FileEntry>, ContentsError> {
        for file in &self.list {
            if path::parents(&file.path).any(|parent| self.is_link(parent)) {
                return Err(PathError::ThroughLink(file.path.clone()).into());
            }
            if let FileKind::Symlink { target } = &file.kind {
                let steps = path::link_steps(&file.path, target)?;
                let before_last = steps.len().saturating_sub(1);
                if steps[..before_last].iter().any(|step| self.is_link(step)) {
                    let (path, target) = (file.path.clone(), target.clone());
                    return Err(PathError::UnsafeLink { path, target }.into());
                }
            }
        }
        Ok(self.list)
    }
}
