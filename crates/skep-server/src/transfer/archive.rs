//! The file itself: a tar archive, written and read in a thread of its own.

use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fs_err::File;
use skep_formats::checksum::Sha256Hasher;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::error::BackupError;
use super::manifest::{HEAD, SEAL};
use crate::clock::Timestamp;

/// No member is larger: a release's tarball never is.
const LARGEST: u64 = 2 * 1024 * 1024 * 1024;
/// Members that wait for the thread.
const WAITING: usize = 2;

/// One file in a backup.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) bytes: Bytes,
}

/// The checksum over members, in their order.
#[derive(Debug)]
pub(super) struct Sum {
    hasher: Sha256Hasher,
    pub(super) members: u64,
}

impl Sum {
    pub(super) fn new() -> Self {
        Self {
            hasher: Sha256Hasher::new(),
            members: 0,
        }
    }

    pub(super) fn add(&mut self, member: &Member) {
        for part in [member.name.as_bytes(), &member.bytes] {
            self.hasher.update(&(part.len() as u64).to_le_bytes());
            self.hasher.update(part);
        }
        self.members += 1;
    }

    pub(super) fn finish(self) -> String {
        self.hasher.finish().to_string()
    }
}

/// A backup that is being written.
pub(super) struct Writer {
    members: mpsc::Sender<Member>,
    thread: JoinHandle<std::io::Result<()>>,
    pub(super) sum: Sum,
}

impl Writer {
    pub(super) fn start(file: std::fs::File, at: Timestamp) -> Self {
        let (members, mut received) = mpsc::channel::<Member>(WAITING);
        let thread = tokio::task::spawn_blocking(move || {
            let mut tar = tar::Builder::new(BufWriter::with_capacity(1 << 20, file));
            while let Some(member) = received.blocking_recv() {
                append(&mut tar, &member, at)?;
            }
            let file = tar.into_inner()?;
            let file = file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            // A backup that a power cut takes away is none.
            file.sync_all()
        });
        Self {
            members,
            thread,
            sum: Sum::new(),
        }
    }

    pub(super) async fn put(
        &mut self,
        name: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Result<(), BackupError> {
        let member = Member {
            name: name.into(),
            bytes: bytes.into(),
        };
        self.sum.add(&member);
        if self.members.send(member).await.is_ok() {
            return Ok(());
        }
        // The thread has ended, so it has an error.
        let ended = (&mut self.thread).await;
        Err(BackupError::Write(match ended {
            Ok(Err(error)) => error,
            Ok(Ok(())) | Err(_) => std::io::Error::other("its thread has ended"),
        }))
    }

    /// Returns when all of it is on disk.
    pub(super) async fn finish(self) -> Result<(), BackupError> {
        drop(self.members);
        let ended = self.thread.await.map_err(std::io::Error::other);
        ended.flatten().map_err(BackupError::Write)
    }
}

fn append(
    tar: &mut tar::Builder<impl Write>,
    member: &Member,
    at: Timestamp,
) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(member.bytes.len() as u64);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(at.seconds()).unwrap_or(0));
    tar.append_data(&mut header, &member.name, &*member.bytes)
}

/// The members of a backup whose names begin with one of `wanted`, or all.
pub(super) fn read(
    path: &Path,
    wanted: &'static [&'static str],
) -> mpsc::Receiver<Result<Member, BackupError>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let path = path.to_path_buf();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = send_all(&path, wanted, &sender) {
            // Nobody listens when our caller has had enough.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

fn send_all(
    path: &PathBuf,
    wanted: &[&str],
    sender: &mpsc::Sender<Result<Member, BackupError>>,
) -> Result<(), BackupError> {
    let file = File::open(path).map_err(BackupError::Read)?;
    let mut tar = tar::Archive::new(BufReader::with_capacity(1 << 20, file));
    let mut is_first = true;
    let mut last = String::new();
    let entries = tar.entries_with_seek().map_err(BackupError::Read)?;
    for entry in entries {
        let broken = |error: std::io::Error| broken(path, is_first, &error);
        let mut entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if is_first && name != HEAD {
            return Err(BackupError::Foreign(path.clone()));
        }
        if !wanted.is_empty() && !wanted.iter().any(|start| name.starts_with(start)) {
            is_first = false;
            continue;
        }
        let size = entry.size();
        if size > LARGEST {
            return Err(BackupError::damaged(path, format!("`{name}` is too large")));
        }
        let mut bytes = Vec::new();
        let read = entry.read_to_end(&mut bytes).map_err(broken)?;
        if read as u64 != size {
            return Err(BackupError::Truncated(path.clone()));
        }
        is_first = false;
        last.clone_from(&name);
        let bytes = Bytes::from(bytes);
        if sender.blocking_send(Ok(Member { name, bytes })).is_err() {
            return Ok(());
        }
    }
    match last.as_str() {
        _ if is_first => Err(BackupError::Foreign(path.clone())),
        SEAL => Ok(()),
        _ if wanted.is_empty() => Err(BackupError::Truncated(path.clone())),
        _ => Ok(()),
    }
}

/// Reading tar fails in many words where the file ends too early or is something else.
fn broken(path: &Path, is_first: bool, error: &std::io::Error) -> BackupError {
    if is_first {
        BackupError::Foreign(path.to_path_buf())
    } else if ends_too_early(error) {
        BackupError::Truncated(path.to_path_buf())
    } else {
        BackupError::damaged(path, error.to_string())
    }
}

fn ends_too_early(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::UnexpectedEof
        || error.to_string().contains("failed to read entire block")
}
