//! What can be typed. Only shapes and help texts: what a command does is in `commands`.

use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod catalog;
pub(crate) mod client;
pub(crate) mod customer;
pub(crate) mod job;
pub(crate) mod key;
pub(crate) mod license;
pub(crate) mod moving;
pub(crate) mod oauth_client;
pub(crate) mod product;
pub(crate) mod registry;
pub(crate) mod server;
pub(crate) mod shell;
pub(crate) mod transfer;
pub(crate) mod usage;
pub(crate) mod user;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// How clap lays a help text out, but for what follows the options.
const TEMPLATE: &str = "{before-help}{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}";

const FIRST_STEPS: &str = "\
First steps:
  skep demo                        look at it: nothing is kept
  skep init shop --name acme       set up a repository in ./shop
  cd shop && skep serve            serve it; the rest works beside it
  skep publish acme_pro-1.0.0.tar  a package made by `mix hex.build`
  skep product create pro --package acme_pro
  skep customer create --name Rosa --email rosa@example.com
  skep license issue --customer rosa@example.com --product pro --plan lifetime

`skep COMMAND --help` explains each.";

/// Sells Hex packages: a repository for mix, rebar3 and Gleam in which each customer gets what they
/// paid for.
#[derive(Debug, Parser)]
#[command(name = "skep", version, styles = STYLES, after_help = FIRST_STEPS, max_term_width = 100)]
pub(crate) struct Cli {
    /// The configuration; else the file that SKEP_CONFIG names, else ./skep.toml
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,

    /// Print JSON, for programs
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What was typed; prints help or what is wrong with it, and ends the process.
    pub(crate) fn read() -> Self {
        let matches = as_written(Self::command()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Prints what follows a command's help as it is written: clap wraps everything to the terminal's width
/// but a template, and a command that is broken in its middle cannot be copied.
fn as_written(command: clap::Command) -> clap::Command {
    let command = command.mut_subcommands(as_written);
    let Some(ending) = command.get_after_help().map(ToString::to_string) else {
        return command;
    };
    debug_assert!(!ending.contains('{'), "it would be part of a template");
    let template = format!("{TEMPLATE}\n\n{ending}");
    command.help_template(template).after_help("")
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a throw-away repository and print what to type: the quickest look
    Demo(server::Demo),
    /// Set up a repository: skep.toml, signing key and database
    Init(server::Init),
    /// Serve the repository to customers
    Serve(server::Serve),
    /// Put tarballs of packages into the repository
    Publish(catalog::Publish),
    /// What is in the repository: list, show, retire or delete
    #[command(subcommand)]
    Package(catalog::Package),
    /// What you sell: named sets of packages
    #[command(subcommand)]
    Product(product::Product),
    /// Whom you sell to
    #[command(subcommand)]
    Customer(customer::Customer),
    /// Who may have what, until when
    #[command(subcommand)]
    License(license::License),
    /// The secrets that open a license
    #[command(subcommand)]
    Key(key::Key),
    /// Who publishes and administers
    #[command(subcommand)]
    User(user::User),
    /// The secrets of users' tools
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
    /// Which programs may ask for logins
    #[command(subcommand)]
    OauthClient(oauth_client::OauthClient),
    /// Who fetched what
    Usage(usage::Usage),
    /// Who did what, when, and from where
    Audit(audit::Audit),
    /// What nodes do once, by themselves: pruning and the like
    #[command(subcommand)]
    Job(job::Job),
    /// Take over releases from a static registry, another server or a hex.pm organization
    Import(Box<moving::Import>),
    /// Write the repository as plain files, for any web server
    Export(moving::Export),
    /// A repository of plain files, without a server: build, verify or upload it
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Check keys, files, signatures and the database, and say what to do
    Doctor(server::Doctor),
    /// Put everything into one file, beside a running server
    Backup(transfer::Backup),
    /// Put a backup into an empty place
    Restore(transfer::Restore),
    /// The database: copy it to another one
    #[command(subcommand)]
    Db(transfer::Database),
    /// Log in at a Hex server, on its own page
    Login(client::Login),
    /// Give up a login
    Logout(client::Logout),
    /// As whom a server knows you
    Whoami(client::Whoami),
    /// Find packages on a server
    Search(client::Search),
    /// Look at a package on a server
    Info(client::Info),
    /// The repositories you fetch from
    #[command(subcommand)]
    Repo(client::Repo),
    /// Fetch the tarball of a release, verified
    Fetch(client::Fetch),
    /// Print what makes a shell complete commands and options
    Completions(shell::Completions),
    /// Write a man page for each command
    Man(shell::Man),
}
