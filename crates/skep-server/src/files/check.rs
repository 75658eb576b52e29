//! Whether a bucket is there and lets us in, before anybody needs it.

use super::*;
use crate::clock::Timestamp;

/// Never written by `serve`; `doctor` writes it, reads it and removes it.
const PROBE: &str = "skep-probe";
const PROBE_BYTES: &[u8] = b"Skep looks whether it may write here.\n";

/// How a bucket that can be used is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It answers.
    Ready,
    /// It is there, and says that it cannot just now.
    Busy,
}

impl Files {
    /// Asks a bucket for an object that need not be there; a folder was looked at when it was opened.
    ///
    /// # Errors
    /// [`FilesError::Refused`] with the setting that is wrong; also when nobody answers at all, for then
    /// the address is as likely to be wrong as the store to be away.
    pub async fn check(&self) -> Result<Found, FilesError> {
        let Some(bucket) = &self.bucket else {
            return Ok(Found::Ready);
        };
        let path = self.object_path(PROBE);
        let question = self.reader.get(&path);
        let Ok(answer) = tokio::time::timeout(ANSWER_WITHIN, question).await else {
            return Err(self.refused(bucket, fault::Fault::Silent, "no answer in time".into()));
        };
        let error = match answer {
            Ok(_) => return Ok(Found::Ready),
            Err(error) => error,
        };
        match fault::fault(&error) {
            fault::Fault::Busy => Ok(Found::Busy),
            // The right answer; but anybody can say 404, so it has to be one of the words for it.
            fault::Fault::NotAStore if is_absent(&error) => Ok(Found::Ready),
            fault @ fault::Fault::Silent => Err(self.refused(bucket, fault, error.into())),
            _ => Err(self.general_error(error)),
        }
    }

    /// The same, and whether objects can be written and removed.
    ///
    /// # Errors
    /// As [`Files::check`].
    pub async fn check_writing(&self) -> Result<Found, FilesError> {
        let found = self.check().await?;
        if self.bucket.is_none() || found == Found::Busy {
            return Ok(found);
        }
        let path = self.object_path(PROBE);
        let attempt = async {
            self.reader.put(&path, PROBE_BYTES.into()).await?;
            self.reader.delete(&path).await
        };
        match tokio::time::timeout(ANSWER_WITHIN, attempt).await {
            Ok(Ok(())) => Ok(Found::Ready),
            Ok(Err(error)) => Err(self.general_error(error)),
            Err(late) => Err(self.late(late)),
        }
    }

    /// What time it is where the bucket is, in whole seconds, as it writes it down with an object; `None`
    /// for a folder of this machine.
    ///
    /// # Errors
    /// As [`Files::check`].
    pub async fn now(&self) -> Result<Option<Timestamp>, FilesError> {
        if self.bucket.is_none() {
            return Ok(None);
        }
        let path = self.object_path(PROBE);
        let attempt = async {
            self.reader.put(&path, PROBE_BYTES.into()).await?;
            let meta = self.reader.head(&path).await?;
            self.reader.delete(&path).await?;
            Ok(meta.last_modified.timestamp())
        };
        match tokio::time::timeout(ANSWER_WITHIN, attempt).await {
            Ok(Ok(seconds)) => Ok(Some(Timestamp::from_seconds(seconds))),
            Ok(Err(error)) => Err(self.general_error(error)),
            Err(late) => Err(self.late(late)),
        }
    }

    fn refused(
        &self,
        bucket: &Bucket,
        fault: fault::Fault,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> FilesError {
        FilesError::Refused {
            place: self.place.to_string(),
            problem: fault.problem(bucket).unwrap_or_default(),
            source,
        }
    }
}

fn is_absent(error: &object_store::Error) -> bool {
    matches!(
        fault::code(&error.to_string()),
        Some("NoSuchKey" | "BlobNotFound" | "ResourceNotFound")
    )
}
