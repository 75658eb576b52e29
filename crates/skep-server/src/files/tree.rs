//! A repository of plain files in a folder or a bucket, read and written under the names that clients
//! ask for. Unlike the files of [`Files`], these can change under their names.

use std::path::Path;

use skep_formats::checksum::Sha256;

use super::*;
use crate::clock::Timestamp;

mod path;
mod write;

#[cfg(test)]
mod tests;

pub use path::TreePath;

/// The name of what a bucket is told about each object: SHA-256 of its bytes, in hexadecimal.
const CHECKSUM: &str = "sha256";

/// A tree of plain files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tree {
    files: Files,
    folder: Option<Arc<Path>>,
}

/// A file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// All of it.
    pub bytes: Bytes,
    /// What the store calls these bytes; another text means other bytes.
    pub etag: Option<String>,
    /// When it was written, by the store's clock.
    pub modified_at: Timestamp,
}

/// A file, as the store lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Which one.
    pub path: TreePath,
    /// Its size.
    pub size_bytes: u64,
    /// What the store calls these bytes; another text means other bytes.
    pub etag: Option<String>,
    /// When it was written, by the store's clock.
    pub modified_at: Timestamp,
}

impl Tree {
    /// Opens a tree. A bucket is not asked anything yet: [`Tree::check`] does.
    ///
    /// # Errors
    /// [`FilesError::NoFolder`], or the settings make no client of a bucket.
    pub fn open(url: &StorageUrl) -> Result<Self, FilesError> {
        let folder = match url {
            StorageUrl::Folder(folder) if folder.is_dir() => Some(Arc::from(folder.as_path())),
            StorageUrl::Folder(folder) => {
                return Err(FilesError::NoFolder {
                    place: folder.display().to_string(),
                });
            }
            StorageUrl::Bucket(_) => None,
        };
        let files = Files::open(url)?;
        Ok(Self { files, folder })
    }

    /// Where the files are, for people.
    #[must_use]
    pub fn place(&self) -> &str {
        self.files.place()
    }

    /// Whether it is a bucket: each question is a request then.
    #[must_use]
    pub const fn is_bucket(&self) -> bool {
        self.files.bucket.is_some()
    }

    /// Whether a bucket is there and lets us read.
    ///
    /// # Errors
    /// As [`Files::check`].
    pub async fn check(&self) -> Result<Found, FilesError> {
        self.files.check().await
    }

    /// Whether files can be written and removed.
    ///
    /// # Errors
    /// As [`Files::check`].
    pub async fn check_writing(&self) -> Result<Found, FilesError> {
        self.files.check_writing().await
    }

