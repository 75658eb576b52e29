//! The file of `skep license import`: CSV with named columns. What the cells mean is the server's business.

use csv::{ByteRecord, ReaderBuilder, Trim};
use skep_server::clock::Timestamp;
use skep_server::licensing::import::{GivenDate, ImportRow};

use crate::dates::{parse_date, parse_start};

const COLUMNS: [&str; 13] = [
    "customer_email",
    "customer_name",
    "product",
    "plan",
    "starts_at",
    "access_until",
    "updates_until",
    "grace_days",
    "external_id",
    "notes",
    "key",
    "key_sha256",
    "key_label",
];
const REQUIRED: [&str; 3] = ["customer_email", "product", "plan"];

/// Why a file is not such a list at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CsvError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[source] csv::Error),
    /// It ends before the names of the columns.
    #[error("it is empty: its first line names the columns, as `{}`", REQUIRED.join(","))]
    Empty,
    /// A spreadsheet of another country.
    #[error("its columns are separated by `;`: export it with commas")]
    Semicolons,
    /// A column with a name that means nothing, most likely mistyped.
    #[error("there is no column `{given}`: columns are {}", COLUMNS.join(", "))]
    UnknownColumn {
        /// Its name.
        given: String,
    },
    /// Two columns with one name.
    #[error("there are two columns `{0}`: keep one")]
    Twice(&'static str),
    /// A column that every license needs.
    #[error("there is no column `{0}`: every license needs it")]
    Missing(&'static str),
}

/// Reads the file. Faults of single lines are left in their rows, so that all are reported at once.
///
/// # Errors
/// The file as a whole is no such list.
pub(crate) fn read(file: &[u8]) -> Result<Vec<ImportRow>, CsvError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(file);
    let mut records = reader.byte_records();
    let header = records
        .next()
        .ok_or(CsvError::Empty)?
        .map_err(CsvError::Read)?;
    let columns = columns(&header)?;
    let mut lines = Lines {
        file,
        at: 0,
        line: 1,
    };
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(CsvError::Read)?;
        // A line of nothing but separators is what spreadsheets leave behind.
        if record.iter().any(|cell| !cell.is_empty()) {
            rows.push(row(&columns, &record, lines.line_of(&record)));
        }
    }
    Ok(rows)
}

/// Counts lines along with the records. The reader's own count stands before the line ends and blank
/// lines that it has yet to skip.
struct Lines<'a> {
    file: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn line_of(&mut self, record: &ByteRecord) -> u64 {
        let begin = record.position().map_or(0, csv::Position::byte);
        let begin = usize::try_from(begin).unwrap_or(usize::MAX);
        while let Some(byte) = self.file.get(self.at) {
            let is_end = matches!(byte, b'\n' | b'\r');
            if self.at >= begin && !is_end {
                break;
            }
            self.at += 1;
            let is_half = *byte == b'\r' && self.file.get(self.at) == Some(&b'\n');
            self.line += u64::from(is_end && !is_half);
        }
        self.line
    }
}

fn columns(header: &ByteRecord) -> Result<Vec<&'static str>, CsvError> {
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    if let [single] = names.as_slice()
        && single.contains(';')
    {
        return Err(CsvError::Semicolons);
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let known = COLUMNS.into_iter().find(|known| *known == name);
        let column = known.ok_or_else(|| CsvError::UnknownColumn {
            given: name.chars().take(64).collect(),
        })?;
        if columns.contains(&column) {
            return Err(CsvError::Twice(column));
        }
        columns.push(column);
    }
    match REQUIRED.into_iter().find(|name| !columns.contains(name)) {
        Some(missing) => Err(CsvError::Missing(missing)),
        None => Ok(columns),
    }
}

