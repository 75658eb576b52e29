//! `usage`.

use clap::{Args, ValueEnum};
use skep_formats::name::{PackageName, RepositoryName};
use skep_server::clock::Timestamp;
use skep_server::ids::LicenseId;

use crate::dates::{parse_date, parse_start};

const EXAMPLES: &str = "\
Requests show up within 15 seconds. A build whose packages are cached asks for no
tarball.

Examples:
  skep usage                                  who fetched which release
  skep usage --customer rosa@example.com --since 2026-11-01
  skep usage --by customer --since 2026-10-01
  skep usage --by client-version              which tools are out there
  skep usage --by day,package
  skep usage --by delivery                    what CloudFront took over
  skep usage --license lic_… --by key,address   is a key shared?
  skep usage --refused --by customer,status";

/// Counts what customers fetched.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Usage {
    /// From the beginning of this day (UTC), or from a moment
    #[arg(long, value_name = "DATE", value_parser = parse_start)]
    pub(crate) since: Option<Timestamp>,

    /// To the end of this day (UTC), or to a moment
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(crate) until: Option<Timestamp>,

    /// Only of this customer: an address or an id
    #[arg(long, value_name = "EMAIL")]
    pub(crate) customer: Option<String>,

    /// Only of this license
    #[arg(long, value_name = "ID")]
    pub(crate) license: Option<LicenseId>,

    /// Only of this package
    #[arg(long, value_name = "NAME")]
    pub(crate) package: Option<PackageName>,

    /// Only of this repository
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,

    /// What kind of file was asked for [default: tarball; with --refused: all]
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) file: Option<Kind>,

    /// Requests that got an error, instead of those that got the file; mix is refused before it asks
    /// for a tarball
    #[arg(long)]
    pub(crate) refused: bool,

    /// One line for each; several separated by commas
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        value_delimiter = ',',
        default_value = "customer,release"
    )]
    pub(crate) by: Vec<By>,

    /// The most lines
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) limit: u32,
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A release: what counts as a download
    Tarball,
    /// A package's releases, signed: what `mix deps.get` asks for first
    Package,
    /// Documentation
    Docs,
    /// The names of all packages
    Names,
    /// The versions of all packages
    Versions,
    /// A policy
    Policy,
    /// Everything
    All,
}

/// What a line of the report stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// Day (UTC)
    Day,
    /// Customer
    Customer,
    /// License
    License,
    /// License key
    Key,
    /// Package
    Package,
    /// Package and version
    Release,
    /// Kind of file
    File,
    /// Answer: 200, 302 and 304 served the file, 400 and more refused it
    Status,
    /// How the file was delivered: direct, local_url, cloudfront, presign or accel
    Delivery,
    /// Address or network, as far as `addresses` in [usage] has them recorded
    Address,
    /// Tool
    Client,
    /// Tool with its version, Elixir, OTP, and whether it was CI
    ClientVersion,
    /// Continuous integration or not
    Ci,
}
