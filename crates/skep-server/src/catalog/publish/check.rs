//! The rules for packages: what customers' tools need to use one, as hex.pm has them for private
//! packages.

use std::fmt;

use serde::Serialize;
use skep_formats::checksum::Sha256;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::registry::Dependency;
use skep_formats::requirement::Requirement as VersionRequirement;
use skep_formats::tarball::{self, Metadata, ReleaseInfo, Requirement};
use skep_formats::version::Version;

use crate::licensing::grant::ReleaseName;

/// Tools read version numbers up to this.
const MAX_NUMBER: u64 = 99_999_999_999_999;
/// `NAME-VERSION.tar` has to be a file name everywhere.
const MAX_NAME_AND_VERSION: usize = 200;
/// The public repository, which every tool knows by this name.
const HEXPM: &str = "hexpm";

/// Applications of Erlang/OTP and Elixir: a package of that name would hide them.
const RESERVED: &[&str] = &[
    "asn1",
    "common_test",
    "compiler",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eex",
    "eldap",
    "elixir",
    "erl_interface",
    "erlang",
    "erts",
    "et",
    "eunit",
    "ex_unit",
    "ftp",
    "iex",
    "inets",
    "jinterface",
    "kernel",
    "logger",
    "megaco",
    "mix",
    "mnesia",
    "observer",
    "odbc",
    "os_mon",
    "otp",
    "parsetools",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "tftp",
    "tools",
    "wx",
    "xmerl",
];

/// A rule that a package breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field of the metadata.
    pub field: String,
    /// What is wrong with it, and what would do.
    pub text: String,
    /// The same in hex.pm's words, which tools and their users know.
    #[serde(skip)]
    pub words: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.text)
    }
}

/// Which rules count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::catalog) enum Rules {
    /// Those of hex.pm.
    Publishing,
    /// What customers use already, whatever its metadata lacks and wherever its dependencies are.
    Importing,
}

/// What is known of a tarball that obeys the rules.
pub(in crate::catalog) struct Checked {
    pub(in crate::catalog) inner_checksum: Sha256,
    pub(in crate::catalog) outer_checksum: Sha256,
    pub(in crate::catalog) size_bytes: u64,
    pub(in crate::catalog) dependencies: Vec<Dependency>,
    pub(in crate::catalog) metadata: serde_json::Value,
    /// Dependencies that name no repository: tools look for them in this one.
    pub(in crate::catalog) homeless: Vec<String>,
}

/// Checks everything before it gives up.
pub(super) fn check(
    info: &ReleaseInfo,
    repository: RepositoryName,
    rules: Rules,
) -> Result<(ReleaseName, Checked), Vec<Problem>> {
    let mut problems = Problems::default();
    let metadata = &info.metadata;
    let package = problems.name(&metadata.name);
    let version = problems.version(&metadata.version);
    if rules == Rules::Publishing {
        problems.required(metadata);
    }
    for requirement in &metadata.requirements {
        problems.requirement(requirement);
        if rules == Rules::Publishing {
            problems.home(requirement, &repository);
        }
    }
    problems.file_name(metadata);
    let (Some(package), Some(version), true) = (package, version, problems.0.is_empty()) else {
        return Err(problems.0);
    };
    let checked = Checked {
        inner_checksum: info.inner_checksum,
        outer_checksum: info.outer_checksum,
        size_bytes: info.size_bytes,
        dependencies: tarball::dependencies(metadata, repository.as_str()),
        metadata: metadata.to_json(),
        homeless: homeless(metadata),
    };
    Ok((
        ReleaseName {
            repository,
            package,
            version,
        },
        checked,
    ))
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, text: impl Into<String>, words: impl Into<String>) {
        self.0.push(Problem {
            field: field.into(),
            text: text.into(),
            words: words.into(),
        });
    }

    fn name(&mut self, text: &str) -> Option<PackageName> {
        if RESERVED.contains(&text) {
            let ours = format!("`{text}` is an application of Erlang or Elixir");
            self.add("name", ours, "is reserved");
        }
        PackageName::parse(text)
            .map_err(|error| {
                let words = match text.chars().count() {
                    0 => "can't be blank",
                    1 => "should be at least 2 character(s)",
                    _ => "has invalid format",
                };
                self.add("name", error.to_string(), words);
            })
            .ok()
    }

    fn version(&mut self, text: &str) -> Option<Version> {
        let version = Version::parse(text)
            .map_err(|error| self.add("version", error.to_string(), "is invalid SemVer"))
            .ok()?;
        if version.build.is_some() {
            let ours = format!(
                "`{text}` has build metadata (what follows `+`), which tools ignore: leave it out"
            );
            self.add("version", ours, "build number not allowed");
        }
        if version.major.max(version.minor).max(version.patch) > MAX_NUMBER {
            let ours = format!("`{text}` has a number above {MAX_NUMBER}");
            let words = format!("numeric components must be at most {MAX_NUMBER}");
            self.add("version", ours, words);
        }
        Some(version)
    }

    fn file_name(&mut self, metadata: &Metadata) {
        if metadata.name.len() + metadata.version.len() > MAX_NAME_AND_VERSION {
            let text = format!(
                "name and version together have more than {MAX_NAME_AND_VERSION} characters"
            );
            self.add("version", text.as_str(), text.as_str());
        }
    }

    fn required(&mut self, metadata: &Metadata) {
        if metadata.app.as_deref().unwrap_or_default().is_empty() {
            let ours = "is missing: the name of the OTP application";
            self.add("app", ours, "can't be blank");
        }
        if metadata.build_tools.is_empty() {
            let ours = "is missing: what builds it, such as `mix` or `rebar3`";
            self.add("build_tools", ours, "can't be blank");
        }
        if metadata.files.is_empty() {
            let ours = "is missing: the list of the files in it";
            self.add("files", ours, "package can't be empty");
        }
    }

    fn requirement(&mut self, requirement: &Requirement) {
        let Requirement {
            name,
            requirement: text,
            ..
        } = requirement;
        let field = format!("requirements.{name}");
        if let Err(error) = PackageName::parse(name) {
            self.add(field.as_str(), error.to_string(), "has invalid format");
        }
        let words = format!("invalid requirement: \"{text}\"");
        match VersionRequirement::parse(text) {
            Err(error) => self.add(field, error.to_string(), words),
            Ok(_) if text.contains("!=") => self.add(
                field,
                format!("`{text}` uses `!=`, which is not allowed"),
                format!("{words}, != is not allowed in requirements"),
            ),
            Ok(_) => {}
        }
    }

    fn home(&mut self, requirement: &Requirement, own: &RepositoryName) {
        let Requirement {
            name, repository, ..
        } = requirement;
        let other = repository.as_deref();
        let other = other.filter(|name| *name != HEXPM && *name != own.as_str());
        if let Some(other) = other {
            self.add(
                format!("requirements.{name}"),
                format!("is in repository `{other}`: only `{HEXPM}` and `{own}` are allowed"),
                format!(
                    "dependencies can only belong to public repository \"{HEXPM}\" or current repository \"{own}\", \
                     got: \"{other}\""
                ),
            );
        }
    }
}

fn homeless(metadata: &Metadata) -> Vec<String> {
    let without = metadata
        .requirements
        .iter()
        .filter(|requirement| requirement.repository.is_none());
    without
        .map(|requirement| requirement.name.clone())
        .collect()
}
