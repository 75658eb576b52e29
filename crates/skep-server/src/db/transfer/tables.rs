use super::{Column, ColumnType, Table};

use ColumnType::{Bigint, Blob, Text};

/// Every table of the schema with all its columns; each after those that it refers to. A test compares
/// this list with both databases: a migration that is forgotten here would be lost in every backup.
const TABLES: &[(&str, &[(&str, ColumnType)])] = &[
    ("settings", &[("name", Text), ("value", Text)]),
    (
        "feed",
        &[("id", Bigint), ("epoch", Text), ("revision", Bigint)],
    ),
    (
        "changes",
        &[("revision", Bigint), ("kind", Text), ("id", Text)],
    ),
    (
        "users",
        &[
            ("id", Text),
            ("username", Text),
            ("email", Text),
            ("role", Text),
            ("password_hash", Text),
            ("totp_secret", Blob),
            ("totp_confirmed_at", Bigint),
            ("totp_last_step", Bigint),
            ("totp_last_via", Text),
            ("created_at", Bigint),
            ("disabled_at", Bigint),
        ],
    ),
    (
        "recovery_codes",
        &[
            ("user_id", Text),
            ("code_sha256", Blob),
            ("used_at", Bigint),
            ("used_via", Text),
        ],
    ),
    (
        "api_keys",
        &[
            ("id", Text),
            ("user_id", Text),
            ("name", Text),
            ("key_sha256", Blob),
            ("hint", Text),
            ("permissions", Text),
            ("created_at", Bigint),
            ("expires_at", Bigint),
            ("revoked_at", Bigint),
            ("last_used_at", Bigint),
        ],
    ),
    (
        "sessions",
        &[
            ("id", Text),
            ("user_id", Text),
            ("token_sha256", Blob),
            ("created_at", Bigint),
            ("last_seen_at", Bigint),
            ("is_half", Bigint),
            ("address", Text),
            ("user_agent", Text),
        ],
    ),
    (
        "one_time_links",
        &[
            ("code_sha256", Blob),
            ("user_id", Text),
            ("created_at", Bigint),
            ("expires_at", Bigint),
        ],
    ),
    (
        "attempts",
        &[
            ("kind", Text),
            ("subject", Text),
            ("count", Bigint),
            ("since", Bigint),
            ("last_at", Bigint),
        ],
    ),
    (
        "known_addresses",
        &[("user_id", Text), ("address", Text), ("last_at", Bigint)],
    ),
    (
        "oauth_clients",
        &[
            ("id", Text),
            ("name", Text),
            ("created_at", Bigint),
            ("revoked_at", Bigint),
        ],
    ),
    (
        "oauth_grants",
        &[
            ("id", Text),
            ("user_id", Text),
            ("client_id", Text),
            ("name", Text),
            ("scope", Text),
            ("created_at", Bigint),
            ("expires_at", Bigint),
            ("refreshed_at", Bigint),
            ("ended_at", Bigint),
            ("ended_because", Text),
        ],
    ),
    (
        "oauth_refresh_tokens",
        &[
            ("token_sha256", Blob),
            ("grant_id", Text),
            ("created_at", Bigint),
            ("used_at", Bigint),
        ],
    ),
    (
        "oauth_device_codes",
        &[
            ("id", Text),
            ("device_code_sha256", Blob),
            ("user_code", Text),
            ("client_id", Text),
            ("name", Text),
            ("scope", Text),
            ("address", Text),
            ("created_at", Bigint),
            ("expires_at", Bigint),
            ("interval_seconds", Bigint),
            ("polled_at", Bigint),
            ("state", Text),
            ("decided_at", Bigint),
            ("user_id", Text),
            ("granted_scope", Text),
            ("grant_id", Text),
        ],
    ),
    (
        "oauth_revocations",
        &[
            ("grant_id", Text),
            ("revoked_at", Bigint),
            ("needed_until", Bigint),
        ],
    ),
    (
        "packages",
        &[
            ("id", Text),
            ("repository", Text),
            ("name", Text),
            ("created_at", Bigint),
        ],
    ),
    (
        "releases",
        &[
            ("id", Text),
            ("package_id", Text),
            ("version", Text),
            ("published_at", Bigint),
            ("updated_at", Bigint),
            ("inner_checksum", Blob),
            ("outer_checksum", Blob),
            ("size_bytes", Bigint),
            ("dependencies", Text),
            ("metadata", Text),
            ("retirement_reason", Text),
            ("retirement_message", Text),
            ("docs_checksum", Blob),
            ("docs_size_bytes", Bigint),
            ("publisher_id", Text),
        ],
    ),
    (
        "package_owners",
        &[
            ("package_id", Text),
            ("user_id", Text),
            ("level", Text),
            ("created_at", Bigint),
        ],
    ),
    (
        "customers",
        &[
            ("id", Text),
            ("email", Text),
            ("name", Text),
            ("created_at", Bigint),
        ],
    ),
    (
        "products",
        &[
            ("id", Text),
            ("slug", Text),
            ("repository", Text),
            ("created_at", Bigint),
        ],
    ),
    (
        "product_packages",
        &[("product_id", Text), ("pattern", Text)],
    ),
    (
        "licenses",
        &[
            ("id", Text),
            ("customer_id", Text),
            ("plan", Text),
            ("starts_at", Bigint),
            ("access_until", Bigint),
            ("updates_until", Bigint),
            ("grace_days", Bigint),
            ("status", Text),
            ("status_since", Bigint),
            ("narrowed_at", Bigint),
            ("external_id", Text),
            ("notes", Text),
            ("created_at", Bigint),
            ("updated_at", Bigint),
        ],
    ),
    (
        "license_products",
        &[("license_id", Text), ("product_id", Text)],
    ),
    (
        "license_grants",
        &[
            ("license_id", Text),
            ("repository", Text),
            ("package", Text),
            ("version", Text),
            ("granted_at", Bigint),
            ("origin", Text),
        ],
    ),
    (
        "license_keys",
        &[
            ("id", Text),
            ("license_id", Text),
            ("key_sha256", Blob),
            ("hint", Text),
            ("label", Text),
            ("created_at", Bigint),
            ("expires_at", Bigint),
            ("revoked_at", Bigint),
            ("rotated_at", Bigint),
            ("last_used_at", Bigint),
        ],
    ),
    (
        "audit",
        &[
            ("id", Text),
            ("at", Bigint),
            ("actor", Text),
            ("action", Text),
            ("subject", Text),
            ("detail", Text),
            ("user_id", Text),
            ("via", Text),
            ("address", Text),
        ],
    ),
    (
        "usage",
        &[
            ("at", Bigint),
            ("license_id", Text),
            ("key_id", Text),
            ("repository", Text),
            ("file", Text),
            ("package", Text),
            ("version", Text),
            ("status", Bigint),
            ("client", Text),
            ("client_version", Text),
            ("elixir_version", Text),
            ("otp_version", Text),
            ("ci", Bigint),
            ("requests", Bigint),
            ("delivery", Text),
            ("address", Text),
        ],
    ),
    (
        "usage_daily",
        &[
            ("day", Bigint),
            ("license_id", Text),
            ("repository", Text),
            ("package", Text),
            ("version", Text),
            ("file", Text),
            ("status", Bigint),
            ("delivery", Text),
            ("client", Text),
            ("ci", Bigint),
            ("requests", Bigint),
            ("first_at", Bigint),
            ("last_at", Bigint),
        ],
    ),
    ("usage_batches", &[("id", Text), ("inserted_at", Bigint)]),
    (
        "downloads",
        &[
            ("license_id", Text),
            ("repository", Text),
            ("package", Text),
            ("version", Text),
            ("first_at", Bigint),
            ("last_at", Bigint),
            ("requests", Bigint),
        ],
    ),
    (
        "idempotency_keys",
        &[
            ("caller", Text),
            ("key_sha256", Blob),
            ("request_sha256", Blob),
            ("created_at", Bigint),
            ("status", Bigint),
            ("answer", Text),
        ],
    ),
];

/// Every table of the current schema, each after those that it refers to.
#[must_use]
pub fn tables() -> Vec<Table> {
    let column = |&(name, kind): &(&str, ColumnType)| Column {
        name: name.to_owned(),
        kind,
    };
    let table = |&(name, columns): &(&str, &[(&str, ColumnType)])| Table {
        name: name.to_owned(),
        columns: columns.iter().map(column).collect(),
    };
    TABLES.iter().map(table).collect()
}
