//! The statement of a report. It names only what was asked for, so that both databases use their
//! indexes.

use std::ops::Range;

use sqlx::{Database, Encode, QueryBuilder, Type};

use super::{Asked, Spans};

/// A column that can be grouped by: its name, how days and how rows have it, and its type.
type Column = (bool, &'static str, &'static str, &'static str, &'static str);

/// Those of the tables. License first: customers are found by it.
const fn columns(asked: &Asked) -> [Column; 15] {
    let (release, tool) = (asked.by_package, asked.by_client_version);
    [
        (asked.by_day, "day", "day", "at / 86400000000", "BIGINT"),
        text(
            asked.by_license || asked.by_customer,
            "license_id",
            "NULLIF(license_id, '')",
        ),
        text(asked.by_key, "key_id", "NULL"),
        text(release, "repository", "repository"),
        text(release, "package", "NULLIF(package, '')"),
        text(asked.by_version, "version", "NULLIF(version, '')"),
        text(asked.by_file, "file", "file"),
        (asked.by_status, "status", "status", "status", "BIGINT"),
        text(asked.by_delivery, "delivery", "NULLIF(delivery, '')"),
        text(asked.by_address, "address", "NULL"),
        text(asked.by_client, "client", "client"),
        text(tool, "client_version", "NULL"),
        text(tool, "elixir_version", "NULL"),
        text(tool, "otp_version", "NULL"),
        (tool || asked.by_ci, "ci", "ci", "ci", "BIGINT"),
    ]
}

const fn text(is_asked: bool, name: &'static str, in_days: &'static str) -> Column {
    (is_asked, name, in_days, name, "TEXT")
}

/// Pushes all of it.
pub(super) fn push<DB: Database>(query: &mut QueryBuilder<DB>, asked: &Asked, spans: &Spans)
where
    for<'a> i64: Encode<'a, DB> + Type<DB>,
    for<'a> String: Encode<'a, DB> + Type<DB>,
{
    query.push("SELECT ");
    let mut groups = Vec::new();
    for (is_asked, name, _, _, kind) in columns(asked) {
        // It may be there for its customer only.
        let is_shown = is_asked && (name != "license_id" || asked.by_license);
        let shown_as = if name == "license_id" {
            "license"
        } else {
            name
        };
        push_shown(query, is_shown, &format!("u.{name}"), shown_as, kind);
        if is_shown {
            groups.push(format!("u.{name}"));
        }
    }
    push_shown(query, asked.by_customer, "c.email", "customer", "TEXT");
    if asked.by_customer {
        groups.push("c.email".to_owned());
    }
    query.push(
        "CAST(SUM(u.requests) AS BIGINT) AS requests, CAST(MIN(u.first_at) AS BIGINT) AS first_at, \
         CAST(MAX(u.last_at) AS BIGINT) AS last_at FROM (",
    );
    push_parts(query, asked, spans);
    query.push(") u");
    if asked.by_customer {
        query.push(" LEFT JOIN licenses l ON l.id = u.license_id LEFT JOIN customers c ON c.id = l.customer_id");
    }
    if !groups.is_empty() {
        query.push(" GROUP BY ").push(groups.join(", "));
    }
    // Of nothing there is no sum.
    query.push(" HAVING COUNT(*) > 0 ORDER BY ");
    if asked.by_day {
        query.push("day DESC, ");
    }
    query.push("requests DESC, last_at DESC LIMIT ");
    query.push_bind(i64::from(asked.limit));
}

fn push_shown<DB: Database>(
    query: &mut QueryBuilder<DB>,
    is_shown: bool,
    from: &str,
    name: &str,
    kind: &str,
) {
    if is_shown {
        query.push(format_args!("{from} AS {name}, "));
    } else {
        query.push(format_args!("CAST(NULL AS {kind}) AS {name}, "));
    }
}

fn push_parts<DB: Database>(query: &mut QueryBuilder<DB>, asked: &Asked, spans: &Spans)
where
    for<'a> i64: Encode<'a, DB> + Type<DB>,
    for<'a> String: Encode<'a, DB> + Type<DB>,
{
    let mut between = "";
    if !spans.days.is_empty() {
        push_columns(query, asked, true);
        query.push("requests, first_at, last_at FROM usage_daily WHERE ");
        push_range(query, "day", &spans.days);
        push_conditions(query, asked);
        between = " UNION ALL ";
    }
    for moments in &spans.moments {
        query.push(between);
        push_columns(query, asked, false);
        query.push("requests, at AS first_at, at AS last_at FROM usage WHERE ");
        push_range(query, "at", moments);
        push_conditions(query, asked);
        between = " UNION ALL ";
    }
}

fn push_columns<DB: Database>(query: &mut QueryBuilder<DB>, asked: &Asked, of_days: bool) {
    query.push("SELECT ");
    for (is_asked, name, in_days, in_rows, _) in columns(asked) {
        if is_asked {
            let value = if of_days { in_days } else { in_rows };
            query.push(format_args!("{value} AS {name}, "));
        }
    }
}

fn push_range<DB: Database>(query: &mut QueryBuilder<DB>, column: &str, range: &Range<i64>)
where
    for<'a> i64: Encode<'a, DB> + Type<DB>,
{
    query.push(format_args!("{column} >= "));
    query.push_bind(range.start);
    query.push(format_args!(" AND {column} < "));
    query.push_bind(range.end);
}

fn push_conditions<DB: Database>(query: &mut QueryBuilder<DB>, asked: &Asked)
where
    for<'a> String: Encode<'a, DB> + Type<DB>,
{
    let file = asked.file.map(str::to_owned);
    let texts = [
        ("license_id", &asked.license),
        ("repository", &asked.repository),
        ("package", &asked.package),
        ("file", &file),
    ];
    for (column, value) in texts {
        if let Some(value) = value {
            query.push(format_args!(" AND {column} = "));
            query.push_bind(value.clone());
        }
    }
    if let Some(customer) = &asked.customer {
        query.push(
            " AND license_id IN (SELECT l.id FROM licenses l JOIN customers c ON c.id = l.customer_id WHERE c.id = ",
        );
        query.push_bind(customer.clone());
        query.push(" OR c.email = ");
        query.push_bind(customer.clone());
        query.push(")");
    }
    match asked.refused {
        Some(true) => query.push(" AND status >= 400"),
        Some(false) => query.push(" AND status < 400"),
        None => query,
    };
}