    /// A file of up to `most_bytes`, or `None` when it is not there.
    ///
    /// # Errors
    /// [`FilesError::TooLarge`], or the store does not answer.
    pub async fn get(
        &self,
        path: &TreePath,
        most_bytes: u64,
    ) -> Result<Option<TreeFile>, FilesError> {
        let (meta, file) = match self.open_at(path, None).await {
            Ok(found) => found,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        if file.size_bytes > most_bytes {
            return Err(FilesError::TooLarge {
                place: self.place().to_owned(),
                path: path.path(),
                size_bytes: file.size_bytes,
                most_bytes,
            });
        }
        let blocks: Vec<Bytes> = file
            .stream
            .try_collect()
            .await
            .map_err(|source| self.broken_off(path, source))?;
        Ok(Some(TreeFile {
            bytes: match <[Bytes; 1]>::try_from(blocks) {
                Ok([only]) => only,
                Err(blocks) => blocks.concat().into(),
            },
            modified_at: moment(&meta),
            etag: meta.e_tag,
        }))
    }

    /// Opens a file, or a part of it; the part must lie within the file. Whether the bytes are the right
    /// ones is for the caller to check.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] when it is not there.
    pub async fn open_file(
        &self,
        path: &TreePath,
        range: Option<Range<u64>>,
    ) -> Result<OpenFile, FilesError> {
        Ok(self.open_at(path, range).await?.1)
    }

    /// What the store says about a file, or `None` when it is not there.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn head(&self, path: &TreePath) -> Result<Option<TreeEntry>, FilesError> {
        let at = self.files.object_path(&path.path());
        let question = self.files.reader.head(&at);
        match self.files.answer_at(&path.path(), "read", question).await {
            Ok(meta) => Ok(Some(entry(path.clone(), meta))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// SHA-256 of a file's bytes, or `None` when it is not there. A bucket is asked what [`Tree::put`]
    /// told it; where it knows nothing, and in a folder, the file is read.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn checksum(&self, path: &TreePath) -> Result<Option<Sha256>, FilesError> {
        match self.told_checksum(path).await {
            Ok(Some(checksum)) => return Ok(Some(checksum)),
            Ok(None) => {}
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        }
        match self.open_file(path, None).await {
            Ok(file) => {
                let checksum = verify::checksum(file.stream)
                    .await
                    .map_err(|source| self.broken_off(path, source))?;
                Ok(Some(checksum))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn told_checksum(&self, path: &TreePath) -> Result<Option<Sha256>, FilesError> {
        if !self.is_bucket() {
            return Ok(None);
        }
        let at = self.files.object_path(&path.path());
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let question = self.files.reader.get_opts(&at, options);
        let found = self
            .files
            .answer_at(&path.path(), "read", question)
            .await?
            .attributes;
        let told = found.get(&Attribute::Metadata(CHECKSUM.into()));
        Ok(told.and_then(|text| text.parse().ok()))
    }

    /// Every file of a repository that is there; what else lies beside them is left out.
    pub fn list(&self) -> impl Stream<Item = Result<TreeEntry, FilesError>> + Send + '_ {
        let prefix = self.files.prefix();
        let whole = (!prefix.is_empty()).then(|| object_store::path::Path::from(prefix));
        self.files
            .reader
            .list(whole.as_ref())
            .filter_map(move |found| async move {
                match found {
                    Ok(meta) => {
                        let path = meta.location.as_ref().strip_prefix(prefix)?;
                        let path = TreePath::from_path(path.trim_start_matches('/'))?;
                        Some(Ok(entry(path, meta)))
                    }
                    Err(error) => Some(Err(self.files.general_error(error))),
                }
            })
    }

    /// A URL that opens a file to whoever has it, for `lifetime`; `None` for a folder.
    ///
    /// # Errors
    /// There are no credentials to sign with.
    pub async fn sign_url(
        &self,
        path: &TreePath,
        lifetime: Duration,
    ) -> Result<Option<String>, FilesError> {
        let Some(signer) = &self.files.signer else {
            return Ok(None);
        };
        let at = self.files.object_path(&path.path());
        let question = signer.signed_url(http::Method::GET, &at, lifetime);
        let url = self.files.answer_at(&path.path(), "signed", question).await;
        Ok(Some(url?.into()))
    }

    /// The store stopped in the middle of a file.
    fn broken_off(&self, path: &TreePath, source: io::Error) -> FilesError {
        if self.is_bucket() {
            return FilesError::Away {
                place: self.place().to_owned(),
                source: source.into(),
            };
        }
        self.files.error_at("read", path.path(), generic(source))
    }

    async fn open_at(
        &self,
        path: &TreePath,
        range: Option<Range<u64>>,
    ) -> Result<(object_store::ObjectMeta, OpenFile), FilesError> {
        self.files.open_object(&path.path(), range).await
    }
}

fn entry(path: TreePath, meta: object_store::ObjectMeta) -> TreeEntry {
    TreeEntry {
        path,
        size_bytes: meta.size,
        modified_at: moment(&meta),
        etag: meta.e_tag,
    }
}

fn moment(meta: &object_store::ObjectMeta) -> Timestamp {
    Timestamp::from_micros(meta.last_modified.timestamp_micros())
}
