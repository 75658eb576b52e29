//! `audit`.

use clap::Args;
use skep_server::clock::Timestamp;

use crate::dates::parse_start;

/// `audit`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  skep audit --user rosa --action license --since 2026-11-01")]
pub(crate) struct Audit {
    /// At most so many entries, the newest
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: u32,

    /// Only what this user did: name, address, or id (usr_…)
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,

    /// Only this: `license.issue`, or `license` for all about licenses
    #[arg(long)]
    pub(crate) action: Option<String>,

    /// Only what was done to this: an id, or a release's name
    #[arg(long)]
    pub(crate) subject: Option<String>,

    /// Only since then: 2026-11-22 (the beginning of the day, UTC) or 2026-11-22T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_start)]
    pub(crate) since: Option<Timestamp>,
}
