//! Writing a tree: each file appears whole, and what a bucket has then was read from it again.

use super::*;
use crate::files::put::deadline;

impl Tree {
    /// Writes a file, replacing what has its name: readers see the one or the other. When this returns, a
    /// folder has it on its disk, and a bucket has exactly these bytes.
    ///
    /// # Errors
    /// [`FilesError::Full`] when there is no room, [`FilesError::Away`] when the store does not answer.
    pub async fn put(&self, path: &TreePath, bytes: Bytes) -> Result<(), FilesError> {
        if !self.is_bucket() {
            return self.write(path, bytes).await;
        }
        let checksum = Sha256::of(&bytes);
        let attempt = async {
            let deadline = deadline(bytes.len());
            tokio::time::timeout(deadline, self.put_into_bucket(path, bytes, checksum)).await
        };
        match attempt.await {
            Ok(put) => put,
            Err(late) => Err(self.files.late(late)),
        }
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// The store refuses or does not answer.
    pub async fn delete(&self, path: &TreePath) -> Result<(), FilesError> {
        let at = self.files.object_path(&path.path());
        match self.files.writer.delete(&at).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.files.error_at("deleted", path.path(), error)),
        }
    }

    async fn put_into_bucket(
        &self,
        path: &TreePath,
        bytes: Bytes,
        checksum: Sha256,
    ) -> Result<(), FilesError> {
        self.write(path, bytes).await?;
        let at = self.files.object_path(&path.path());
        let found = self.files.writer.get(&at).await;
        let found = found.map_err(|error| self.files.error_at("read", path.path(), error))?;
        let stream: FileStream = Box::pin(found.into_stream().map_err(io::Error::from));
        let arrived = verify::checksum(stream).await;
        let arrived = arrived.map_err(|source| FilesError::Away {
            place: self.place().to_owned(),
            source: source.into(),
        })?;
        if arrived == checksum {
            return Ok(());
        }
        Err(self.files.seen(FilesError::Damaged {
            place: self.place().to_owned(),
            path: path.path(),
        }))
    }

    async fn write(&self, path: &TreePath, bytes: Bytes) -> Result<(), FilesError> {
        let mut options = PutOptions::from(PutMode::Overwrite);
        if self.is_bucket() {
            options.attributes = Attributes::from_iter([
                (Attribute::ContentType, path.content_type().to_owned()),
                (Attribute::CacheControl, path.cache_control().to_owned()),
                (
                    Attribute::Metadata(CHECKSUM.into()),
                    Sha256::of(&bytes).to_string(),
                ),
            ]);
        }
        if let Some(folder) = &self.folder {
            // What a process left behind that was killed in the middle of this very file. It is rarely there.
            let _ = fs_err::remove_file(folder.join(format!("{path}#1")));
        }
        let at = self.files.object_path(&path.path());
        let put = self.files.writer.put_opts(&at, bytes.into(), options).await;
        put.map_err(|error| self.files.error_at("written", path.path(), error))?;
        Ok(())
    }
}
