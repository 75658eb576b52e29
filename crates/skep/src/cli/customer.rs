//! `customer`.

use clap::{Args, Subcommand};

/// `customer …`
#[derive(Debug, Subcommand)]
pub(crate) enum Customer {
    /// Enter a customer
    Create(CustomerCreate),
    /// Every customer
    List,
    /// A customer with their licenses
    Show(CustomerShow),
    /// Give a customer another name or address
    Edit(CustomerEdit),
}

/// `customer create`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  skep customer create --name \"Rosa Ltd\" --email rosa@example.com"
)]
pub(crate) struct CustomerCreate {
    /// What to call them
    #[arg(long)]
    pub(crate) name: String,

    /// Their address; it names them in other commands
    #[arg(long)]
    pub(crate) email: String,
}

/// `customer show`
#[derive(Debug, Args)]
pub(crate) struct CustomerShow {
    /// Their address, or their id
    #[arg(value_name = "EMAIL")]
    pub(crate) customer: String,
}

/// `customer edit`
#[derive(Debug, Args)]
#[command(
    after_help = "Their licenses and keys stay theirs.\n\nExample:\n  skep customer edit rosa@example.com --email office@rosa.example"
)]
pub(crate) struct CustomerEdit {
    /// Their address, or their id
    #[arg(value_name = "EMAIL")]
    pub(crate) customer: String,

    /// Another name
    #[arg(long, required_unless_present = "email")]
    pub(crate) name: Option<String>,

    /// Another address
    #[arg(long)]
    pub(crate) email: Option<String>,
}
