//! `user`.

use clap::{Args, Subcommand};
use skep_server::accounts::role::Role;

/// `user …`
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Enter a user, who sets a password with a one-time code
    Create(UserCreate),
    /// Every user
    List,
    /// A user with their API keys, logins and browsers
    Show(UserName),
    /// Refuse a user from now on, with whatever they come
    Disable(UserName),
    /// Let a user in again
    Enable(UserName),
    /// Give a user another role
    SetRole(UserSetRole),
    /// Take a user's password away, and make a new one-time code
    ResetPassword(UserName),
    /// Take a user's second factor away, when the telephone and the recovery codes are lost
    ResetTotp(UserName),
}

/// `user create`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  skep user create --username rosa --email rosa@example.com --role owner"
)]
pub(crate) struct UserCreate {
    /// What to call them: 2 to 63 lower-case letters, digits, `_`, `-` and `.`
    #[arg(long)]
    pub(crate) username: String,

    /// Their address
    #[arg(long)]
    pub(crate) email: String,

    /// owner: everything; publisher: publishes packages; viewer: looks
    #[arg(long)]
    pub(crate) role: Role,

    /// Take their password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// A user.
#[derive(Debug, Args)]
pub(crate) struct UserName {
    /// Their name, their address, or their id (usr_…)
    #[arg(value_name = "USER")]
    pub(crate) user: String,
}

/// `user set-role`
#[derive(Debug, Args)]
pub(crate) struct UserSetRole {
    /// Their name, their address, or their id (usr_…)
    #[arg(value_name = "USER")]
    pub(crate) user: String,

    /// owner: everything; publisher: publishes packages; viewer: looks
    pub(crate) role: Role,
}
