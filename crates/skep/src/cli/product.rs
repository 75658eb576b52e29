//! `product`.

use clap::{Args, Subcommand};
use skep_formats::name::RepositoryName;
use skep_server::licensing::product::{Pattern, Slug};

/// `product …`
#[derive(Debug, Subcommand)]
pub(crate) enum Product {
    /// Make a product of the packages whose names match
    Create(ProductCreate),
    /// Every product
    List,
    /// A product with its packages
    Show(ProductShow),
    /// Change which packages belong to it
    Edit(ProductEdit),
}

const CREATE_EXAMPLES: &str = "\
Quote a pattern with * or ?, or your shell may fill in file names.

Examples:
  skep product create pro --package acme_pro --package acme_web
  skep product create everything --package 'acme_*'";

/// `product create`
#[derive(Debug, Args)]
#[command(after_help = CREATE_EXAMPLES)]
pub(crate) struct ProductCreate {
    /// What you call it: up to 64 of a-z, 0-9, _ and -
    pub(crate) slug: Slug,

    /// A package, or a pattern: * stands for any characters, ? for one
    #[arg(long = "package", value_name = "GLOB", required = true)]
    pub(crate) packages: Vec<Pattern>,

    /// Which repository, if the configuration has several
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,
}

/// `product show`
#[derive(Debug, Args)]
pub(crate) struct ProductShow {
    /// The product
    pub(crate) slug: Slug,
}

const EDIT_HELP: &str = "\
Releases that a customer has downloaded and would no longer see stay with them by
name, so that their locked builds keep working; --strict takes them away too, and
those that earlier changes kept.";

/// `product edit`
#[derive(Debug, Args)]
#[command(after_help = EDIT_HELP, arg_required_else_help = true)]
pub(crate) struct ProductEdit {
    /// The product
    pub(crate) slug: Slug,

    /// Add a package or pattern
    #[arg(long = "add-package", value_name = "GLOB")]
    pub(crate) add: Vec<Pattern>,

    /// Remove a package or pattern, as it was written
    #[arg(long = "remove-package", value_name = "GLOB")]
    pub(crate) remove: Vec<Pattern>,

    /// Even from locked builds
    #[arg(long)]
    pub(crate) strict: bool,
}
