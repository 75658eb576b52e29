//! Claims: who may have a job, until when.

use skep_server::db::DbError;
use skep_server::db::jobs::{self, NewJob};
use skep_server::ids::JobId;
use skep_server::jobs::JobError;
use skep_server::jobs::retry::MAX_ATTEMPTS;

use super::{ERRAND, ROUND, TODAY, db_enqueue, db_enqueue_at, db_job, db_jobs, desk, today};
use crate::support::each_db::{TestDb, on_each_db};

fn wrong() -> JobError {
    JobError::Database(DbError::Other("no".to_owned()))
}

#[tokio::test]
async fn a_job_is_one_node_s_until_it_is_done() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let (one, two) = (desk(&test, &clock), desk(&test.open_again().await, &clock));
        let id = db_enqueue(&test, ERRAND, 1).await;
        let (claim, job) = one.claim(&[ERRAND]).await.unwrap().unwrap();
        assert_eq!((job.id, job.attempts), (id, 1));
        assert_eq!(two.claim(&[ERRAND]).await.unwrap(), None);
        assert!(one.finish(claim, Some(ERRAND)).await.unwrap());
        assert!(db_jobs(&test).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_a_killed_node_had_begun_is_taken_over_when_its_lease_has_ended() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let (killed, other) = (desk(&test, &clock), desk(&test, &clock));
        db_enqueue(&test, ERRAND, 1).await;
        let (old, _) = killed.claim(&[ERRAND]).await.unwrap().unwrap();
        clock.advance(59);
        assert_eq!(other.claim(&[ERRAND]).await.unwrap(), None);
        clock.advance(1);
        let (new, job) = other.claim(&[ERRAND]).await.unwrap().unwrap();
        assert_eq!(job.attempts, 2);
        // It was not killed after all, but late.
        assert!(!killed.finish(old, Some(ERRAND)).await.unwrap());
        assert!(!killed.fail(old, Some(ERRAND), &wrong()).await.unwrap());
        assert!(!killed.give_back(old).await.unwrap());
        assert!(other.finish(new, Some(ERRAND)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_lease_is_renewed_while_somebody_works() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let (one, two) = (desk(&test, &clock), desk(&test, &clock));
        let id = db_enqueue(&test, ERRAND, 1).await;
        let (claim, _) = one.claim(&[ERRAND]).await.unwrap().unwrap();
        let keeping = tokio::spawn(async move { one.keep(claim).await });
        for minutes in 1..4 {
            clock.advance(45);
            let until = TODAY.plus_seconds(45 * minutes + 60);
            while db_job(&test, id).await.claim.unwrap().1 < until {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert_eq!(two.claim(&[ERRAND]).await.unwrap(), None);
        }
        keeping.abort();
        keeping.await.unwrap_err();
        clock.advance(60);
        assert!(two.claim(&[ERRAND]).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn whoever_loses_a_claim_learns_of_it() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let (one, two) = (desk(&test, &clock), desk(&test, &clock));
        db_enqueue(&test, ERRAND, 1).await;
        let (claim, _) = one.claim(&[ERRAND]).await.unwrap().unwrap();
        clock.advance(60);
        two.claim(&[ERRAND]).await.unwrap().unwrap();
        let keeping = one.keep(claim);
        tokio::time::timeout(std::time::Duration::from_secs(10), keeping)
            .await
            .expect("it ends");
    })
    .await;
}

#[tokio::test]
async fn failures_are_tried_again_with_longer_pauses_and_then_given_up() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let desk = desk(&test, &clock);
        let id = db_enqueue(&test, ERRAND, 1).await;
        let mut longest = 10;
        for attempt in 1..=MAX_ATTEMPTS {
            let (claim, job) = desk.claim(&[ERRAND]).await.unwrap().unwrap();
            assert_eq!(job.attempts, attempt);
            assert!(desk.fail(claim, Some(ERRAND), &wrong()).await.unwrap());
            let job = db_job(&test, id).await;
            let now = clock.clock().now();
            let pause = job.run_at.seconds() - now.seconds();
            assert!(
                (longest / 2..=longest).contains(&pause),
                "{attempt}: {pause}"
            );
            assert_eq!(job.dead_at.is_some(), attempt == MAX_ATTEMPTS, "{attempt}");
            assert_eq!(
                job.last_error.as_deref(),
                Some("the database refused a statement: no")
            );
            longest = (longest * 2).min(3600);
            clock.set(job.run_at);
        }
        clock.advance(1_000_000);
        assert_eq!(desk.claim(&[ERRAND]).await.unwrap(), None, "it is dead");
    })
    .await;
}

#[tokio::test]
async fn a_job_that_kills_its_node_each_time_is_given_up() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let id = db_enqueue(&test, ERRAND, 1).await;
        for _ in 0..MAX_ATTEMPTS {
            let claimed = desk(&test, &clock).claim(&[ERRAND]).await.unwrap();
            assert!(claimed.is_some());
            clock.advance(60);
        }
        assert_eq!(desk(&test, &clock).claim(&[ERRAND]).await.unwrap(), None);
        let job = db_job(&test, id).await;
        assert!(job.dead_at.is_some());
        assert!(job.last_error.unwrap().contains("was gone before it ended"));
    })
    .await;
}

#[tokio::test]
async fn work_that_comes_back_is_never_given_up() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let desk = desk(&test, &clock);
        let id = db_enqueue(&test, ROUND, 1).await;
        for _ in 0..2 * MAX_ATTEMPTS {
            let (claim, _) = desk.claim(&[ROUND]).await.unwrap().unwrap();
            desk.fail(claim, Some(ROUND), &wrong()).await.unwrap();
            let job = db_job(&test, id).await;
            assert_eq!(job.dead_at, None);
            assert!(job.run_at <= clock.clock().now().plus_seconds(600));
            clock.set(job.run_at);
        }
        let (claim, _) = desk.claim(&[ROUND]).await.unwrap().unwrap();
        assert!(desk.finish(claim, Some(ROUND)).await.unwrap());
        let job = db_job(&test, id).await;
        let now = clock.clock().now();
        assert_eq!((job.attempts, job.last_error), (0, None));
        assert_eq!(
            (job.done_at, job.run_at),
            (Some(now), now.plus_seconds(600))
        );
    })
    .await;
}

#[tokio::test]
async fn jobs_wait_for_their_time_and_for_a_version_that_knows_them() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let desk = desk(&test, &clock);
        db_enqueue(&test, ROUND, 1).await;
        db_enqueue_at(&test, ERRAND, 2, TODAY.plus_seconds(10)).await;
        assert_eq!(desk.claim(&[ERRAND]).await.unwrap(), None);
        clock.advance(10);
        let (_, job) = desk.claim(&[ERRAND]).await.unwrap().unwrap();
        assert_eq!(job.payload["number"], 2);
    })
    .await;
}

#[tokio::test]
async fn a_unique_job_is_entered_once() {
    on_each_db(async |test: TestDb| {
        let clock = today();
        let job = || NewJob {
            id: JobId::new(&clock.clock()),
            kind: ERRAND.name,
            payload: serde_json::json!({}),
            unique_key: Some("only".to_owned()),
            created_at: TODAY,
            run_at: TODAY,
        };
        let mut tx = test.begin().await.unwrap();
        assert!(jobs::enqueue(&mut tx, &job()).await.unwrap());
        assert!(!jobs::enqueue(&mut tx, &job()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db_jobs(&test).await.len(), 1);
    })
    .await;
}
