//! `api-key`.

use clap::{Args, Subcommand};
use skep_server::accounts::permission::Permission;
use skep_server::clock::Timestamp;
use skep_server::ids::ApiKeyId;

use crate::dates::parse_date;

/// `api-key …`
#[derive(Debug, Subcommand)]
pub(crate) enum ApiKey {
    /// A key with which a user's tools publish or fetch
    Create(ApiKeyCreate),
    /// API keys, without the secrets
    List(ApiKeyList),
    /// Close an API key at once
    Revoke(ApiKeyRevoke),
}

/// `api-key create`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  skep api-key create rosa --name ci --permission api:read --permission repositories"
)]
pub(crate) struct ApiKeyCreate {
    /// The user: name, address, or id (usr_…)
    #[arg(value_name = "USER")]
    pub(crate) user: String,

    /// What to call it
    #[arg(long, default_value = "key")]
    pub(crate) name: String,

    /// What it is for, as often as needed: api, api:read, api:write, repositories, repository:NAME,
    /// package:REPOSITORY/NAME, docs:REPOSITORY, licenses:read, licenses:write, usage:read
    #[arg(long = "permission", value_name = "P", default_value = "api")]
    pub(crate) permissions: Vec<Permission>,

    /// It works until then: 2027-01-31 (the end of the day, UTC) or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(crate) expires: Option<Timestamp>,
}

/// `api-key list`
#[derive(Debug, Args)]
pub(crate) struct ApiKeyList {
    /// Only this user's: name, address, or id (usr_…)
    #[arg(value_name = "USER")]
    pub(crate) user: Option<String>,
}

/// `api-key revoke`
#[derive(Debug, Args)]
pub(crate) struct ApiKeyRevoke {
    /// The key's id: apk_…
    pub(crate) id: ApiKeyId,
}
