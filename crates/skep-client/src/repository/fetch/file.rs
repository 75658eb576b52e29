//! Large files, from the server to the disk.

use std::ffi::OsString;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use fs_err::{File, OpenOptions};
use http::{Request, StatusCode};
use skep_formats::checksum::{Sha256, Sha256Hasher};
use skep_formats::registry::Release;

use super::super::{docs_request, docs_url, open, tarball, tarball_request, tarball_url};
use crate::Config;
use crate::answer::{is_web_page, status_error};
use crate::error::{DecodeError, Error, ShownUrl};
use crate::http_client::{Body, HttpClient, Sink};

/// The tarball of `release`, which the registry lists for the package `name`, as the file `path`.
///
/// The file appears whole and verified or not at all, also when the future is dropped; one that was there before is
/// replaced only then. Memory use does not depend on the tarball's size. Pieces are written as they arrive, on the
/// thread that polls.
pub async fn tarball_to_file(
    client: &impl HttpClient,
    config: &Config,
    name: &str,
    release: &Release,
    path: &Path,
) -> Result<(), Error> {
    let url = tarball_url(config, name, &release.version)?;
    let request = tarball_request(config, name, &release.version)?;
    let received = receive(client, request, &url, path).await?;
    let checked = match release.outer_checksum {
        Some(expected) => tarball::compare(received.checksum(), expected),
        None => received
            .open()
            .map(|file| tarball::check_inner(file, received.checksum(), release))?,
    };
    checked.map_err(|source| Error::Verify { url, source })?;
    received.keep()
}

/// The documentation of a release, a `.tar.gz`, as the file `path`; otherwise as [`tarball_to_file`].
pub async fn docs_to_file(
    client: &impl HttpClient,
    config: &Config,
    name: &str,
    version: &str,
    path: &Path,
) -> Result<(), Error> {
    let url = docs_url(config, name, version)?;
    let request = docs_request(config, name, version)?;
    let received = receive(client, request, &url, path).await?;
    match received.start == open::GZIP_MAGIC {
        true => received.keep(),
        false => {
            let source = DecodeError::Shape("it is not compressed with gzip".to_owned());
            Err(Error::Decode { url, source })
        }
    }
}

async fn receive(
    client: &impl HttpClient,
    request: Request<Body>,
    url: &ShownUrl,
    path: &Path,
) -> Result<Partial, Error> {
    let mut partial = Partial::create(path)?;
    let response = client.send_to(request, &mut partial).await?;
    if response.status() != StatusCode::OK {
        return Err(status_error(url.clone(), &response).into());
    }
    if is_web_page(&response) {
        return Err(Error::Decode {
            url: url.clone(),
            source: DecodeError::WebPage,
        });
    }
    Ok(partial)
}

/// A file that is not whole yet, beside the one it will be. Removed when dropped.
struct Partial {
    target: PathBuf,
    path: PathBuf,
    file: File,
    hasher: Sha256Hasher,
    /// The first bytes, as many as there are of two.
    start: Vec<u8>,
}

impl Partial {
    fn create(target: &Path) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(format!(".{}-{number}.part", std::process::id()));
        let path = target.with_file_name(name);
        let failed = |source| not_written(target, source);
        // What a process with the same id left behind is in nobody's use.
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(failed)?;
        let target = target.to_owned();
        Ok(Self {
            target,
            path,
            file,
            hasher: Sha256Hasher::new(),
            start: Vec::new(),
        })
    }

    fn checksum(&self) -> Sha256 {
        self.hasher.clone().finish()
    }

    fn open(&self) -> Result<BufReader<File>, Error> {
        let file = File::open(&self.path).map_err(|source| not_written(&self.target, source))?;
        Ok(BufReader::new(file))
    }

    fn keep(self) -> Result<(), Error> {
        let kept = self
            .file
            .sync_all()
            .and_then(|()| fs_err::rename(&self.path, &self.target));
        kept.map_err(|source| not_written(&self.target, source))
    }
}

impl Sink for Partial {
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let missing = open::GZIP_MAGIC.len().saturating_sub(self.start.len());
        self.start.extend(piece.iter().take(missing));
        self.hasher.update(piece);
        self.file.write_all(piece)
    }

    fn restart(&mut self) -> io::Result<()> {
        self.hasher = Sha256Hasher::new();
        self.start.clear();
        self.file.set_len(0)?;
        io::Seek::rewind(&mut self.file)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // It was renamed if all went well.
        let _ = fs_err::remove_file(&self.path);
    }
}

fn not_written(path: &Path, source: io::Error) -> Error {
    Error::File {
        path: path.display().to_string(),
        source,
    }
}
