//! Work that comes back: one row each, done by one node.

use std::time::Duration;

use skep_server::clock::Timestamp;
use skep_server::jobs::manage::{self, ManageError, Shown};
use skep_server::node::Node;

use crate::support::{TODAY, TestApp, on_each_app};

/// Waits until every periodic job was done at `at`.
async fn done_at(app: &TestApp, at: Timestamp) -> Vec<Shown> {
    for _ in 0..1_000 {
        let jobs = manage::list(&app.node.app).await.unwrap();
        if !jobs.is_empty() && jobs.iter().all(|job| job.done_at == Some(at)) {
            return jobs;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", manage::list(&app.node.app).await);
}

#[tokio::test]
async fn two_nodes_have_one_row_for_each_kind_and_do_it_when_it_is_due() {
    on_each_app(async |app: TestApp| {
        let other = Node::start(app.other_process().await).await.unwrap();
        let jobs = done_at(&app, TODAY).await;
        let mut kinds: Vec<&str> = jobs.iter().map(|job| job.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), jobs.len(), "{jobs:?}");
        for kind in ["prune_accounts", "prune_oauth", "prune_usage"] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
        let next = jobs.iter().map(|job| job.run_at).max().unwrap();
        app.clock.set(next);
        done_at(&app, next).await;
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn work_that_comes_back_cannot_be_discarded_but_done_at_once() {
    let app = TestApp::new().await;
    let job = done_at(&app, TODAY).await.remove(0);
    let refused = manage::discard(&app.node.app, job.id).await.unwrap_err();
    assert!(matches!(refused, ManageError::ComesBack(..)), "{refused}");
    app.clock.advance(1);
    manage::retry(&app.node.app, job.id).await.unwrap();
    for _ in 0..500 {
        let jobs = manage::list(&app.node.app).await.unwrap();
        let found = jobs.iter().find(|found| found.id == job.id).unwrap();
        if found.done_at == Some(TODAY.plus_seconds(1)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was not done");
}
