//! What a request for something below `/repo` asks for, as the router found it in the URL.

use std::net::IpAddr;

use http::{HeaderMap, Method};

/// One request, GET or HEAD.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The file.
    pub(crate) file: File<'a>,
    /// The repository's name; `None` = the one at `/repo` itself.
    pub(crate) repository: Option<&'a str>,
    /// GET or HEAD.
    pub(crate) method: &'a Method,
    /// All headers: they hold secrets.
    pub(crate) headers: &'a HeaderMap,
    /// Who connected: a client or a proxy.
    pub(crate) peer: IpAddr,
}

/// A file of a repository. Names are segments of the URL as they came, checked by nobody yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File<'a> {
    /// `/names`
    Names,
    /// `/versions`
    Versions,
    /// `/public_key`
    PublicKey,
    /// `/packages/NAME`
    Package(&'a str),
    /// `/tarballs/NAME-VERSION.tar`: the last segment.
    Tarball(&'a str),
    /// `/docs/NAME-VERSION.tar.gz`: the last segment.
    Docs(&'a str),
    /// `/policies/NAME`
    Policy(&'a str),
}