fn row(columns: &[&'static str], record: &ByteRecord, line: u64) -> ImportRow {
    let mut row = ImportRow {
        line,
        ..ImportRow::default()
    };
    if record.len() != columns.len() {
        let (cells, columns) = (record.len(), columns.len());
        row.malformed = Some(format!(
            "it has {cells} cells, but there are {columns} columns"
        ));
        return row;
    }
    for (column, cell) in columns.iter().zip(record) {
        match std::str::from_utf8(cell) {
            Ok(text) => fill(&mut row, column, text),
            Err(_) => {
                row.malformed = Some(format!("{column} is not UTF-8: save the file as UTF-8"))
            }
        }
    }
    row
}

fn fill(row: &mut ImportRow, column: &str, cell: &str) {
    let text = cell.to_owned();
    match column {
        "customer_email" => row.customer_email = text,
        "customer_name" => row.customer_name = text,
        "product" => row.product = text,
        "plan" => row.plan = text,
        "starts_at" => row.starts_at = Some(date(cell, parse_start)),
        "access_until" => row.access_until = Some(date(cell, parse_date)),
        "updates_until" => row.updates_until = Some(date(cell, parse_date)),
        "grace_days" => row.grace_days = text,
        "external_id" => row.external_id = text,
        "notes" => row.notes = text,
        "key" => row.key = text,
        "key_sha256" => row.key_sha256 = text,
        "key_label" => row.key_label = text,
        _ => unreachable!("columns are known"),
    }
}

fn date(cell: &str, parse: fn(&str) -> Result<Timestamp, String>) -> GivenDate {
    match cell {
        "" => Ok(None),
        text => parse(text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<ImportRow> {
        read(text.as_bytes()).unwrap()
    }

    fn error(text: &str) -> String {
        read(text.as_bytes()).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_found_by_name() {
        let rows = rows("plan,key,customer_email,product\nlifetime,old-1,a@example.com,pro;web\n");
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!(
            (row.line, row.plan.as_str(), row.key.as_str()),
            (2, "lifetime", "old-1")
        );
        assert_eq!(row.product, "pro;web");
        assert_eq!(
            (row.access_until.clone(), row.external_id.as_str()),
            (None, "")
        );
    }

    #[test]
    fn a_mark_of_byte_order_windows_lines_blanks_and_quotes_are_fine() {
        let text = "\u{feff}customer_email , product,plan,notes\r\n\r\na@example.com,pro,lifetime,\"two,\r\nlines\"\r\n,,,\r\nb@example.com,pro,lifetime,\r\n";
        let rows = rows(text);
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.line, row.notes.as_str()))
            .collect();
        assert_eq!(found, [(3, "two,\r\nlines"), (6, "")]);
    }

    #[test]
    fn dates_are_days_or_moments_or_a_sentence() {
        let rows = rows(
            "customer_email,product,plan,access_until\na,p,trial,2027-01-31\na,p,trial,\na,p,trial,31.01.2027\n",
        );
        let dates: Vec<_> = rows
            .into_iter()
            .map(|row| row.access_until.unwrap())
            .collect();
        assert_eq!(
            dates[0].clone().unwrap().unwrap().to_string(),
            "2027-01-31T23:59:59Z"
        );
        assert_eq!(dates[1], Ok(None));
        assert!(dates[2].as_ref().unwrap_err().contains("`31.01.2027`"));
    }

    #[test]
    fn a_license_starts_with_its_first_day() {
        let rows = rows("customer_email,product,plan,starts_at\na,p,trial,2027-01-31\n");
        let starts_at = rows[0].starts_at.clone().unwrap().unwrap().unwrap();
        assert_eq!(starts_at.to_string(), "2027-01-31T00:00:00Z");
    }

    #[test]
    fn a_bad_line_does_not_hide_the_others() {
        let text = b"customer_email,product,plan\na@example.com,pro\nb@example.com,pro,lifetime,x\nc@example.com,\xff,trial\nd@example.com,pro,trial\n";
        let rows = read(text).unwrap();
        let faults: Vec<_> = rows.iter().map(|row| row.malformed.as_deref()).collect();
        assert_eq!(
            faults,
            [
                Some("it has 2 cells, but there are 3 columns"),
                Some("it has 4 cells, but there are 3 columns"),
                Some("product is not UTF-8: save the file as UTF-8"),
                None
            ]
        );
    }

    #[test]
    fn what_is_no_such_list_says_why() {
        let check = |text, expected: &str| {
            let error = error(text);
            assert!(error.contains(expected), "{error}");
        };
        check("", "it is empty");
        check("customer_email;product;plan\n", "export it with commas");
        check(
            "customer_email,product,plan,kee\n",
            "no column `kee`: columns are customer_email, ",
        );
        check("customer_email,product,plan,plan\n", "two columns `plan`");
        check("customer_email,plan\n", "no column `product`");
    }
}
