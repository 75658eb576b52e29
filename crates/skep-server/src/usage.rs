//! Who fetched what. A request is counted in memory and never waits ([`recorder`]); every few seconds
//! the counts go to files ([`spool`]) and from there to the database ([`store`]), each exactly once.

pub mod address;
pub mod collector;
pub mod recorder;
pub mod report;
pub mod rows;
pub mod spool;
pub mod store;

use self::address::Address;
use crate::clock::Timestamp;
use crate::delivery::Way;
use crate::ids::{KeyId, LicenseId};

/// Counts are for this many seconds; a row's time is their beginning.
pub const WINDOW_SECONDS: i64 = 10;

/// What kind of file was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// The list of packages.
    Names,
    /// The list of versions.
    Versions,
    /// A package's registry resource.
    Package,
    /// A release.
    Tarball,
    /// A release's documentation.
    Docs,
    /// A policy.
    Policy,
}

impl FileKind {
    /// Every kind; its place here is its code in the spool.
    const ALL: [Self; 6] = [
        Self::Names,
        Self::Versions,
        Self::Package,
        Self::Tarball,
        Self::Docs,
        Self::Policy,
    ];

    const fn code(self) -> u8 {
        self as u8
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The kind in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Versions => "versions",
            Self::Package => "package",
            Self::Tarball => "tarball",
            Self::Docs => "docs",
            Self::Policy => "policy",
        }
    }
}

/// The program that asked, as it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Client<'a> {
    /// `mix`, `rebar3`, `gleam`, …
    pub name: &'a str,
    /// Its version.
    pub version: Option<&'a str>,
    /// Elixir's version.
    pub elixir: Option<&'a str>,
    /// Erlang/OTP's version.
    pub otp: Option<&'a str>,
    /// Whether it runs in continuous integration.
    pub is_ci: bool,
}

/// A request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request<'a> {
    /// The known key it came with, and that key's license.
    pub caller: Option<(KeyId, LicenseId)>,
    /// The repository it was for.
    pub repository: &'a str,
    /// What it asked for.
    pub file: FileKind,
    /// The package, where the file has one.
    pub package: Option<&'a str>,
    /// The version, where the file has one.
    pub version: Option<&'a str>,
    /// What the caller was told, by its meaning: 402 for a hidden release, even where a client needs
    /// another code.
    pub status: u16,
    /// How it got its file; `None` when it got none, or one that is made here.
    pub delivery: Option<Way>,
    /// Where it came from, as far as that is recorded.
    pub address: Option<Address>,
    /// The program.
    pub client: Client<'a>,
}

impl Request<'_> {
    /// Whether a license got a tarball, or was told that its copy is still right. Such rows never
    /// lose their release: narrowing a license keeps what it has downloaded.
    #[must_use]
    pub const fn is_download(&self) -> bool {
        self.caller.is_some() && is_download(self.file, self.status)
    }
}

const fn is_download(file: FileKind, status: u16) -> bool {
    matches!(file, FileKind::Tarball) && matches!(status, 200 | 206 | 302 | 304)
}

/// Requests that were alike, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The beginning of the [`WINDOW_SECONDS`] they came in.
    pub at: Timestamp,
    /// The key they came with.
    pub key: Option<KeyId>,
    /// Its license.
    pub license: Option<LicenseId>,
    /// The repository.
    pub repository: Box<str>,
    /// The kind of file.
    pub file: FileKind,
    /// The package.
    pub package: Option<Box<str>>,
    /// The version.
    pub version: Option<Box<str>>,
    /// The meaning of the answer.
    pub status: u16,
    /// How they got the file.
    pub delivery: Option<Way>,
    /// Where they came from.
    pub address: Option<Address>,
    /// The program.
    pub client: Box<str>,
    /// Its version.
    pub client_version: Option<Box<str>>,
    /// Elixir's version.
    pub elixir_version: Option<Box<str>>,
    /// Erlang/OTP's version.
    pub otp_version: Option<Box<str>>,
    /// Whether it ran in continuous integration.
    pub ci: bool,
    /// How many.
    pub requests: u64,
}

impl Counted {
    fn request(&self) -> Request<'_> {
        Request {
            caller: self.key.zip(self.license),
            repository: &self.repository,
            file: self.file,
            package: self.package.as_deref(),
            version: self.version.as_deref(),
            status: self.status,
            delivery: self.delivery,
            address: self.address,
            client: Client {
                name: &self.client,
                version: self.client_version.as_deref(),
                elixir: self.elixir_version.as_deref(),
                otp: self.otp_version.as_deref(),
                is_ci: self.ci,
            },
        }
    }

    /// Whether the license has the release now: what a later narrowing must keep.
    #[must_use]
    pub fn is_download(&self) -> bool {
        is_download(self.file, self.status)
    }
}
