//! Tarballs and docs in an object store. The only place for `object_store`. Callers pass a
//! [`FileKey`], never a path, and an object is never changed: its key holds its checksum.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, GetResultPayload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutOptions,
};
use skep_formats::name::RepositoryName;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::config::{Bucket, StorageUrl};

#[cfg_attr(
    not(any(feature = "s3", feature = "gcs", feature = "azure")),
    expect(dead_code, reason = "without them there are folders only")
)]
mod bucket;
mod check;
mod error;
mod errors_seen;
mod fault;
mod key;
mod prebuilt;
mod put;
mod tree;
mod verify;

#[cfg(test)]
mod tests;

pub use check::Found;
pub use error::FilesError;
pub(crate) use error::is_out_of_room;
pub use errors_seen::ErrorCounts;
use errors_seen::ErrorsSeen;
pub use key::FileKey;
pub use put::Put;
pub use tree::{Tree, TreeEntry, TreeFile, TreePath};

/// What a file is read in. Larger blocks cost memory for each download, smaller ones time.
const BLOCK_BYTES: usize = 64 * 1024;
/// A bucket that has not answered by then is away: mix gives up after 15 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The bytes of a file, in order.
pub type FileStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The object store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    reader: Arc<dyn ObjectStore>,
    writer: Arc<dyn ObjectStore>,
    /// Buckets sign URLs, folders do not.
    signer: Option<Arc<dyn Signer>>,
    bucket: Option<Arc<Bucket>>,
    /// For messages.
    place: Arc<str>,
    errors_seen: Arc<ErrorsSeen>,
    /// Where the files of prebuilt repositories are.
    trees: Arc<HashMap<RepositoryName, Tree>>,
}

/// A file, opened.
pub struct OpenFile {
    /// The size of the whole file.
    pub size_bytes: u64,
    /// What of it `stream` gives.
    pub range: Range<u64>,
    /// The bytes.
    pub stream: FileStream,
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile")
            .field("size_bytes", &self.size_bytes)
            .field("range", &self.range)
            .finish()
    }
}

/// SHA-256 of an opened file.
///
/// # Errors
/// The store stopped in the middle of it.
pub async fn checksum(file: OpenFile) -> io::Result<skep_formats::checksum::Sha256> {
    verify::checksum(file.stream).await
}

impl Files {
    /// Opens the store of the configuration. A bucket is not asked anything yet: [`Files::check`] does.
    ///
    /// # Errors
    /// A local folder is not there, or the settings make no client of a bucket.
    pub fn open(url: &StorageUrl) -> Result<Self, FilesError> {
        match url {
            StorageUrl::Folder(folder) => {
                let place = folder.display().to_string();
                let store = LocalFileSystem::new_with_prefix(folder);
                let store = store.map_err(|source| FilesError::Place {
                    place: place.clone(),
                    source: source.into(),
                })?;
                let store: Arc<dyn ObjectStore> = Arc::new(store.with_fsync(true));
                Ok(Self {
                    reader: Arc::clone(&store),
                    writer: store,
                    signer: None,
                    bucket: None,
                    place: place.into(),
                    errors_seen: Arc::default(),
                    trees: Arc::default(),
                })
            }
            StorageUrl::Bucket(bucket) => {
                let clients = bucket::open(bucket)?;
                Ok(Self {
                    reader: clients.reader,
                    writer: clients.writer,
                    signer: Some(clients.signer),
                    place: bucket.to_string().into(),
                    bucket: Some(Arc::new((**bucket).clone())),
                    errors_seen: Arc::default(),
                    trees: Arc::default(),
                })
            }
        }
    }

    /// Where the files are, for people.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// How often the store did not do what it was asked.
    #[must_use]
    pub fn errors(&self) -> ErrorCounts {
        self.errors_seen.counts()
    }

    /// Opens a file, or a part of it where [`Files::takes_ranges`]; the part must lie within the file.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] when it is not there.
    pub async fn open_file(
        &self,
        key: &FileKey,
        range: Option<Range<u64>>,
    ) -> Result<OpenFile, FilesError> {
        if let Some(tree) = self.tree_of(key) {
            return prebuilt::open_file(tree, key, &self.errors_seen).await;
        }
        let is_whole = range.is_none();
        let opened = self.open_object(&key.path(), range).await;
        // Nobody opens a file that no release names: it was there.
        if opened.as_ref().is_err_and(FilesError::is_not_found) {
            self.errors_seen.note_missing();
        }
        let (_, mut file) = opened?;
        // A folder is this server's own.
        if is_whole && self.bucket.is_some() {
            file.stream = verify::verified(file.stream, key, &self.errors_seen);
        }
        Ok(file)
    }

