//! A line of a report.

use crate::clock::Timestamp;
use crate::db::DbError;
use crate::db::row::At;

/// Requests added up. `None`: not asked for, or not known.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub struct UsageRow {
    /// The beginning of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Timestamp>,
    /// The customer's email.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The license's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The key's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The kind of file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What callers were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How they got the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// Where they came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// Elixir's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elixir_version: Option<String>,
    /// OTP's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp_version: Option<String>,
    /// Whether in continuous integration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci: Option<bool>,
    /// How many.
    pub requests: u64,
    /// The first of them, to ten seconds.
    pub first_at: Timestamp,
    /// The last of them, to ten seconds.
    pub last_at: Timestamp,
}

row! {
    pub(super) struct Row {
        day: Option<i64>,
        customer: Option<String>,
        license: Option<String>,
        key_id: Option<String>,
        repository: Option<String>,
        package: Option<String>,
        version: Option<String>,
        file: Option<String>,
        status: Option<i64>,
        delivery: Option<String>,
        address: Option<String>,
        client: Option<String>,
        client_version: Option<String>,
        elixir_version: Option<String>,
        otp_version: Option<String>,
        ci: Option<i64>,
        requests: i64,
        first_at: i64,
        last_at: i64,
    }
}

impl TryFrom<Row> for UsageRow {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let at = At {
            table: "usage",
            id: row.license.as_deref().unwrap_or("?"),
        };
        Ok(Self {
            status: row
                .status
                .map(|status| at.number("status", status))
                .transpose()?,
            requests: at.number("requests", row.requests)?,
            day: row.day.map(|day| Timestamp::from_seconds(0).plus_days(day)),
            customer: row.customer,
            license: row.license,
            key: row.key_id,
            repository: row.repository,
            package: row.package,
            version: row.version,
            file: row.file,
            delivery: row.delivery,
            address: row.address,
            client: row.client,
            client_version: row.client_version,
            elixir_version: row.elixir_version,
            otp_version: row.otp_version,
            ci: row.ci.map(|ci| ci == 1),
            first_at: Timestamp::from_micros(row.first_at),
            last_at: Timestamp::from_micros(row.last_at),
        })
    }
}
