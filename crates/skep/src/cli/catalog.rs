//! `publish` and `package`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;
use skep_server::clock::Timestamp;

use crate::dates::parse_date;
use crate::servers::ServerRef;

const PUBLISH_HELP: &str = "\
Each tarball is checked as hex.pm checks a private package. A bad one is named
with its fault, the others are published, and the exit code is 1.

A release keeps the date of its first publication, which the --updates-until of a
license is compared with. To correct a date, publish the same file again with
--replace --published-at DATE.

A file that is there already, byte for byte, is a success without effect: a build
that is run again needs no --replace. Other bytes under the same version do.

With --server, somebody must be logged in there (`skep login`), or SKEP_API_KEY
be set; no skep.toml is needed.

Examples:
  mix hex.build && skep publish acme_pro-1.0.0.tar
  skep publish acme_pro-1.0.0.tar --docs acme_pro-1.0.0-docs.tar.gz
  skep publish old/*.tar --published-at 2024-06-30
  skep publish acme_pro-1.0.0.tar --server https://hex.acme.dev";

/// `publish`
#[derive(Debug, Args)]
#[command(after_help = PUBLISH_HELP)]
pub(crate) struct Publish {
    /// Package tarballs, as `mix hex.build` or `rebar3 hex build` makes them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Take the place of a release with the same version; it keeps its date
    #[arg(long)]
    pub(crate) replace: bool,

    /// Its documentation, a .tar.gz; for one FILE only
    #[arg(long, value_name = "FILE")]
    pub(crate) docs: Option<PathBuf>,

    /// When it was first published, if not now: 2024-06-30 or 2024-06-30T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(crate) published_at: Option<Timestamp>,

    /// Which repository, if the configuration has several
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,

    /// Publish at another server, over its API: a name from `skep repo list`, or its URL
    #[arg(long, value_name = "URL|NAME", conflicts_with_all = ["published_at", "repository", "config"])]
    pub(crate) server: Option<ServerRef>,
}

/// `package …`
#[derive(Debug, Subcommand)]
pub(crate) enum Package {
    /// Every package with its newest version
    List(PackageList),
    /// A package with its releases
    Show(PackageShow),
    /// Advise against a release; customers still get it
    Retire(PackageRetire),
    /// Take back that advice
    Unretire(PackageRelease),
    /// Remove a release; one that somebody downloaded only with --force
    Delete(PackageDelete),
}

/// `package list`
#[derive(Debug, Args)]
pub(crate) struct PackageList {
    /// Only of this repository
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,
}

/// `package show`
#[derive(Debug, Args)]
pub(crate) struct PackageShow {
    /// The package
    pub(crate) name: PackageName,

    /// Which repository, if the configuration has several
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,
}

/// A release.
#[derive(Debug, Args)]
pub(crate) struct PackageRelease {
    /// The package
    pub(crate) name: PackageName,

    /// The version
    pub(crate) version: Version,

    /// Which repository, if the configuration has several
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,
}

/// `package retire`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  skep package retire acme_pro 1.0.1 security --message \"Please use 1.0.2\""
)]
pub(crate) struct PackageRetire {
    #[command(flatten)]
    pub(crate) release: PackageRelease,

    /// Why: other, invalid, security, deprecated or renamed
    #[arg(hide_possible_values = true, value_parser = ["other", "invalid", "security", "deprecated", "renamed"])]
    pub(crate) reason: String,

    /// What customers are told, up to 140 characters
    #[arg(long)]
    pub(crate) message: Option<String>,
}

/// `package delete`
#[derive(Debug, Args)]
pub(crate) struct PackageDelete {
    #[command(flatten)]
    pub(crate) release: PackageRelease,

    /// Although customers downloaded it and their locked builds will fail
    #[arg(long)]
    pub(crate) force: bool,
}
