//! The file of `--dates`: when releases were first published.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Context as _;
use csv::{ReaderBuilder, Trim};
use skep_formats::name::PackageName;
use skep_formats::version::Version;
use skep_server::catalog::import::{Dating, Offer};
use skep_server::clock::Timestamp;

use crate::dates::parse_date;

const COLUMNS: [&str; 3] = ["package", "version", "published_at"];
/// Up to this many releases are named one by one.
const MAX_NAMED: usize = 10;

/// Dates by package and version.
#[derive(Debug, Default)]
pub(super) struct Dates(HashMap<(String, String), Timestamp>);

impl Dates {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or a line is no such date: all bad lines are named.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = fs_err::read(path).context("the dates cannot be read")?;
        Self::parse(&bytes).with_context(|| {
            format!(
                "`{}` is no list of dates; its first line is `{}`",
                path.display(),
                COLUMNS.join(",")
            )
        })
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .trim(Trim::All)
            .from_reader(bytes);
        let header = reader.headers()?.clone();
        let column = |name: &str| {
            let found = header.iter().position(|given| given == name);
            found.with_context(|| format!("there is no column `{name}`"))
        };
        let columns = [
            column(COLUMNS[0])?,
            column(COLUMNS[1])?,
            column(COLUMNS[2])?,
        ];
        let (mut dates, mut problems) = (HashMap::new(), Vec::new());
        for record in reader.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells = columns.map(|column| record.get(column).unwrap_or_default());
            match entry(cells) {
                Ok((release, date)) => match dates.insert(release, date) {
                    Some(before) if before != date => {
                        problems.push(format!(
                            "line {line}: another date of this release stands above"
                        ));
                    }
                    _ => {}
                },
                Err(problem) => problems.push(format!("line {line}: {problem}")),
            }
        }
        anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n  "));
        Ok(Self(dates))
    }

    /// When a release was first published, if the file says.
    pub(super) fn of(&self, package: &str, version: &str) -> Option<Timestamp> {
        let key = (package.to_owned(), version.to_owned());
        self.0.get(&key).copied()
    }

    /// What of the file has no effect.
    pub(super) fn notes(&self, offers: &[Offer]) -> Vec<String> {
        let mut notes = Vec::new();
        let offered: HashSet<(String, String)> = offers
            .iter()
            .map(|offer| (offer.package.to_string(), offer.version.to_string()))
            .collect();
        let unknown = self.0.keys().filter(|release| !offered.contains(*release));
        let unknown = unknown.map(|(package, version)| format!("{package} {version}"));
        if let Some(named) = named(unknown.collect()) {
            notes.push(format!(
                "the dates name releases that are not there: {named}"
            ));
        }
        let differs = |offer: &&Offer| {
            let said = self.of(offer.package.as_str(), &offer.version.to_string());
            matches!((said, offer.dating), (Some(said), Dating::Stated(date)) if said != date)
        };
        let overruled = offers.iter().filter(differs);
        let overruled = overruled.map(|offer| format!("{} {}", offer.package, offer.version));
        if let Some(named) = named(overruled.collect()) {
            notes.push(format!(
                "the registry itself has another date than the file for {named}; the registry's counts"
            ));
        }
        notes
    }
}

fn named(mut releases: Vec<String>) -> Option<String> {
    if releases.is_empty() {
        return None;
    }
    releases.sort();
    let more = releases.len().saturating_sub(MAX_NAMED);
    releases.truncate(MAX_NAMED);
    let named = releases.join(", ");
    Some(match more {
        0 => named,
        more => format!("{named} and {more} more"),
    })
}

type Entry = ((String, String), Timestamp);

fn entry([package, version, date]: [&str; 3]) -> Result<Entry, String> {
    let package = PackageName::parse(package).map_err(|error| error.to_string())?;
    let version = Version::parse(version).map_err(|error| error.to_string())?;
    Ok((
        (package.to_string(), version.to_string()),
        parse_date(date)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_by_release() {
        let text = "version, package ,published_at\n1.0.0,acme_pro,2025-03-01\n\n1.1.0,acme_pro,2025-04-01T12:00:00Z\n";
        let dates = Dates::parse(text.as_bytes()).unwrap();
        let date = |version| dates.of("acme_pro", version).map(|date| date.to_string());
        assert_eq!(date("1.0.0").as_deref(), Some("2025-03-01T23:59:59Z"));
        assert_eq!(date("1.1.0").as_deref(), Some("2025-04-01T12:00:00Z"));
        assert_eq!(date("1.2.0"), None);
    }

    #[test]
    fn every_bad_line_is_named() {
        let text = "package,version,published_at\nacme_pro,1.0,2025-03-01\nacme_pro,1.0.0,soon\nacme_pro,1.1.0,2025-03-01\nacme_pro,1.1.0,2025-03-02\n";
        let error = Dates::parse(text.as_bytes()).unwrap_err().to_string();
        for line in ["line 2: ", "line 3: ", "line 5: another date"] {
            assert!(error.contains(line), "{error}");
        }
        let error = Dates::parse(b"package;version;published_at\n").unwrap_err();
        assert_eq!(error.to_string(), "there is no column `package`");
    }
}
