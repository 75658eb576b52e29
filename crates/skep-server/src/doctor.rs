//! `skep doctor`: looks at everything an installation needs and says what to do about it. It changes
//! nothing, and goes on where it can when something is wrong.

use serde::Serialize;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, OpenMode};

mod catalog;
mod clocks;
mod delivery;
mod folders;
mod jobs;
mod keys;
mod network;
mod postgresql;
mod prebuilt;
mod room;
mod storage;
mod surroundings;
mod tls;
mod users;

#[cfg(test)]
mod tests;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, but somebody should look at it.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, in one or two words.
    pub name: &'static str,
    /// How it came out.
    pub status: Status,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Ok,
            text: text.into(),
            advice: None,
        }
    }

    fn warn(name: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Warn,
            text: text.into(),
            advice: Some(advice.into()),
        }
    }

    fn fail(name: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Fail,
            text: text.into(),
            advice: Some(advice.into()),
        }
    }

    fn with_advice(self, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..self
        }
    }
}

/// How closely to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Examination {
    /// Reads every file and compares its checksum, and looks for files that belong to no release.
    pub is_deep: bool,
}

/// Looks at an installation. The list is never empty; the worst status in it is the verdict.
pub async fn examine(config: &Config, clock: &Clock, examination: Examination) -> Vec<Check> {
    let mut checks = surroundings::url(config);
    checks.extend(tls::examine(config, clock));
    checks.extend(network::examine(config));
    checks.extend(keys::files(config));
    let (files, faults) = storage::open(config).await;
    checks.extend(delivery::examine(config, files.as_ref(), clock));
    checks.extend(folders::spool(config, clock));
    checks.extend(faults);
    checks.extend(room::examine(config));
    if let Some(files) = &files {
        checks.extend(clocks::storage(files, clock).await);
    }
    checks.extend(prebuilt::places(config, examination).await);
    let (url, pool) = (config.database.reveal(), &config.database_pool);
    match Db::open_with(url, OpenMode::Existing, pool).await {
        Err(error) => {
            checks.push(Check::fail(
                "database",
                error.to_string(),
                "nothing that needs the database was looked at",
            ));
        }
        Ok(db) => {
            checks.push(folders::database(&db).await);
            checks.extend(postgresql::server(config, &db).await);
            checks.extend(keys::remembered(config, &db).await);
            checks.extend(catalog::examine(files.as_ref(), &db, examination).await);
            checks.extend(prebuilt::remains(config, &db).await);
            checks.extend(users::examine(&db).await);
            checks.extend(jobs::examine(&db).await);
            checks.push(surroundings::clock(&db, clock).await);
            checks.extend(clocks::database(&db, clock).await);
            db.close().await;
        }
    }
    checks.extend(surroundings::messages(config));
    checks
}

/// The worst of all.
#[must_use]
pub fn verdict(checks: &[Check]) -> Status {
    checks
        .iter()
        .map(|check| check.status)
        .max()
        .unwrap_or(Status::Ok)
}

/// An error with its causes, on one line.
fn sentence(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
