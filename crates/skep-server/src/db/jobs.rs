//! Table `jobs`.

use serde_json::Value;
use sqlx::QueryBuilder;

use crate::clock::Timestamp;
use crate::db::row::{At, micros, time};
use crate::db::{Conn, DbError, Driver, Tx};
use crate::ids::{JobId, NodeId};

/// A job that is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: &'static str,
    /// What to do it with.
    pub payload: Value,
    /// No second job with this key is entered.
    pub unique_key: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Not before.
    pub run_at: Timestamp,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What to do; may be a kind that this version does not know.
    pub kind: String,
    /// What to do it with.
    pub payload: Value,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Not before.
    pub run_at: Timestamp,
    /// How often it was begun without an end that was good.
    pub attempts: i64,
    /// Who runs it, and until when it is theirs.
    pub claim: Option<(NodeId, Timestamp)>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was last done, where it comes back.
    pub done_at: Option<Timestamp>,
    /// Given up since.
    pub dead_at: Option<Timestamp>,
}

/// What somebody holds of a job: with another attempt it is somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The job.
    pub job: JobId,
    /// Who runs it.
    pub node: NodeId,
    /// For the how-manieth time.
    pub attempt: i64,
}

row! {
    struct JobRow {
        id: String, kind: String, payload: String, created_at: i64, run_at: i64, attempts: i64,
        claimed_by: Option<String>, lease_until: Option<i64>, last_error: Option<String>,
        done_at: Option<i64>, dead_at: Option<i64>,
    }
}

macro_rules! columns {
    () => {
        "id, kind, payload, created_at, run_at, attempts, claimed_by, lease_until, last_error, \
         done_at, dead_at"
    };
}

impl TryFrom<JobRow> for Job {
    type Error = DbError;
    fn try_from(row: JobRow) -> Result<Self, DbError> {
        let at = At {
            table: "jobs",
            id: &row.id,
        };
        let node = row
            .claimed_by
            .as_deref()
            .map(|id| at.parse(id))
            .transpose()?;
        Ok(Self {
            id: at.parse(&row.id)?,
            payload: serde_json::from_str(&row.payload).map_err(|error| at.corrupt(error))?,
            kind: row.kind,
            created_at: Timestamp::from_micros(row.created_at),
            run_at: Timestamp::from_micros(row.run_at),
            attempts: row.attempts,
            claim: node.zip(time(row.lease_until)),
            last_error: row.last_error,
            done_at: time(row.done_at),
            dead_at: time(row.dead_at),
        })
    }
}

/// The condition of a job of `$kinds` that may be claimed.
macro_rules! push_due {
    ($query:ident, $kinds:ident, $now:ident) => {{
        $query.push(" WHERE dead_at IS NULL AND run_at <= ");
        $query.push_bind($now.micros());
        $query.push(" AND (lease_until IS NULL OR lease_until <= ");
        $query.push_bind($now.micros());
        $query.push(") AND kind IN (");
        let mut list = $query.separated(", ");
        for kind in $kinds {
            list.push_bind(*kind);
        }
        $query.push(")");
    }};
}

/// Enters a job, unless there is one with its unique key: whether it was entered.
pub async fn enqueue(tx: &mut Tx, job: &NewJob) -> Result<bool, DbError> {
    let sql = "INSERT INTO jobs (id, kind, payload, unique_key, created_at, run_at, attempts) \
               VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING";
    let entered = execute!(
        tx,
        sql,
        job.id.to_string(),
        job.kind,
        job.payload.to_string(),
        job.unique_key.as_deref(),
        job.created_at.micros(),
        job.run_at.micros()
    )?;
    Ok(entered > 0)
}

