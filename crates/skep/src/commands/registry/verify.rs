//! `skep registry verify`: a repository read as clients read it.

mod checks;
mod local;
mod remote;

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use skep_formats::key::PublicKey;
use url::Url;

use super::super::Outcome;
use super::report::{Fault, count};
use crate::cli::registry::Verify;
use crate::output::Output;

/// What a check found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Findings {
    pub(super) repository: String,
    /// The fingerprint of the key that signed.
    pub(super) key: String,
    pub(super) packages: usize,
    pub(super) releases: usize,
    pub(super) faults: Vec<Fault>,
    /// What is no fault but hardly meant.
    pub(super) notes: Vec<String>,
}

/// What the caller expects.
struct Expected {
    key: Option<PublicKey>,
    name: Option<String>,
}

pub(super) async fn run(output: Output, arguments: &Verify) -> anyhow::Result<Outcome> {
    let key = arguments.public_key.as_deref().map(read_key).transpose()?;
    let name = arguments.name.as_ref().map(ToString::to_string);
    let expected = Expected { key, name };
    let mut findings = match web_url(&arguments.repository) {
        Some(url) => {
            let auth_key = arguments.auth_key_file.as_deref();
            remote::verify(&url, auth_key, &expected).await?
        }
        None => local::verify(Path::new(&arguments.repository), &expected)?,
    };
    findings.faults.sort();
    findings.notes.sort();
    output.result(&findings, || findings.to_text())?;
    output.notes(&findings.notes);
    for fault in &findings.faults {
        output.talk(format_args!("error: {}: {}", fault.file, fault.fault));
    }
    Ok(match findings.faults.is_empty() {
        true => Outcome::Done,
        false => Outcome::Failed,
    })
}

/// What is wrong with a repository in a directory.
pub(super) fn folder(
    directory: &Path,
    key: Option<&Path>,
    name: Option<String>,
) -> anyhow::Result<Findings> {
    let key = key.map(read_key).transpose()?;
    let mut findings = local::verify(directory, &Expected { key, name })?;
    findings.faults.sort();
    findings.notes.sort();
    Ok(findings)
}

impl Findings {
    fn to_text(&self) -> String {
        let releases = count(self.releases, "release");
        let packages = count(self.packages, "package");
        let (repository, key) = (&self.repository, &self.key);
        match self.faults.len() {
            0 => format!("{repository}: {releases} of {packages} are right, signed by {key}"),
            faults => format!(
                "{repository}: {} in {releases} of {packages}",
                count(faults, "fault")
            ),
        }
    }
}

pub(in crate::commands) fn read_key(path: &Path) -> anyhow::Result<PublicKey> {
    let pem = fs_err::read(path)?;
    PublicKey::from_pem(&pem).with_context(|| format!("cannot use `{}`", path.display()))
}

/// A URL if it says so; `C:\registry` and `registry` are directories.
pub(in crate::commands) fn web_url(text: &str) -> Option<Url> {
    let is_web = text.starts_with("http://") || text.starts_with("https://");
    Url::parse(text).ok().filter(|_| is_web)
}
