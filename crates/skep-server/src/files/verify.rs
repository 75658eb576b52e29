//! Bytes from a bucket that somebody else may have changed: whoever reads them to the end knows that
//! they are the right ones.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use skep_formats::checksum::{Sha256, Sha256Hasher};

use super::errors_seen::ErrorsSeen;
use super::{FileKey, FileStream};

struct Reading {
    stream: FileStream,
    hasher: Sha256Hasher,
    /// Kept back until it is known whether all of it is right.
    last: Option<Bytes>,
    key: FileKey,
    errors_seen: Arc<ErrorsSeen>,
}

/// The same bytes, but for the last block when they are not those of the key: then an error.
pub(super) fn verified(
    stream: FileStream,
    key: &FileKey,
    errors_seen: &Arc<ErrorsSeen>,
) -> FileStream {
    let reading = Reading {
        stream,
        hasher: Sha256Hasher::new(),
        last: None,
        key: key.clone(),
        errors_seen: Arc::clone(errors_seen),
    };
    Box::pin(stream::unfold(Some(reading), next))
}

async fn next(reading: Option<Reading>) -> Option<(io::Result<Bytes>, Option<Reading>)> {
    let mut reading = reading?;
    loop {
        match reading.stream.next().await {
            Some(Ok(bytes)) if bytes.is_empty() => {}
            Some(Ok(bytes)) => {
                reading.hasher.update(&bytes);
                if let Some(before) = reading.last.replace(bytes) {
                    return Some((Ok(before), Some(reading)));
                }
            }
            Some(Err(error)) => return Some((Err(error), None)),
            None => return finish(reading).map(|last| (last, None)),
        }
    }
}

fn finish(reading: Reading) -> Option<io::Result<Bytes>> {
    let found = reading.hasher.finish();
    if found == reading.key.checksum() {
        return reading.last.map(Ok);
    }
    reading.errors_seen.note_damaged();
    let path = reading.key.path();
    tracing::error!(path, %found, "a stored file was changed: it is not served");
    Some(Err(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("`{path}` was changed: its checksum is another"),
    )))
}

/// The checksum of all of it.
pub(super) async fn checksum(mut stream: FileStream) -> io::Result<Sha256> {
    let mut hasher = Sha256Hasher::new();
    while let Some(bytes) = stream.next().await {
        hasher.update(&bytes?);
    }
    Ok(hasher.finish())
}
