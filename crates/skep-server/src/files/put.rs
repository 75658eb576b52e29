//! Storing files: created, never changed, and looked at again where others could have had a hand in it.

use super::*;

/// An upload gets this time, for mix waits no longer than a minute, and a second more for each of these.
const UPLOAD_WITHIN_SECONDS: usize = 30;
const UPLOAD_BYTES_PER_SECOND: usize = 256 * 1024;

/// What [`Files::put`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was not there.
    Created,
    /// It was there: perhaps damaged, perhaps not yet safe from a power cut. Now it is whole and safe.
    Renewed,
}

/// How long an upload may take.
pub(super) const fn deadline(size_bytes: usize) -> Duration {
    Duration::from_secs((UPLOAD_WITHIN_SECONDS + size_bytes / UPLOAD_BYTES_PER_SECOND) as u64)
}

impl Files {
    /// Stores a file. When this returns, it survives a power cut; until then, nobody sees any of it. What
    /// a bucket has then was read from it again and has the checksum of the key.
    ///
    /// # Errors
    /// [`FilesError::Full`] when there is no room, [`FilesError::Away`] when the store does not answer;
    /// the store is as before, or has an object that nothing names.
    pub async fn put(&self, key: &FileKey, bytes: Bytes) -> Result<Put, FilesError> {
        if self.bucket.is_none() {
            return self.put_into_folder(key, bytes).await;
        }
        let deadline = deadline(bytes.len());
        match tokio::time::timeout(deadline, self.put_into_bucket(key, bytes)).await {
            Ok(put) => put,
            Err(late) => Err(self.late(late)),
        }
    }

    async fn put_into_folder(&self, key: &FileKey, bytes: Bytes) -> Result<Put, FilesError> {
        match self.write(key, bytes.clone(), PutMode::Create).await {
            Ok(()) => Ok(Put::Created),
            // The same bytes, for the key holds their checksum.
            Err(object_store::Error::AlreadyExists { .. }) => {
                let renewed = self.write(key, bytes, PutMode::Overwrite).await;
                renewed.map_err(|error| self.error("written", key, error))?;
                Ok(Put::Renewed)
            }
            Err(error) => Err(self.error("written", key, error)),
        }
    }

    async fn put_into_bucket(&self, key: &FileKey, bytes: Bytes) -> Result<Put, FilesError> {
        match self.write(key, bytes.clone(), PutMode::Create).await {
            Ok(()) => {
                self.expect_whole(key).await?;
                return Ok(Put::Created);
            }
            Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(self.error("written", key, error)),
        }
        // Mostly it is whole: published before, or our own first try whose answer was lost.
        if !self.is_whole(key).await? {
            let renewed = self.write(key, bytes, PutMode::Overwrite).await;
            renewed.map_err(|error| self.error("written", key, error))?;
            self.expect_whole(key).await?;
        }
        Ok(Put::Renewed)
    }

    async fn write(&self, key: &FileKey, bytes: Bytes, mode: PutMode) -> object_store::Result<()> {
        let mut options = PutOptions::from(mode);
        if self.bucket.is_some() {
            options.attributes = Attributes::from_iter([
                (Attribute::ContentType, key.content_type()),
                (Attribute::CacheControl, key.cache_control()),
            ]);
        }
        let path = self.object_path(&key.path());
        self.writer.put_opts(&path, bytes.into(), options).await?;
        Ok(())
    }

    async fn expect_whole(&self, key: &FileKey) -> Result<(), FilesError> {
        if self.is_whole(key).await? {
            return Ok(());
        }
        Err(self.seen(FilesError::Damaged {
            place: self.place.to_string(),
            path: key.path(),
        }))
    }

    /// Whether the bucket has exactly the bytes that the key is about.
    async fn is_whole(&self, key: &FileKey) -> Result<bool, FilesError> {
        let path = self.object_path(&key.path());
        let found = match self.writer.get(&path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(self.error("read", key, error)),
        };
        let stream: FileStream = Box::pin(found.into_stream().map_err(io::Error::from));
        let checksum = verify::checksum(stream).await;
        let checksum = checksum.map_err(|source| FilesError::Away {
            place: self.place.to_string(),
            source: source.into(),
        })?;
        Ok(checksum == key.checksum())
    }
}
