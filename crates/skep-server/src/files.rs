//! Tarballs and docs in an object store. The only place for `object_store`. Callers pass a
//! [`FileKey`], never a path, and an object is never changed: its key holds its checksum.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt, PutMode};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::config::StorageUrl;

mod error;
mod key;

#[cfg(test)]
mod tests;

pub use error::FilesError;
pub use key::FileKey;

/// What a file is read in. Larger blocks cost memory for each download, smaller ones time.
const BLOCK_BYTES: usize = 64 * 1024;

/// The bytes of a file, in order.
pub type FileStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The object store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// For messages.
    place: Arc<str>,
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

/// What [`Files::put`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was not there.
    Created,
    /// It was there: perhaps damaged, perhaps not yet safe from a power cut. Now it is whole and safe.
    Renewed,
}

impl Files {
    /// Opens the store of the configuration.
    ///
    /// # Errors
    /// [`FilesError::Place`] when a local folder is not there.
    pub fn open(url: &StorageUrl) -> Result<Self, FilesError> {
        let StorageUrl::Folder(folder) = url;
        let place = folder.display().to_string();
        let store =
            LocalFileSystem::new_with_prefix(folder).map_err(|source| FilesError::Place {
                place: place.clone(),
                source: source.into(),
            })?;
        Ok(Self {
            store: Arc::new(store.with_fsync(true)),
            place: place.into(),
        })
    }

    /// Where the files are, for people.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Stores a file. When this returns, it survives a power cut; until then, nobody sees any of it.
    ///
    /// # Errors
    /// [`FilesError::Full`] when there is no room; the store is as before.
    pub async fn put(&self, key: &FileKey, bytes: Bytes) -> Result<Put, FilesError> {
        let path = key.to_object_path();
        let put = async |mode: PutMode| {
            let options = mode.into();
            self.store
                .put_opts(&path, bytes.clone().into(), options)
                .await
        };
        match put(PutMode::Create).await {
            Ok(_) => Ok(Put::Created),
            // The same bytes, for the key holds their checksum.
            Err(object_store::Error::AlreadyExists { .. }) => {
                let renewed = put(PutMode::Overwrite).await;
                renewed
                    .map(|_| Put::Renewed)
                    .map_err(|error| self.error("written", key, error))
            }
            Err(error) => Err(self.error("written", key, error)),
        }
    }

    /// Opens a file, or a part of it; the part must lie within the file.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] when it is not there.
    pub async fn open_file(
        &self,
        key: &FileKey,
        range: Option<Range<u64>>,
    ) -> Result<OpenFile, FilesError> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&key.to_object_path(), options).await;
        let found = found.map_err(|error| self.error("read", key, error))?;
        let (size_bytes, range) = (found.meta.size, found.range.clone());
        let stream: FileStream = match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                let seek = file.seek(io::SeekFrom::Start(range.start)).await;
                seek.map_err(|source| self.error("read", key, generic(source)))?;
                let part = file.take(range.end - range.start);
                Box::pin(ReaderStream::with_capacity(part, BLOCK_BYTES))
            }
            GetResultPayload::Stream(stream) => Box::pin(stream.map_err(io::Error::from)),
        };
        Ok(OpenFile {
            size_bytes,
            range,
            stream,
        })
    }

    /// The size of a file, or `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn size(&self, key: &FileKey) -> Result<Option<u64>, FilesError> {
        match self.store.head(&key.to_object_path()).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error("read", key, error)),
        }
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// When the store refuses or does not answer.
    pub async fn delete(&self, key: &FileKey) -> Result<(), FilesError> {
        match self.store.delete(&key.to_object_path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error("deleted", key, error)),
        }
    }

    /// Every file of the store with its size; what is no file of ours is left out.
    pub fn list(&self) -> impl Stream<Item = Result<(FileKey, u64), FilesError>> + Send + '_ {
        self.store.list(None).filter_map(|found| async {
            match found {
                Ok(meta) => {
                    FileKey::from_path(meta.location.as_ref()).map(|key| Ok((key, meta.size)))
                }
                Err(error) => Some(Err(FilesError::Place {
                    place: self.place.to_string(),
                    source: error.into(),
                })),
            }
        })
    }

    fn error(&self, doing: &'static str, key: &FileKey, error: object_store::Error) -> FilesError {
        FilesError::from_store(&self.place, doing, key, error)
    }
}

fn generic(source: io::Error) -> object_store::Error {
    object_store::Error::Generic {
        store: "LocalFileSystem",
        source: Box::new(source),
    }
}