/// Whether a job of these kinds could be claimed now: asked before anything is locked for it.
pub async fn is_due(
    conn: &mut Conn,
    kinds: &[&'static str],
    now: Timestamp,
) -> Result<bool, DbError> {
    on_db!(conn, |c| {
        let mut query = QueryBuilder::new("SELECT id FROM jobs");
        push_due!(query, kinds, now);
        query.push(" LIMIT 1");
        let found = query.build().persistent(false).fetch_optional(c).await;
        found.map(|row| row.is_some())
    })
}

/// Takes the job that has been due longest, until `lease_until`. Of two nodes that ask at once, each gets
/// another one or none.
pub async fn claim(
    tx: &mut Tx,
    kinds: &[&'static str],
    node: NodeId,
    (now, lease_until): (Timestamp, Timestamp),
) -> Result<Option<Job>, DbError> {
    // SQLite has one writer, and this is it.
    let lock = match tx.driver() {
        Driver::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        Driver::Sqlite(_) => "",
    };
    let row = on_db!(tx, |c| {
        let mut query = QueryBuilder::new("UPDATE jobs SET attempts = attempts + 1, claimed_by = ");
        query.push_bind(node.to_string());
        query
            .push(", lease_until = ")
            .push_bind(lease_until.micros());
        query.push(" WHERE id = (SELECT id FROM jobs");
        push_due!(query, kinds, now);
        query.push(" ORDER BY run_at, id LIMIT 1").push(lock);
        query.push(concat!(") RETURNING ", columns!()));
        let query = query.build_query_as::<crate::db::row::Read<JobRow>>();
        query.persistent(false).fetch_optional(c).await
    })?;
    row.map(|row| Job::try_from(row.0)).transpose()
}

/// Keeps a job for longer; `false` when it is somebody else's by now.
pub async fn renew(tx: &mut Tx, claim: Claim, lease_until: Timestamp) -> Result<bool, DbError> {
    let sql =
        "UPDATE jobs SET lease_until = $4 WHERE id = $1 AND claimed_by = $2 AND attempts = $3";
    let (job, node) = (claim.job.to_string(), claim.node.to_string());
    Ok(execute!(tx, sql, job, node, claim.attempt, lease_until.micros())? > 0)
}

/// Gives a job back as if it had not been begun.
pub async fn give_back(tx: &mut Tx, claim: Claim) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET attempts = attempts - 1, claimed_by = NULL, lease_until = NULL \
               WHERE id = $1 AND claimed_by = $2 AND attempts = $3";
    let (job, node) = (claim.job.to_string(), claim.node.to_string());
    Ok(execute!(tx, sql, job, node, claim.attempt)? > 0)
}

/// A job is done, and gone.
pub async fn finish(tx: &mut Tx, claim: Claim) -> Result<bool, DbError> {
    let sql = "DELETE FROM jobs WHERE id = $1 AND claimed_by = $2 AND attempts = $3";
    let (job, node) = (claim.job.to_string(), claim.node.to_string());
    Ok(execute!(tx, sql, job, node, claim.attempt)? > 0)
}

/// A job is done and comes back.
pub async fn finish_until(
    tx: &mut Tx,
    claim: Claim,
    (now, run_at): (Timestamp, Timestamp),
) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET attempts = 0, claimed_by = NULL, lease_until = NULL, last_error = NULL, \
               done_at = $4, run_at = $5 WHERE id = $1 AND claimed_by = $2 AND attempts = $3";
    let (job, node) = (claim.job.to_string(), claim.node.to_string());
    let done = execute!(
        tx,
        sql,
        job,
        node,
        claim.attempt,
        now.micros(),
        run_at.micros()
    )?;
    Ok(done > 0)
}

/// A job failed: it runs again at `run_at`, or is given up at `dead_at`.
pub async fn fail(
    tx: &mut Tx,
    claim: Claim,
    error: &str,
    (run_at, dead_at): (Timestamp, Option<Timestamp>),
) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET claimed_by = NULL, lease_until = NULL, last_error = $4, run_at = $5, \
               dead_at = $6 WHERE id = $1 AND claimed_by = $2 AND attempts = $3";
    let (job, node) = (claim.job.to_string(), claim.node.to_string());
    let (run_at, dead_at) = (run_at.micros(), micros(dead_at));
    Ok(execute!(tx, sql, job, node, claim.attempt, error, run_at, dead_at)? > 0)
}

/// Every job, the next one first and those given up last.
pub async fn list(conn: &mut Conn) -> Result<Vec<Job>, DbError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM jobs ORDER BY COALESCE(dead_at, 0), run_at, id"
    );
    let rows = fetch_all!(conn, JobRow, sql)?;
    rows.into_iter().map(Job::try_from).collect()
}

/// How many jobs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// To be done now, and nobody does them.
    pub waiting: i64,
    /// Being done.
    pub running: i64,
    /// Given up.
    pub dead: i64,
}

/// How many jobs there are at `now`.
pub async fn counts(conn: &mut Conn, now: Timestamp) -> Result<Counts, DbError> {
    const SQL: &str = "SELECT \
        CAST(COALESCE(SUM(CASE WHEN dead_at IS NULL AND run_at <= $1 AND COALESCE(lease_until, 0) <= $1 \
            THEN 1 ELSE 0 END), 0) AS BIGINT), \
        CAST(COALESCE(SUM(CASE WHEN dead_at IS NULL AND lease_until > $1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
        CAST(COALESCE(SUM(CASE WHEN dead_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) \
        FROM jobs";
    let row = fetch_optional!(conn, (i64, i64, i64), SQL, now.micros())?;
    let (waiting, running, dead) = row.unwrap_or_default();
    Ok(Counts {
        waiting,
        running,
        dead,
    })
}

/// One job.
pub async fn find(conn: &mut Conn, id: JobId) -> Result<Option<Job>, DbError> {
    let sql = concat!("SELECT ", columns!(), " FROM jobs WHERE id = $1");
    let row = fetch_optional!(conn, JobRow, sql, id.to_string())?;
    row.map(Job::try_from).transpose()
}

/// Lets a job run at once, from its first attempt on; `false` when it is running.
pub async fn restart(tx: &mut Tx, id: JobId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET attempts = 0, run_at = $2, dead_at = NULL, claimed_by = NULL, \
               lease_until = NULL WHERE id = $1 AND (lease_until IS NULL OR lease_until <= $2)";
    Ok(execute!(tx, sql, id.to_string(), now.micros())? > 0)
}

/// Deletes a job; `false` when it is running.
pub async fn delete(tx: &mut Tx, id: JobId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "DELETE FROM jobs WHERE id = $1 AND (lease_until IS NULL OR lease_until <= $2)";
    Ok(execute!(tx, sql, id.to_string(), now.micros())? > 0)
}
