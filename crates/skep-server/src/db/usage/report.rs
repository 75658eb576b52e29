//! Adding usage up. One statement for every grouping: a column that nobody asked for is NULL.

use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Conn, DbError};

/// What to add up, and by what. A text that is `None` does not restrict anything.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// From this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Of this license.
    pub license: Option<String>,
    /// Of this customer, by id or email.
    pub customer: Option<String>,
    /// Of this repository.
    pub repository: Option<String>,
    /// Of this package.
    pub package: Option<String>,
    /// Of this kind of file.
    pub file: Option<&'static str>,
    /// Only requests that got an error, or only those that did not.
    pub refused: Option<bool>,
    /// A column for each day in UTC.
    pub by_day: bool,
    /// A column for each customer.
    pub by_customer: bool,
    /// A column for each license.
    pub by_license: bool,
    /// A column for each license key.
    pub by_key: bool,
    /// A column for each repository and package.
    pub by_package: bool,
    /// A column for each version.
    pub by_version: bool,
    /// A column for each kind of file.
    pub by_file: bool,
    /// A column for each answer.
    pub by_status: bool,
    /// A column for each way of delivery.
    pub by_delivery: bool,
    /// A column for each address or network, as far as they are recorded.
    pub by_address: bool,
    /// A column for each client.
    pub by_client: bool,
    /// Columns for the versions of client, Elixir and OTP, and for CI.
    pub by_client_version: bool,
    /// The most rows.
    pub limit: u32,
}

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
    struct Row {
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

const REPORT: &str = "
SELECT CASE WHEN $1 = 1 THEN u.at / 86400000000 END AS day,
    CASE WHEN $2 = 1 THEN c.email END AS customer,
    CASE WHEN $3 = 1 THEN u.license_id END AS license,
    CASE WHEN $4 = 1 THEN u.key_id END AS key_id,
    CASE WHEN $5 = 1 THEN u.repository END AS repository,
    CASE WHEN $5 = 1 THEN u.package END AS package,
    CASE WHEN $6 = 1 THEN u.version END AS version,
    CASE WHEN $7 = 1 THEN u.file END AS file,
    CASE WHEN $8 = 1 THEN u.status END AS status,
    CASE WHEN $20 = 1 THEN u.delivery END AS delivery,
    CASE WHEN $21 = 1 THEN u.address END AS address,
    CASE WHEN $9 = 1 THEN u.client END AS client,
    CASE WHEN $10 = 1 THEN u.client_version END AS client_version,
    CASE WHEN $10 = 1 THEN u.elixir_version END AS elixir_version,
    CASE WHEN $10 = 1 THEN u.otp_version END AS otp_version,
    CASE WHEN $10 = 1 THEN u.ci END AS ci,
    CAST(SUM(u.requests) AS BIGINT) AS requests,
    CAST(MIN(u.at) AS BIGINT) AS first_at,
    CAST(MAX(u.at) AS BIGINT) AS last_at
FROM usage u
LEFT JOIN licenses l ON l.id = u.license_id
LEFT JOIN customers c ON c.id = l.customer_id
WHERE u.at >= $11 AND u.at < $12
    AND ($13 IS NULL OR u.license_id = $13)
    AND ($14 IS NULL OR c.id = $14 OR c.email = $14)
    AND ($15 IS NULL OR u.repository = $15)
    AND ($16 IS NULL OR u.package = $16)
    AND ($17 IS NULL OR u.file = $17)
    AND ($18 = -1 OR ($18 = 1) = (u.status >= 400))
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
ORDER BY day DESC, requests DESC, last_at DESC
LIMIT $19";

/// Adds up what was asked for: days first, then whoever has most requests.
pub async fn report(conn: &mut Conn, asked: &Asked) -> Result<Vec<UsageRow>, DbError> {
    let rows = fetch_all!(
        conn,
        Row,
        REPORT,
        i64::from(asked.by_day),
        i64::from(asked.by_customer),
        i64::from(asked.by_license),
        i64::from(asked.by_key),
        i64::from(asked.by_package),
        i64::from(asked.by_version),
        i64::from(asked.by_file),
        i64::from(asked.by_status),
        i64::from(asked.by_client),
        i64::from(asked.by_client_version),
        asked.since.map_or(i64::MIN, Timestamp::micros),
        asked.until.map_or(i64::MAX, Timestamp::micros),
        &asked.license,
        &asked.customer,
        &asked.repository,
        &asked.package,
        asked.file,
        asked.refused.map_or(-1, i64::from),
        i64::from(asked.limit),
        i64::from(asked.by_delivery),
        i64::from(asked.by_address),
    )?;
    rows.into_iter().map(TryInto::try_into).collect()
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
