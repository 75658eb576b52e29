//! Tarballs and documentation as files, from a client that plays the server.

use std::sync::Mutex;

use super::*;
use crate::http_client::{Blocking, BlockingHttpClient, SendError, Sink, run};

/// Gives `answers` one after the other.
struct Script(Mutex<Vec<Response<Bytes>>>);

impl BlockingHttpClient for Script {
    fn send(&self, _request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        Ok(self.0.lock().unwrap().remove(0))
    }
}

fn client(response: Response<Bytes>) -> Blocking<Script> {
    Blocking(Script(Mutex::new(vec![response])))
}

fn release() -> Release {
    let response = answer(200, public("packages/alpha"));
    let package = run(fetch::package(&client(response), &acme(), "alpha")).unwrap();
    package.releases[0].clone()
}

fn to_file(
    response: Response<Bytes>,
    release: &Release,
    path: &std::path::Path,
) -> Result<(), Error> {
    run(fetch::tarball_to_file(
        &client(response),
        &acme(),
        "alpha",
        release,
        path,
    ))
}

fn files(directory: &tempfile::TempDir) -> usize {
    fs_err::read_dir(directory.path()).unwrap().count()
}

#[test]
fn a_tarball_becomes_a_file_when_it_is_right() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("alpha.tar");
    let mut release = release();
    let tarball = public("tarballs/alpha-1.0.0.tar");
    for _ in 0..2 {
        fs_err::write(&path, "an older file that is longer than nothing").unwrap();
        to_file(answer(200, tarball.clone()), &release, &path).unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), tarball);
        release.outer_checksum = None;
    }
    assert_eq!(files(&directory), 1);
}

#[test]
fn nothing_stays_of_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("alpha.tar");
    let release = release();
    let error = to_file(
        answer(200, public("tarballs/tiny-0.0.1.tar")),
        &release,
        &path,
    )
    .unwrap_err();
    assert!(matches!(
        error,
        Error::Verify {
            source: VerifyError::Checksum { .. },
            ..
        }
    ));
    let error = to_file(answer(403, "not yours"), &release, &path).unwrap_err();
    assert!(
        error.is_forbidden() && error.to_string().contains("not yours"),
        "{error}"
    );
    let error = to_file(typed("text/html", "<html>"), &release, &path).unwrap_err();
    assert!(matches!(
        error,
        Error::Decode {
            source: DecodeError::WebPage,
            ..
        }
    ));
    assert_eq!(files(&directory), 0);
    let missing = directory.path().join("missing/alpha.tar");
    let error = to_file(answer(200, ""), &release, &missing).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error:?}");
}

#[test]
fn documentation_becomes_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("docs.tar.gz");
    let docs = golden("docs/valid.tar.gz");
    let fetch = |response| {
        run(fetch::docs_to_file(
            &client(response),
            &acme(),
            "alpha",
            "1.0.0",
            &path,
        ))
    };
    assert!(fetch(answer(200, "no gzip")).is_err());
    assert_eq!(files(&directory), 0);
    fetch(answer(200, docs.clone())).unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), docs);
}

#[test]
fn a_wrong_fingerprint_is_an_error_with_the_url() {
    let fetch = |fingerprint: &str| {
        let response = answer(200, golden("keys/rsa2048_pub_spki.pem"));
        run(fetch::public_key(
            &client(response),
            &acme(),
            Some(fingerprint),
        ))
    };
    let right = String::from_utf8(golden("keys/rsa2048.fingerprint")).unwrap();
    assert!(fetch(&right).is_ok());
    let error = fetch("SHA256:wrong").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer of `https://example.com/repo/public_key` is not to be trusted"
    );
}

/// A client that loses the connection in the middle and begins again.
struct Restarting(Vec<u8>);

impl BlockingHttpClient for Restarting {
    fn send(&self, _request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        unreachable!("only streams are asked for")
    }

    fn send_to(
        &self,
        _: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> Result<Response<Bytes>, SendError> {
        let stored = sink
            .restart()
            .and_then(|()| sink.write(b"half of it"))
            .and_then(|()| sink.restart());
        stored.unwrap();
        self.0
            .chunks(1000)
            .for_each(|piece| sink.write(piece).unwrap());
        Ok(answer(200, ""))
    }
}

#[test]
fn what_is_sent_again_is_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("alpha.tar");
    let tarball = public("tarballs/alpha-1.0.0.tar");
    let client = Blocking(Restarting(tarball.clone()));
    run(fetch::tarball_to_file(
        &client,
        &acme(),
        "alpha",
        &release(),
        &path,
    ))
    .unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), tarball);
}
