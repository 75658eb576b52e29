//! `skep usage`

use skep_server::licensing::{customers, licenses};
use skep_server::usage::report::{Asked, Report, UsageRow, report};

use super::Context;
use crate::cli::usage::{By, Kind, Usage};
use crate::output::{minute, rows};

pub(super) async fn run(context: &Context, arguments: Usage) -> anyhow::Result<()> {
    let asked = asked(&arguments);
    let report = context
        .with_app(async |app| {
            if let Some(customer) = &arguments.customer {
                customers::show(app, customer).await?;
            }
            if let Some(license) = &asked.license {
                licenses::show(app, license).await?;
            }
            Ok(report(app, &asked).await?)
        })
        .await?;
    context.output.notes(&notes(&report, &asked));
    let rows = &report.rows;
    context.output.result(rows, || table(&arguments.by, rows))?;
    Ok(())
}

/// What is missing from a report, and why.
fn notes(report: &Report, asked: &Asked) -> Vec<String> {
    let mut notes = Vec::new();
    if report.rows.len() >= asked.limit as usize {
        notes.push(format!(
            "only the first {} lines: `--limit` sets how many",
            asked.limit
        ));
    }
    if let Some(since) = report.known_since {
        let since = since.date();
        notes.push(if asked.needs_rows() {
            format!(
                "only since {since}: keys, addresses and versions of clients are not kept for longer \
                 (`retention_days` in [usage]); leave them out of `--by` to see older usage"
            )
        } else {
            format!("only since {since}: older usage was deleted (`daily_retention_days` in [usage])")
        });
    }
    if report.has_whole_days {
        notes.push("days of which only a part was asked for are in as a whole: nothing else is kept of them".to_owned());
    }
    notes
}

fn asked(arguments: &Usage) -> Asked {
    let by = |what| arguments.by.contains(&what);
    Asked {
        since: arguments.since,
        until: arguments.until,
        license: arguments.license.map(|id| id.to_string()),
        customer: arguments
            .customer
            .as_ref()
            .map(|text| text.trim().to_lowercase()),
        repository: arguments.repository.as_ref().map(ToString::to_string),
        package: arguments.package.as_ref().map(ToString::to_string),
        file: match arguments.file {
            Some(kind) => file(kind),
            // mix and rebar3 are refused before they ask for a tarball.
            None if arguments.refused => None,
            None => file(Kind::Tarball),
        },
        // Grouped by answer, all of them are wanted.
        refused: Some(arguments.refused).filter(|is_refused| *is_refused || !by(By::Status)),
        by_day: by(By::Day),
        by_customer: by(By::Customer),
        by_license: by(By::License),
        by_key: by(By::Key),
        by_package: by(By::Package) || by(By::Release),
        by_version: by(By::Release),
        by_file: by(By::File),
        by_status: by(By::Status),
        by_delivery: by(By::Delivery),
        by_address: by(By::Address),
        by_client: by(By::Client) || by(By::ClientVersion),
        by_client_version: by(By::ClientVersion),
        by_ci: by(By::Ci),
        limit: arguments.limit,
    }
}

const fn file(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Tarball => Some("tarball"),
        Kind::Package => Some("package"),
        Kind::Docs => Some("docs"),
        Kind::Names => Some("names"),
        Kind::Versions => Some("versions"),
        Kind::Policy => Some("policy"),
        Kind::All => None,
    }
}

/// The columns of a grouping, in the order in which groupings are listed.
const fn columns(by: By) -> &'static [Column] {
    match by {
        By::Day => &[("day", |row| {
            row.day.map_or_else(String::new, |day| day.date())
        })],
        By::Customer => &[("customer", |row| text(row.customer.as_deref()))],
        By::License => &[("license", |row| text(row.license.as_deref()))],
        By::Key => &[("key", |row| text(row.key.as_deref()))],
        By::Package => &[("package", |row| text(row.package.as_deref()))],
        By::Release => &[
            ("package", |row| text(row.package.as_deref())),
            ("version", |row| text(row.version.as_deref())),
        ],
        By::File => &[("file", |row| text(row.file.as_deref()))],
        By::Status => &[("status", |row| {
            row.status.map_or_else(String::new, |code| code.to_string())
        })],
        By::Delivery => &[("delivery", |row| text(row.delivery.as_deref()))],
        By::Address => &[("address", |row| text(row.address.as_deref()))],
        By::Client => &[("client", |row| text(row.client.as_deref()))],
        By::ClientVersion => &[
            ("client", |row| text(row.client.as_deref())),
            ("version", |row| text(row.client_version.as_deref())),
            ("elixir", |row| text(row.elixir_version.as_deref())),
            ("otp", |row| text(row.otp_version.as_deref())),
            ("ci", ci),
        ],
        By::Ci => &[("ci", ci)],
    }
}

fn ci(row: &UsageRow) -> String {
    let text = row.ci.map_or("-", |ci| if ci { "yes" } else { "no" });
    text.to_owned()
}

type Column = (&'static str, fn(&UsageRow) -> String);

fn text(value: Option<&str>) -> String {
    value.unwrap_or("-").to_owned()
}

fn table(by: &[By], found: &[UsageRow]) -> String {
    let mut wanted: Vec<Column> = Vec::new();
    for column in by.iter().flat_map(|by| columns(*by)) {
        if !wanted.iter().any(|(name, _)| *name == column.0) {
            wanted.push(*column);
        }
    }
    wanted.push(("requests", |row| row.requests.to_string()));
    wanted.push(("first", |row| minute(row.first_at)));
    wanted.push(("last", |row| minute(row.last_at)));
    let headers = wanted.iter().map(|(name, _)| (*name).to_owned()).collect();
    let cells = found
        .iter()
        .map(|row| wanted.iter().map(|(_, cell)| cell(row)).collect());
    rows(headers, cells.collect(), "No such requests.")
}
