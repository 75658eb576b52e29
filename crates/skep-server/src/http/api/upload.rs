//! Files that clients send: checked by their headers first, then streamed to a temporary file, which goes
//! away with whoever holds it. The first read of a body is what makes hyper answer `Expect: 100-continue`,
//! so whatever is refused before costs the client no upload.

use std::io;
use std::path::Path;

use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use tempfile::TempPath;
use tokio::io::{AsyncWriteExt, BufWriter};

use crate::files::is_out_of_room;
use crate::http::api::ApiError;
use crate::http::api::format::{Patience, next_chunk, refuse_long, too_large, too_slow};

/// What clients call the files they send.
const TYPES: [&str; 4] = [
    "application/octet-stream",
    "application/x-tar",
    "application/gzip",
    "application/x-gzip",
];

/// What the spool removes when the process that wrote it is gone.
const SUFFIX: &str = ".tmp";

/// Fewer and larger writes.
const BUFFER_BYTES: usize = 256 * 1024;

/// A file that was sent. Deleted when dropped.
#[derive(Debug)]
pub(crate) struct Upload {
    path: TempPath,
}

impl Upload {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Refuses by its headers what could not be taken anyway.
///
/// # Errors
/// 413 or 415.
pub(crate) fn check(headers: &HeaderMap, limit: u64) -> Result<(), ApiError> {
    // Gleam sends two of them, and only the second is right.
    let mut kinds = headers
        .get_all(CONTENT_TYPE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(|text| text.split(';').next().unwrap_or_default().trim());
    if !kinds.any(|kind| TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known))) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "the body has to be a file: its Content-Type one of {}",
                TYPES.join(", ")
            ),
        ));
    }
    refuse_long(headers, limit)
}

/// Takes the body of a request whose headers were [`check`]ed, into a file in the spool's folder: that is on
/// a disk of this server, with room for what comes and goes. The system's own may be memory.
///
/// # Errors
/// It is larger than allowed, too slow, or ends too early.
pub(crate) async fn receive(
    request: Request,
    limit: u64,
    folder: &Path,
) -> Result<Upload, ApiError> {
    let patience = Patience::of(request.extensions());
    let folder = folder.to_owned();
    let make = move || {
        let mut file = tempfile::Builder::new();
        file.prefix("upload-").suffix(SUFFIX).tempfile_in(folder)
    };
    let made = tokio::task::spawn_blocking(make)
        .await
        .map_err(io::Error::other)
        .and_then(|made| made);
    let (file, path) = made.map_err(|error| untaken(&error))?.into_parts();
    let file = BufWriter::with_capacity(BUFFER_BYTES, tokio::fs::File::from_std(file));
    let copied = tokio::time::timeout(patience.whole, copy(request, file, (limit, patience)));
    copied.await.unwrap_or_else(|_| Err(too_slow()))?;
    Ok(Upload { path })
}

async fn copy(
    request: Request,
    mut file: BufWriter<tokio::fs::File>,
    (limit, patience): (u64, Patience),
) -> Result<(), ApiError> {
    let failed = |error: io::Error| untaken(&error);
    let mut chunks = request.into_body().into_data_stream();
    let mut size = 0_u64;
    while let Some(chunk) = next_chunk(&mut chunks, patience).await? {
        size += chunk.len() as u64;
        if size > limit {
            return Err(too_large(limit));
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)
}

/// The folder does not take the file: that is ours to mend.
fn untaken(error: &io::Error) -> ApiError {
    tracing::error!(%error, "an upload cannot be kept in the folder that `[usage] spool_dir` names");
    let why = if is_out_of_room(error) {
        "there is no room for uploads here just now"
    } else {
        "uploads cannot be taken here just now"
    };
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        format!("{why}; nothing was published"),
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::IntoResponse;

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_is_told() {
        for size in [10, 3 * BUFFER_BYTES] {
            let full = fs_err::OpenOptions::new().write(true).open("/dev/full");
            let full = tokio::fs::File::from_std(full.unwrap().into_file());
            let file = BufWriter::with_capacity(BUFFER_BYTES, full);
            let request = Request::new(Body::from(vec![7; size]));
            let patience = Patience::of(request.extensions());
            let refused = copy(request, file, (1 << 30, patience)).await.unwrap_err();
            assert!(format!("{refused:?}").contains("no room for uploads"));
            let status = refused.into_response().status();
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}
