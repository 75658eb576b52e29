//! What is wrong when a PostgreSQL server does not let us in, by the setting that would mend it. No
//! sentence has the URL in it: that holds the password.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::Facts;
use crate::db::DbError;
use crate::db::open::OpenError;

/// `gen_random_uuid` came with it.
const OLDEST_VERSION: i64 = 130_000;

pub(super) fn judge(shown: &str, facts: &Facts) -> Result<(), OpenError> {
    if facts.version < OLDEST_VERSION {
        let version = facts.version / 10_000;
        return Err(server(
            shown,
            format!("it is PostgreSQL {version}: Skep needs 13 or a later one"),
        ));
    }
    if facts.encoding != "UTF8" {
        return Err(server(
            shown,
            format!(
                "its encoding is {}, which has not all characters: make one with \
                 `createdb --encoding UTF8 --template template0 NAME`",
                facts.encoding
            ),
        ));
    }
    if facts.is_read_only {
        return Err(server(
            shown,
            "it can only be read, as a standby can: let `[database] url` name the primary server, or turn \
             `default_transaction_read_only` off"
                .to_owned(),
        ));
    }
    Ok(())
}

pub(super) fn silent(shown: &str, patience: Duration) -> OpenError {
    server(
        shown,
        format!(
            "there was no answer within {} seconds: look whether host and port in `[database] url` are right and \
             no firewall is between",
            patience.as_secs()
        ),
    )
}

/// Whether it is worth asking again in a moment.
pub(super) fn is_restarting(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code == "57P03")
}

fn code(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

pub(super) fn name(options: &PgConnectOptions, shown: &str, error: sqlx::Error) -> OpenError {
    let (user, database) = (options.get_username(), options.get_database());
    let problem = match code(&error).as_deref() {
        Some("28P01") => format!(
            "it refuses the password of user `{user}`: correct it in `[database] url`, or in the file that \
             `url_file` names"
        ),
        Some("28000") => format!(
            "it does not let user `{user}` in ({}): look at its pg_hba.conf, and at the user and `sslmode` in \
             `[database] url`",
            message(&error)
        ),
        Some("3D000") => format!(
            "it has no database `{}`: make it with `createdb`, or correct the name at the end of `[database] url`",
            database.unwrap_or(user)
        ),
        Some("42501") => format!(
            "user `{user}` may not connect to it: `GRANT CONNECT ON DATABASE … TO {user}`"
        ),
        Some("53300") => "all its connections are taken: lower `max_connections` in section `[database]` of each \
                          node, or raise the server's own"
            .to_owned(),
        Some("57P03") => format!("{}: try again in a moment", message(&error)),
        _ => return of_connection(shown, error),
    };
    server(shown, problem)
}

/// Nobody there to refuse us.
fn of_connection(shown: &str, error: sqlx::Error) -> OpenError {
    let problem = match &error {
        sqlx::Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => {
            "nobody listens there: start it, or correct host and port in `[database] url`"
                .to_owned()
        }
        sqlx::Error::Io(io) if is_unknown_host(io) => {
            format!("its host is not known ({io}): correct it in `[database] url`")
        }
        sqlx::Error::Io(io) => format!("{io}: look at host and port in `[database] url`"),
        sqlx::Error::Tls(tls) => format!(
            "no TLS with it ({tls}): look at `sslmode` and `sslrootcert` in `[database] url`"
        ),
        sqlx::Error::Configuration(_) => return OpenError::Url(" (`postgres:`)".to_owned()),
        _ => {
            return OpenError::Refused {
                shown: shown.to_owned(),
                error: DbError::from(error),
            };
        }
    };
    server(shown, problem)
}

fn is_unknown_host(error: &std::io::Error) -> bool {
    error.to_string().contains("lookup address")
}

fn message(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .map_or_else(String::new, |error| error.message().to_owned())
}

fn server(shown: &str, problem: String) -> OpenError {
    OpenError::Server {
        shown: shown.to_owned(),
        problem,
    }
}
