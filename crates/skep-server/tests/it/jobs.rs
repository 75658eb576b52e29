//! Jobs: each done once, whoever dies.

mod managing;
mod periodic;
mod taking;
mod working;

use std::time::Duration;

use serde_json::json;
use skep_server::clock::{Clock, TestClock, Timestamp};
use skep_server::db::Db;
use skep_server::db::jobs::{self, Job, NewJob};
use skep_server::ids::JobId;
use skep_server::jobs::desk::{Desk, Pace};
use skep_server::jobs::task::Kind;

use crate::support::TODAY;

/// A kind that only tests know.
const ERRAND: Kind = Kind {
    name: "errand",
    every_seconds: None,
};

const ROUND: Kind = Kind {
    name: "round",
    every_seconds: Some(600),
};

fn quick() -> Pace {
    Pace {
        lease_seconds: 60,
        renew: Duration::from_millis(20),
        poll: Duration::from_millis(20),
    }
}

fn today() -> TestClock {
    TestClock::at(TODAY)
}

fn desk(db: &Db, clock: &TestClock) -> Desk {
    Desk::new(db.clone(), clock.clock(), quick())
}

/// Enters a job that is due now.
async fn db_enqueue(db: &Db, kind: Kind, number: u32) -> JobId {
    db_enqueue_at(db, kind, number, TODAY).await
}

async fn db_enqueue_at(db: &Db, kind: Kind, number: u32, run_at: Timestamp) -> JobId {
    let job = NewJob {
        id: JobId::new(&Clock::system()),
        kind: kind.name,
        payload: json!({ "number": number }),
        unique_key: None,
        created_at: TODAY,
        run_at,
    };
    let mut tx = db.begin().await.unwrap();
    assert!(jobs::enqueue(&mut tx, &job).await.unwrap());
    tx.commit().await.unwrap();
    job.id
}

async fn db_jobs(db: &Db) -> Vec<Job> {
    jobs::list(&mut db.read().await.unwrap()).await.unwrap()
}

async fn db_job(db: &Db, id: JobId) -> Job {
    let found = jobs::find(&mut db.read().await.unwrap(), id).await.unwrap();
    found.unwrap()
}
