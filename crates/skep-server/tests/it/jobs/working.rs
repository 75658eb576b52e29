//! Workers: what several of them make of many jobs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use skep_server::db::jobs::Job;
use skep_server::jobs::JobError;
use skep_server::jobs::desk::Desk;
use skep_server::jobs::worker::Worker;
use tokio_util::sync::CancellationToken;

use super::{ERRAND, db_enqueue, db_job, db_jobs, desk, today};
use crate::support::each_db::{TestDb, on_each_db};

const JOBS: u32 = 150;

/// Starts a worker; it ends when the token is canceled.
fn start<R>(
    desk: Desk,
    stop: &CancellationToken,
    perform: impl Fn(Job) -> R + Send + Sync + 'static,
) -> tokio::task::JoinHandle<()>
where
    R: Future<Output = Result<(), JobError>> + Send + 'static,
{
    let worker = Arc::new(Worker::new(desk, vec![ERRAND], perform));
    tokio::spawn(worker.run(stop.clone()))
}

async fn until(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if is_true().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within a minute: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_workers_do_each_of_many_jobs_once() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        for number in 0..JOBS {
            db_enqueue(&test, ERRAND, number).await;
        }
        let (done, stop) = (
            Arc::new(Mutex::new(BTreeMap::new())),
            CancellationToken::new(),
        );
        let mut workers = Vec::new();
        for worker in 0..3 {
            let done = Arc::clone(&done);
            let desk = desk(&test.open_again().await, &clock);
            workers.push(start(desk, &stop, move |job| {
                let done = Arc::clone(&done);
                async move {
                    let number = job.payload["number"].as_u64();
                    let mut done = done.lock().unwrap();
                    done.entry(number).or_insert_with(Vec::new).push(worker);
                    Ok(())
                }
            }));
        }
        until("all is done", async || db_jobs(&test).await.is_empty()).await;
        stop.cancel();
        for worker in workers {
            worker.await.unwrap();
        }
        let done = done.lock().unwrap();
        assert_eq!(done.len(), JOBS as usize);
        assert!(done.values().all(|workers| workers.len() == 1), "{done:?}");
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_stopped_gives_its_job_back() {
    on_each_db(async |test: TestDb| {
        let (clock, stop) = (today(), CancellationToken::new());
        let id = db_enqueue(&test, ERRAND, 1).await;
        let worker = start(desk(&test, &clock), &stop, async |_| {
            std::future::pending().await
        });
        until("it runs", async || db_job(&test, id).await.claim.is_some()).await;
        stop.cancel();
        worker.await.unwrap();
        let job = db_job(&test, id).await;
        assert_eq!((job.attempts, job.claim), (0, None));
    })
    .await;
}

#[tokio::test]
async fn a_bug_in_a_job_is_a_failure_of_that_job() {
    on_each_db(async |test: TestDb| {
        let (clock, stop) = (today(), CancellationToken::new());
        let bad = db_enqueue(&test, ERRAND, 1).await;
        db_enqueue(&test, ERRAND, 2).await;
        let worker = start(desk(&test, &clock), &stop, async |job: Job| {
            assert_ne!(job.payload["number"], 1, "a bug, on purpose");
            Ok(())
        });
        until("the other is done", async || {
            db_jobs(&test).await.len() == 1
        })
        .await;
        until("it failed", async || {
            db_job(&test, bad).await.last_error.is_some()
        })
        .await;
        stop.cancel();
        worker.await.unwrap();
        let job = db_job(&test, bad).await;
        assert!(job.last_error.unwrap().contains("ended in a bug"));
        assert_eq!((job.attempts, job.claim), (1, None));
    })
    .await;
}
