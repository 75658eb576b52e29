//! Files of prebuilt repositories: they are in trees of their own, under the names that clients ask for.

use super::*;

impl FileKey {
    /// What a tree calls it.
    #[must_use]
    pub fn tree_path(&self) -> TreePath {
        match self.clone() {
            Self::Tarball {
                package, version, ..
            } => TreePath::Tarball(package, version),
            Self::Docs {
                package, version, ..
            } => TreePath::Docs(package, version),
        }
    }
}

impl Files {
    /// With the trees of prebuilt repositories, where their files are read. None is written there.
    #[must_use]
    pub fn with_trees(self, trees: HashMap<RepositoryName, Tree>) -> Self {
        Self {
            trees: Arc::new(trees),
            ..self
        }
    }

    /// Where a file of a prebuilt repository is; `None` for all others.
    pub(super) fn tree_of(&self, key: &FileKey) -> Option<&Tree> {
        if self.trees.is_empty() {
            return None;
        }
        self.trees.get(key.repository())
    }

    /// Whether parts of a file can be had. In a tree, a file can change under its name: only whoever reads
    /// all of it knows that it is the right one.
    #[must_use]
    pub fn takes_ranges(&self, key: &FileKey) -> bool {
        self.tree_of(key).is_none()
    }
}

/// Opens a file of a tree; it ends with an error when it is not the one that the key is about.
pub(super) async fn open_file(
    tree: &Tree,
    key: &FileKey,
    errors_seen: &Arc<ErrorsSeen>,
) -> Result<OpenFile, FilesError> {
    let mut file = tree.open_file(&key.tree_path(), None).await?;
    file.stream = verify::verified(file.stream, key, errors_seen);
    Ok(file)
}

/// The size of a file of a tree.
pub(super) async fn existing_size(tree: &Tree, key: &FileKey) -> Result<u64, FilesError> {
    let path = key.tree_path();
    let found = tree.head(&path).await?;
    found
        .map(|found| found.size_bytes)
        .ok_or_else(|| FilesError::NotFound {
            place: tree.place().to_owned(),
            path: path.path(),
        })
}
