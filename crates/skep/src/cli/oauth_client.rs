//! `oauth-client`.

use clap::{Args, Subcommand};

/// `oauth-client …`
#[derive(Debug, Subcommand)]
pub(crate) enum OauthClient {
    /// Let a program ask for logins; prints the id that its requests carry
    Register(OauthClientRegister),
    /// Every program that may: mix, rebar3 and skep always may
    List,
    /// End a program's logins, and let it ask for none
    Revoke(OauthClientRevoke),
}

/// `oauth-client register`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  skep oauth-client register \"Acme Studio\"")]
pub(crate) struct OauthClientRegister {
    /// What the page calls it on which people allow a login
    pub(crate) name: String,
}

/// `oauth-client revoke`
#[derive(Debug, Args)]
pub(crate) struct OauthClientRevoke {
    /// The id that `oauth-client list` shows
    pub(crate) id: String,
}
