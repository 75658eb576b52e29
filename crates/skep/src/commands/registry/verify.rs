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
struct Findings {
    repository: String,
    /// The fingerprint of the key that signed.
    key: String,
    packages: usize,
    releases: usize,
    faults: Vec<Fault>,
    /// What is no fault but hardly meant.
    notes: Vec<String>,
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

fn read_key(path: &Path) -> anyhow::Result<PublicKey> {
    let pem = fs_err::read(path)?;
    PublicKey::from_pem(&pem).with_context(|| format!("cannot use `{}`", path.display()))
}

/// A URL if it says so; `C:\registry` and `registry` are directories.
fn web_url(text: &str) -> Option<Url> {
    let is_web = text.starts_with("http://") || text.starts_with("https://");
    Url::parse(text).ok().filter(|_| is_web)
}
