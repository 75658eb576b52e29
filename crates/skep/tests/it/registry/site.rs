//! A directory of tarballs to build from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::package::Package;
use crate::support::run::{Ran, run};

/// 2024-01-01T00:00:00Z, the time of the golden tarballs.
pub(crate) const THEN: u64 = 1_704_067_200;

pub(crate) fn golden(path: &str) -> PathBuf {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden/");
    PathBuf::from(format!("{golden}{path}"))
}

/// Runs `skep registry`.
pub(crate) fn skep(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
    run(command.arg("registry").args(arguments))
}

/// Sets a file's time to so many seconds after [`THEN`]: old enough to be believed.
pub(crate) fn set_time(path: &Path, seconds: u64) {
    let file = fs_err::OpenOptions::new()
        .write(true)
        .open(path)
        .expect("the temporary folder is writable");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(THEN + seconds);
    file.into_parts()
        .0
        .set_modified(time)
        .expect("the temporary folder is writable");
}

pub(crate) struct Site {
    directory: tempfile::TempDir,
    key: PathBuf,
    name: &'static str,
}

impl Site {
    pub(crate) fn new() -> Self {
        let site = Self {
            directory: tempfile::tempdir().expect("a temporary folder"),
            key: golden("keys/rsa2048.pem"),
            name: "acme",
        };
        fs_err::create_dir(site.path("tarballs")).expect("the temporary folder is writable");
        site
    }

    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.key = golden(key);
        self
    }

    pub(crate) fn called(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    pub(crate) fn root(&self) -> &str {
        self.directory.path().to_str().expect("UTF-8 paths")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// Adds releases, each `NAME-VERSION`.
    pub(crate) fn add(&self, releases: &[&str]) {
        for release in releases {
            let (name, version) = release.split_once('-').expect("NAME-VERSION");
            let package = Package::new(name, version);
            let file = format!("tarballs/{}", package.file_name());
            self.write(&file, &package.tarball());
        }
    }

    /// Writes a file with a time in the past.
    pub(crate) fn write(&self, file: &str, data: &[u8]) {
        fs_err::write(self.path(file), data).expect("the temporary folder is writable");
        set_time(&self.path(file), 0);
    }

    pub(crate) fn build(&self, options: &[&str]) -> Ran {
        let key = self.key.to_str().expect("UTF-8 paths");
        let arguments = [
            "build",
            self.root(),
            "--name",
            self.name,
            "--private-key",
            key,
        ];
        skep(&[&arguments, options].concat())
    }

    /// What a build says it did.
    pub(crate) fn built(&self, options: &[&str]) -> Value {
        let ran = self.build(&[options, &["--json"]].concat()).succeeded();
        serde_json::from_str(&ran.stdout).expect("JSON")
    }

    pub(crate) fn verify(&self, options: &[&str]) -> Ran {
        skep(&[&["verify", self.root()], options].concat())
    }

    /// Every file that is not hidden, with its bytes.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for directory in ["", "packages"] {
            for entry in fs_err::read_dir(self.path(directory)).expect("it is readable") {
                let path = entry.expect("it is readable").path();
                if path.is_file() {
                    let name = path
                        .strip_prefix(self.directory.path())
                        .expect("it is inside");
                    let data = fs_err::read(&path).expect("it is readable");
                    files.push((name.to_str().expect("UTF-8 paths").to_owned(), data));
                }
            }
        }
        files.sort();
        files
    }
}
