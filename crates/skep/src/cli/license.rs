//! `license`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;
use skep_server::clock::Timestamp;
use skep_server::licensing::plan::Plan;
use skep_server::licensing::product::Slug;

use crate::dates::{DateOrNever, parse_date, parse_date_or_never, parse_start};

/// `license …`
#[derive(Debug, Subcommand)]
pub(crate) enum License {
    /// Issue a license; prints its key once, and the lines to send to the customer
    Issue(Box<Issue>),
    /// Every license and how it stands
    List(List),
    /// A license with its keys, grants and terms
    Show(One),
    /// What a license or a key gives, and why not, in the words the customer sees
    Explain(Explain),
    /// Change plan, dates or products; locked builds keep working
    Change(Box<Change>),
    /// Give a license one release by name, whatever its dates and products say
    Grant(Grant),
    /// Close a license until it is resumed
    Suspend(One),
    /// Open a suspended license again
    Resume(One),
    /// Close a license for good
    Revoke(One),
    /// Issue licenses from a CSV file, with the keys customers already have
    Import(Import),
}

const ISSUE_EXAMPLES: &str = "\
Plans:
  subscription   open until --access-until, and 14 more days of grace
  perpetual      open for ever; releases published after --updates-until are hidden
  lifetime       everything, for ever
  trial          open until --access-until, without grace

DATE is a day, which means its end in UTC (of --starts-at: its beginning), or a
moment as 2027-11-30T12:00:00Z.

Examples:
  skep license issue --customer rosa@example.com --product pro \\
    --plan subscription --access-until 2027-11-30
  skep license issue --customer rosa@example.com --product pro --product web \\
    --plan perpetual --updates-until 2027-11-30
  skep license issue --customer rosa@example.com --product pro \\
    --plan lifetime --json | jq -r .key.secret";

/// `license issue`
#[derive(Debug, Args)]
#[command(after_help = ISSUE_EXAMPLES)]
pub(crate) struct Issue {
    /// Whose: an address or an id (`skep customer create` makes customers)
    #[arg(long, value_name = "EMAIL")]
    pub(crate) customer: String,

    /// What it gives; may be given several times
    #[arg(long = "product", value_name = "SLUG", required = true)]
    pub(crate) products: Vec<Slug>,

    /// subscription, perpetual, lifetime or trial
    #[arg(long)]
    pub(crate) plan: Plan,

    /// Closed before [default: now]
    #[arg(long, value_name = "DATE", value_parser = parse_start)]
    pub(crate) starts_at: Option<Timestamp>,

    /// Open until then
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(crate) access_until: Option<Timestamp>,

    /// Releases published later are hidden
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(crate) updates_until: Option<Timestamp>,

    /// Days after --access-until in which it still works, with a message [default: the plan's]
    #[arg(long, value_name = "N")]
    pub(crate) grace_days: Option<u32>,

    /// What your own system calls this license; unique
    #[arg(long, value_name = "X")]
    pub(crate) external_id: Option<String>,

    /// What you want to remember
    #[arg(long, value_name = "TEXT")]
    pub(crate) notes: Option<String>,

    /// What you call its first key
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Option<String>,
}

/// `license list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this customer: an address or an id
    #[arg(long, value_name = "EMAIL")]
    pub(crate) customer: Option<String>,

    /// Only with this product
    #[arg(long, value_name = "SLUG")]
    pub(crate) product: Option<Slug>,
}

/// One license.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The license: its id (lic_…) or your own system's name for it
    #[arg(value_name = "ID")]
    pub(crate) license: String,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  skep license explain lic_06eg…                 how it stands, what it sees
  skep license explain lic_06eg… acme_pro        may it fetch this package?
  skep license explain lic_06eg… acme_pro 1.2.0  this release?
  skep license explain - acme_pro < key.txt      a key, kept off the command line";

/// `license explain`
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(crate) struct Explain {
    /// A key, a key's id (key_…), a license's id (lic_…) or your own system's name for it; `-` reads a
    /// key from standard input
    #[arg(value_name = "KEY-OR-ID")]
    pub(crate) subject: String,

    /// The package in question
    pub(crate) package: Option<PackageName>,

    /// The version in question
    #[arg(requires = "package")]
    pub(crate) version: Option<Version>,
}

const CHANGE_HELP: &str = "\
What the customer has downloaded and would no longer see stays with them by name,
because mix refuses to work at all when a locked release is missing; it is listed.
--strict takes it away, and what earlier changes kept, and lists that.

Examples:
  skep license change lic_06eg… --access-until 2028-11-30
  skep license change lic_06eg… --plan perpetual --updates-until 2027-11-30";

/// `license change`
#[derive(Debug, Args)]
#[command(after_help = CHANGE_HELP)]
pub(crate) struct Change {
    /// The license: its id (lic_…) or your own system's name for it
    #[arg(value_name = "ID")]
    pub(crate) license: String,

    /// Another plan; its dates must fit
    #[arg(long)]
    pub(crate) plan: Option<Plan>,

    /// Closed before
    #[arg(long, value_name = "DATE", value_parser = parse_start)]
    pub(crate) starts_at: Option<Timestamp>,

    /// Open until then, or `never` for no end
    #[arg(long, value_name = "DATE", value_parser = parse_date_or_never)]
    pub(crate) access_until: Option<DateOrNever>,

    /// Releases published later are hidden, or `never` to hide none
    #[arg(long, value_name = "DATE", value_parser = parse_date_or_never)]
    pub(crate) updates_until: Option<DateOrNever>,

    /// Days after --access-until in which it still works
    #[arg(long, value_name = "N")]
    pub(crate) grace_days: Option<u32>,

    /// Give another product
    #[arg(long = "add-product", value_name = "SLUG")]
    pub(crate) add_products: Vec<Slug>,

    /// Take a product away
    #[arg(long = "remove-product", value_name = "SLUG")]
    pub(crate) remove_products: Vec<Slug>,

    /// What your own system calls this license; empty takes it away
    #[arg(long, value_name = "X")]
    pub(crate) external_id: Option<String>,

    /// What you want to remember
    #[arg(long, value_name = "TEXT")]
    pub(crate) notes: Option<String>,

    /// Break locked builds too
    #[arg(long)]
    pub(crate) strict: bool,
}

/// `license grant`
#[derive(Debug, Args)]
pub(crate) struct Grant {
    /// The license: its id (lic_…) or your own system's name for it
    #[arg(value_name = "ID")]
    pub(crate) license: String,

    /// The package
    pub(crate) package: PackageName,

    /// The version
    pub(crate) version: Version,

    /// Which repository, if the configuration has several
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,
}

const IMPORT_HELP: &str = "\
The first line names the columns, in any order:
  customer_email   required
  customer_name    for new customers [default: the address]
  product          required; several separated by ;
  plan             required: subscription, perpetual, lifetime or trial
  key              the customer's key in clear, or
  key_sha256       its SHA-256 in hexadecimal; without either, a new key is made
                   and printed
  key_label        what you call the key
  starts_at, access_until, updates_until, grace_days, external_id, notes

Each line is one license. An absent column and an empty cell mean the same: not
said. Dates are days (their end, UTC) or moments. All lines or none: if one is
bad, every bad line is named and nothing is imported.

Example:
  customer_email,product,plan,updates_until,key
  rosa@example.com,pro;web,perpetual,2027-11-30,old-key-4711";

/// `license import`
#[derive(Debug, Args)]
#[command(after_help = IMPORT_HELP)]
pub(crate) struct Import {
    /// The CSV file (UTF-8); `-` reads standard input
    pub(crate) file: PathBuf,
}