    async fn open_object(
        &self,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, OpenFile), FilesError> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let at = self.object_path(path);
        let found = self
            .answer_at(path, "read", self.reader.get_opts(&at, options))
            .await?;
        let (meta, range) = (found.meta, found.range);
        let stream: FileStream = match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                let seek = file.seek(io::SeekFrom::Start(range.start)).await;
                seek.map_err(|source| self.error_at("read", path.to_owned(), generic(source)))?;
                let part = file.take(range.end - range.start);
                Box::pin(ReaderStream::with_capacity(part, BLOCK_BYTES))
            }
            GetResultPayload::Stream(stream) => Box::pin(stream.map_err(io::Error::from)),
        };
        let file = OpenFile {
            size_bytes: meta.size,
            range,
            stream,
        };
        Ok((meta, file))
    }

    /// The size of a file.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] when it is not there.
    pub async fn existing_size(&self, key: &FileKey) -> Result<u64, FilesError> {
        if let Some(tree) = self.tree_of(key) {
            return prebuilt::existing_size(tree, key).await;
        }
        let path = self.object_path(&key.path());
        let meta = self.answer(key, "read", self.reader.head(&path)).await?;
        Ok(meta.size)
    }

    /// The size of a file, or `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn size(&self, key: &FileKey) -> Result<Option<u64>, FilesError> {
        match self.existing_size(key).await {
            Ok(size) => Ok(Some(size)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// When the store refuses or does not answer.
    pub async fn delete(&self, key: &FileKey) -> Result<(), FilesError> {
        match self.writer.delete(&self.object_path(&key.path())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error("deleted", key, error)),
        }
    }

    /// Every file of the store with its size; what is no file of ours is left out.
    pub fn list(&self) -> impl Stream<Item = Result<(FileKey, u64), FilesError>> + Send + '_ {
        let prefix = self.prefix();
        let whole = (!prefix.is_empty()).then(|| object_store::path::Path::from(prefix));
        self.reader
            .list(whole.as_ref())
            .filter_map(move |found| async move {
                match found {
                    Ok(meta) => {
                        let path = meta.location.as_ref().strip_prefix(prefix)?;
                        FileKey::from_path(path.trim_start_matches('/'))
                            .map(|key| Ok((key, meta.size)))
                    }
                    Err(error) => Some(Err(self.general_error(error))),
                }
            })
    }

    /// A URL that opens a file to whoever has it, for `lifetime`; `None` when this store signs none.
    ///
    /// # Errors
    /// There are no credentials to sign with.
    pub async fn sign_url(
        &self,
        key: &FileKey,
        lifetime: Duration,
    ) -> Result<Option<String>, FilesError> {
        if let Some(tree) = self.tree_of(key) {
            return tree.sign_url(&key.tree_path(), lifetime).await;
        }
        let Some(signer) = &self.signer else {
            return Ok(None);
        };
        let path = self.object_path(&key.path());
        let url = self
            .answer(
                key,
                "signed",
                signer.signed_url(http::Method::GET, &path, lifetime),
            )
            .await?;
        Ok(Some(url.into()))
    }

    fn prefix(&self) -> &str {
        self.bucket
            .as_ref()
            .map_or("", |bucket| bucket.prefix.as_str())
    }

    fn object_path(&self, path: &str) -> object_store::path::Path {
        match self.prefix() {
            "" => object_store::path::Path::from(path),
            prefix => object_store::path::Path::from(format!("{prefix}/{path}")),
        }
    }

    /// The answer to a short question; folders may take their time.
    async fn answer<T>(
        &self,
        key: &FileKey,
        doing: &'static str,
        question: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, FilesError> {
        self.answer_at(&key.path(), doing, question).await
    }

    async fn answer_at<T>(
        &self,
        path: &str,
        doing: &'static str,
        question: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, FilesError> {
        let wrong = |error| self.error_at(doing, path.to_owned(), error);
        if self.bucket.is_none() {
            return question.await.map_err(wrong);
        }
        match tokio::time::timeout(ANSWER_WITHIN, question).await {
            Ok(answer) => answer.map_err(wrong),
            Err(late) => Err(self.late(late)),
        }
    }

    /// What broke off while a file was being read.
    pub(crate) fn away(&self, error: io::Error) -> FilesError {
        FilesError::Away {
            place: self.place.to_string(),
            source: error.into(),
        }
    }

    fn late(&self, late: tokio::time::error::Elapsed) -> FilesError {
        self.seen(FilesError::Away {
            place: self.place.to_string(),
            source: late.into(),
        })
    }

    fn error(&self, doing: &'static str, key: &FileKey, error: object_store::Error) -> FilesError {
        self.error_at(doing, key.path(), error)
    }

    fn error_at(
        &self,
        doing: &'static str,
        path: String,
        error: object_store::Error,
    ) -> FilesError {
        let bucket = self.bucket.as_deref();
        self.seen(FilesError::from_store(
            &self.place,
            bucket,
            doing,
            path,
            error,
        ))
    }

    /// An error that is about no single file.
    fn general_error(&self, error: object_store::Error) -> FilesError {
        self.seen(FilesError::of_place(
            &self.place,
            self.bucket.as_deref(),
            error,
        ))
    }

    fn seen(&self, error: FilesError) -> FilesError {
        self.errors_seen.note(&error);
        error
    }
}

fn generic(source: io::Error) -> object_store::Error {
    object_store::Error::Generic {
        store: "LocalFileSystem",
        source: Box::new(source),
    }
}
