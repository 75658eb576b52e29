//! Table `audit`: who did what, when. Never a secret.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::accounts::caller::Via;
use crate::clock::{Clock, Timestamp};
use crate::db::row::At;
use crate::db::{Conn, DbError, Tx};
use crate::ids::{AuditId, LicenseId, UserId};

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Somebody who may run commands on this machine.
    Cli,
    /// A user.
    User {
        /// The user's id.
        id: UserId,
        /// What they are called.
        username: String,
        /// What they authenticated with.
        via: Via,
        /// From where.
        address: IpAddr,
    },
    /// Whoever has a key of a license.
    License {
        /// The license.
        id: LicenseId,
        /// From where.
        address: IpAddr,
    },
    /// Somebody who has not said who they are, or not convincingly.
    Anonymous {
        /// From where.
        address: IpAddr,
    },
}

impl Actor {
    /// The user, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Cli | Self::License { .. } | Self::Anonymous { .. } => None,
        }
    }

    fn via(&self) -> Option<Via> {
        match self {
            Self::User { via, .. } => Some(*via),
            Self::Cli | Self::License { .. } | Self::Anonymous { .. } => None,
        }
    }

    fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Cli => None,
            Self::User { address, .. }
            | Self::License { address, .. }
            | Self::Anonymous { address } => Some(*address),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cli => f.write_str("cli"),
            Self::User { username, .. } => write!(f, "user {username}"),
            Self::License { id, .. } => write!(f, "license {id}"),
            Self::Anonymous { .. } => f.write_str("anonymous"),
        }
    }
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The entry's id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who, as [`Actor`] shows itself.
    pub actor: String,
    /// With what, as [`Via`] shows itself; nothing for commands.
    pub via: Option<String>,
    /// From where; nothing for commands.
    pub address: Option<String>,
    /// What: `license.issue`, `release.publish`, …
    pub action: String,
    /// To what: an id, or a release's name.
    pub subject: String,
    /// More about it.
    pub detail: serde_json::Value,
}

row! {
    struct EntryRow {
        id: String, at: i64, actor: String, via: Option<String>, address: Option<String>, action: String,
        subject: String, detail: String,
    }
}

impl Tx {
    /// Writes down what is being done; it stands when the transaction does.
    pub async fn audit(
        &mut self,
        clock: &Clock,
        actor: &Actor,
        (action, subject): (&'static str, &(dyn fmt::Display + Sync)),
        detail: serde_json::Value,
    ) -> Result<(), DbError> {
        execute!(
            self,
            "INSERT INTO audit (id, at, actor, user_id, via, address, action, subject, detail) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            AuditId::new(clock).to_string(),
            clock.now().micros(),
            actor.to_string(),
            actor.user().map(|id| id.to_string()),
            actor.via().map(|via| via.to_string()),
            actor.address().map(|address| address.to_string()),
            action,
            subject.to_string(),
            detail.to_string()
        )?;
        Ok(())
    }
}

/// Which entries somebody looks for; `None` = all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// What this user did.
    pub user: Option<UserId>,
    /// This action, or all whose names begin with it and a dot.
    pub action: Option<String>,
    /// What was done to this.
    pub subject: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
}

/// The last entries, newest first.
pub async fn list(conn: &mut Conn, limit: u32) -> Result<Vec<Entry>, DbError> {
    search(conn, &Filter::default(), limit).await
}

/// The last entries that somebody looks for, newest first.
pub async fn search(conn: &mut Conn, filter: &Filter, limit: u32) -> Result<Vec<Entry>, DbError> {
    const SQL: &str = "SELECT id, at, actor, via, address, action, subject, detail FROM audit \
        WHERE (CAST($1 AS TEXT) IS NULL OR user_id = $1) \
        AND (CAST($2 AS TEXT) IS NULL OR action = $2 OR action LIKE $3 ESCAPE '\\') \
        AND (CAST($4 AS TEXT) IS NULL OR subject = $4) AND at >= $5 ORDER BY at DESC, id DESC LIMIT $6";
    let within = filter.action.as_ref().map(|action| {
        let literal = action
            .replace('\\', r"\\")
            .replace('%', r"\%")
            .replace('_', r"\_");
        format!("{literal}.%")
    });
    let user = filter.user.map(|id| id.to_string());
    fetch_all!(
        conn,
        EntryRow,
        SQL,
        user,
        filter.action.as_deref(),
        within,
        filter.subject.as_deref(),
        filter.since.map_or(i64::MIN, Timestamp::micros),
        i64::from(limit)
    )?
    .into_iter()
    .map(|row| {
        let at = At {
            table: "audit",
            id: &row.id,
        };
        Ok(Entry {
            id: at.parse(&row.id)?,
            at: Timestamp::from_micros(row.at),
            detail: serde_json::from_str(&row.detail).map_err(|error| at.corrupt(error))?,
            actor: row.actor,
            via: row.via,
            address: row.address,
            action: row.action,
            subject: row.subject,
        })
    })
    .collect()
}
