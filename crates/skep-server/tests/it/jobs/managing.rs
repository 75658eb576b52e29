//! What the seller sees, and can do.

use skep_server::db::DbError;
use skep_server::doctor::{self, Check, Examination, Status};
use skep_server::ids::JobId;
use skep_server::jobs::JobError;
use skep_server::jobs::desk::Desk;
use skep_server::jobs::manage::{self, ManageError, State};
use skep_server::jobs::retry::MAX_ATTEMPTS;

use super::{ERRAND, db_enqueue, quick};
use crate::support::{TestApp, on_each_app};

async fn doctor(app: &TestApp) -> Option<Check> {
    let (config, clock) = (&app.node.app.config, &app.node.app.clock);
    let checks = doctor::examine(config, clock, Examination::default()).await;
    checks.into_iter().find(|check| check.name == "jobs")
}

/// A job that has failed so often.
async fn failed(app: &TestApp, desk: &Desk, times: i64) -> JobId {
    let id = db_enqueue(&app.node.app.db, ERRAND, 1).await;
    for _ in 0..times {
        let (claim, job) = desk.claim(&[ERRAND]).await.unwrap().unwrap();
        assert_eq!(job.id, id);
        let error = JobError::Database(DbError::Full);
        desk.fail(claim, Some(ERRAND), &error).await.unwrap();
        app.clock.advance(3600);
    }
    id
}

#[tokio::test]
async fn a_dead_job_is_shown_by_the_doctor_until_it_is_retried_or_discarded() {
    on_each_app(async |app: TestApp| {
        let own = &app.node.app;
        let desk = Desk::new(own.db.clone(), own.clock.clone(), quick());
        assert_eq!(doctor(&app).await, None);
        let id = failed(&app, &desk, MAX_ATTEMPTS).await;
        let check = doctor(&app).await.unwrap();
        assert_eq!(check.status, Status::Warn);
        assert!(
            check.text.contains("`errand` was given up on 2026-11-"),
            "{}",
            check.text
        );
        assert!(
            check.text.contains("the disk of the database is full"),
            "{}",
            check.text
        );
        let advice = check.advice.unwrap();
        assert!(advice.contains(&format!("skep job retry {id}")), "{advice}");
        assert!(
            advice.contains(&format!("skep job discard {id}")),
            "{advice}"
        );

        let retried = manage::retry(own, id).await.unwrap();
        assert_eq!((retried.state, retried.attempts), (State::Waiting, 0));
        assert_eq!(doctor(&app).await, None);
        let (claim, job) = desk.claim(&[ERRAND]).await.unwrap().unwrap();
        assert_eq!((job.id, job.attempts), (id, 1));
        assert!(matches!(
            manage::discard(own, id).await,
            Err(ManageError::Running(_))
        ));
        assert!(matches!(
            manage::retry(own, id).await,
            Err(ManageError::Running(_))
        ));
        desk.give_back(claim).await.unwrap();
        assert_eq!(manage::discard(own, id).await.unwrap().id, id);
        assert!(matches!(
            manage::discard(own, id).await,
            Err(ManageError::Unknown(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn a_job_that_fails_again_and_again_is_shown_before_it_is_given_up() {
    let app = TestApp::new().await;
    let own = &app.node.app;
    let desk = Desk::new(own.db.clone(), own.clock.clone(), quick());
    failed(&app, &desk, 3).await;
    let check = doctor(&app).await.unwrap();
    assert!(
        check.text.contains("`errand` failed 3 times in a row"),
        "{}",
        check.text
    );
}
