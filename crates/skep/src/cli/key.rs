//! `key`.

use clap::{Args, Subcommand};
use skep_server::clock::Timestamp;
use skep_server::ids::KeyId;

use crate::dates::{parse_date, parse_overlap};

/// `key …`
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Another key for a license: one for CI, one for each team
    Create(KeyCreate),
    /// A license's keys, without the secrets
    List(KeyList),
    /// A new key in place of an old one, which lives on for a while
    Rotate(KeyRotate),
    /// Close a key at once
    Revoke(KeyRevoke),
}

/// `key create`
#[derive(Debug, Args)]
pub(crate) struct KeyCreate {
    /// The license: its id (lic_…) or your own system's name for it
    #[arg(value_name = "LICENSE")]
    pub(crate) license: String,

    /// What you call it
    #[arg(long)]
    pub(crate) label: Option<String>,

    /// It works until then: 2027-01-31 (the end of the day, UTC) or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(crate) expires: Option<Timestamp>,
}

/// `key list`
#[derive(Debug, Args)]
pub(crate) struct KeyList {
    /// The license: its id (lic_…) or your own system's name for it
    #[arg(value_name = "LICENSE")]
    pub(crate) license: String,
}

/// `key rotate`
#[derive(Debug, Args)]
pub(crate) struct KeyRotate {
    /// The old key's id: key_…
    pub(crate) id: KeyId,

    /// How long the old key still works: 7d, 12h, or 0 to close it at once
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_overlap)]
    pub(crate) overlap: u32,
}

/// `key revoke`
#[derive(Debug, Args)]
pub(crate) struct KeyRevoke {
    /// The key's id: key_…
    pub(crate) id: KeyId,
}
