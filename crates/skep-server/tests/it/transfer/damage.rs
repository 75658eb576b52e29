//! Files that are no whole backup: nothing of them is ever written anywhere.

use std::path::{Path, PathBuf};

use skep_server::transfer::{Backup, BackupError};

use super::back_up;
use crate::support::{Sale, Setup, TestApp};

async fn opened(path: &Path) -> Result<Backup, BackupError> {
    Backup::open(path).await
}

async fn one() -> (TestApp, PathBuf, Vec<u8>) {
    let app = TestApp::on(Setup::Small, &[]).await;
    app.publish("alpha", "1.0.0").await;
    app.sell(Sale::of("alpha")).await;
    let (file, _) = back_up(&app, "backup.tar").await;
    let bytes = fs_err::read(&file).unwrap();
    (app, file, bytes)
}

#[tokio::test]
async fn a_backup_that_ends_too_early_is_refused_wherever_it_ends() {
    let (app, _, bytes) = one().await;
    let path = app.dir().join("cut.tar");
    // The last kilobyte is only what tar ends with.
    let last = bytes.len() - 1024 - 512;
    for end in (0..last)
        .step_by(512 * 3)
        .chain([1, 100, 511, 513, last - 1])
    {
        fs_err::write(&path, &bytes[..end]).unwrap();
        let error = opened(&path).await.unwrap_err();
        let is_named = matches!(
            error,
            BackupError::Foreign(_) | BackupError::Truncated(_) | BackupError::Damaged { .. }
        );
        assert!(is_named, "{end}: {error}");
        if end > 20_000 {
            assert!(matches!(error, BackupError::Truncated(_)), "{end}: {error}");
        }
    }
}

#[tokio::test]
async fn a_byte_that_changed_is_found_wherever_it_is() {
    let (app, _, bytes) = one().await;
    let path = app.dir().join("changed.tar");
    let (mut found, mut harmless) = (0, 0);
    for position in (0..bytes.len()).step_by(97) {
        let mut changed = bytes.clone();
        changed[position] ^= 0x40;
        fs_err::write(&path, &changed).unwrap();
        match opened(&path).await {
            Err(_) => found += 1,
            Ok(backup) => {
                // What tar fills its blocks up with says nothing.
                assert_eq!(bytes[position], 0, "byte {position} counts");
                assert_eq!(backup.manifest.rows("licenses"), 1);
                harmless += 1;
            }
        }
    }
    assert!(found > harmless / 4, "{found} found, {harmless} harmless");
}

#[tokio::test]
async fn other_files_are_no_backup() {
    let (app, _, bytes) = one().await;
    let path = app.dir().join("other.tar");
    let tarball = fs_err::read(app.dir().join("alpha-1.0.0.tar")).unwrap();
    let garbage: Vec<u8> = bytes.iter().rev().copied().collect();
    for other in [
        Vec::new(),
        b"Dear diary".to_vec(),
        tarball,
        garbage,
        vec![0; 10_240],
    ] {
        fs_err::write(&path, &other).unwrap();
        let error = opened(&path).await.unwrap_err();
        assert!(matches!(error, BackupError::Foreign(_)), "{error}");
        assert!(error.to_string().contains("is no backup"), "{error}");
    }
    let error = opened(&app.dir().join("nothing.tar")).await.unwrap_err();
    assert!(matches!(error, BackupError::Read(_)), "{error}");
}

/// The first member, with another text in it.
fn with_head(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut old = tar::Archive::new(bytes);
    let mut new = tar::Builder::new(Vec::new());
    for entry in old.entries().unwrap() {
        let mut entry = entry.unwrap();
        let (mut header, path) = (entry.header().clone(), entry.path().unwrap().into_owned());
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        if path == Path::new("skep-backup.json") {
            let text = String::from_utf8(content).unwrap();
            assert!(text.contains(from), "{text}");
            content = text.replacen(from, to, 1).into_bytes();
        }
        header.set_size(content.len() as u64);
        new.append_data(&mut header, path, &*content).unwrap();
    }
    new.into_inner().unwrap()
}

#[tokio::test]
async fn what_a_later_program_made_is_named() {
    let (app, _, bytes) = one().await;
    let path = app.dir().join("later.tar");
    for (from, to) in [
        ("\"skep_backup\": 1", "\"skep_backup\": 2"),
        ("\"schema\": ", "\"schema\": 9"),
    ] {
        fs_err::write(&path, with_head(&bytes, from, to)).unwrap();
        let error = opened(&path).await.unwrap_err();
        assert!(matches!(error, BackupError::Newer { .. }), "{error}");
    }
    // A name that would end a statement.
    let hostile = with_head(&bytes, "\"usage\"", "\"usage\\\"; DROP\"");
    fs_err::write(&path, hostile).unwrap();
    assert!(matches!(opened(&path).await, Err(BackupError::Foreign(_))));
}
