//! What is left of usage when its rows are gone.

use skep_server::catalog::packages;
use skep_server::jobs::prune_usage::{Keep, prune_usage};
use skep_server::licensing::licenses;

use super::*;
use crate::support::on_each_app;

const KEEP: Keep = Keep {
    rows_days: 30,
    daily_days: 0,
};

#[tokio::test]
async fn old_rows_go_and_days_and_downloads_stay() {
    on_each_app(async |app: TestApp| {
        app.publish("alpha", "1.0.0").await;
        let sold = app.sell(Sale::of("alpha")).await;
        app.get(TARBALL).key(&sold.key).send().await;
        app.get("/repo/packages/beta").key(&sold.key).send().await;
        app.node.usage.flush().await;
        let db = &app.node.app.db;
        let forever = Keep {
            rows_days: 0,
            ..KEEP
        };
        let later = |days| TODAY.plus_days(days);
        assert_eq!(prune_usage(db, forever, later(300)).await.unwrap(), 0);
        assert_eq!(prune_usage(db, KEEP, later(30)).await.unwrap(), 0);
        assert_eq!(prune_usage(db, KEEP, later(31)).await.unwrap(), 2);
        assert_eq!(total(&app).await, 2);
        assert!(rows(&app, &everything()).await.is_empty());
        let shown = licenses::show(&app.node.app, &sold.license).await.unwrap();
        assert_eq!(shown.downloads.len(), 1);
        // The first day among seven, and the last one.
        for (days, week, day) in [(0, 1, 1), (6, 1, 0), (1, 0, 0)] {
            app.clock.advance(86_400 * days);
            assert_eq!(downloads(&app).await, (1, week, day));
        }
    })
    .await;
}

/// Of the package: ever, this week, today.
async fn downloads(app: &TestApp) -> (u64, u64, u64) {
    let (repository, name) = ("acme".parse().unwrap(), "alpha".parse().unwrap());
    let found = packages::downloads(&app.node.app, &repository, &name).await;
    let found = found.unwrap();
    (found.all, found.week, found.day)
}

#[tokio::test]
async fn strangers_leave_no_names_behind() {
    let (app, _) = with_license().await;
    app.get("/repo/repos/made_up/packages/alpha").send().await;
    app.get("/repo/packages/made_up").send().await;
    app.node.usage.flush().await;
    let found = rows(&app, &everything()).await;
    assert!(!found.is_empty());
    assert!(!format!("{found:?}").contains("made_up"), "{found:?}");
}
