//! What the seller sees of a prebuilt repository: packages, explanations, the doctor.

use skep_server::catalog::packages;
use skep_server::doctor::{self, Check, Examination, Status};
use skep_server::licensing::explain::{Explain, Subject, explain};

use crate::support::static_site::{Site, on_each_place};
use crate::support::{Sale, TestApp, tarball};

async fn shop(mut site: Site) -> (Site, TestApp) {
    for (name, version) in [("alpha", "1.0.0"), ("alpha", "1.1.0"), ("old", "1.0.0")] {
        site.add(name, version);
    }
    site.write().await;
    let app = site.serve(&[]).await;
    (site, app)
}

#[tokio::test]
async fn its_packages_are_listed_and_shown() {
    let (_site, app) = shop(Site::in_folder()).await;
    app.publish_as("beta", "1.0.0", |request| {
        request.repository = Some("sub".parse().unwrap());
    })
    .await;
    // A command reads the place itself.
    let command = app.other_process().await;
    for app in [&*app.node.app, &command] {
        let all = packages::list(app, None).await.unwrap();
        let names: Vec<_> = all.iter().map(|it| it.package.name.as_str()).collect();
        assert_eq!(names, ["alpha", "old", "beta"]);
        assert_eq!(
            (all[0].releases, all[0].latest_version.as_str()),
            (2, "1.1.0")
        );
        let shown = packages::show(app, None, &"old".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(shown.releases.len(), 1);
        assert!(shown.releases[0].retirement.is_some());
        let size = tarball("old", "1.0.0", "# nothing to see").len() as u64;
        assert_eq!(shown.releases[0].size_bytes, size);
        let error = packages::show(app, None, &"gamma".parse().unwrap()).await;
        assert!(
            error
                .unwrap_err()
                .to_string()
                .starts_with("there is no package `gamma`")
        );
    }
}

#[tokio::test]
async fn explanations_say_what_the_server_does() {
    let (_site, app) = shop(Site::in_folder()).await;
    let sold = app.sell(Sale::of("alpha")).await;
    let ask = async |package: Option<&str>, version: Option<&str>| {
        let question = Explain {
            subject: Subject::from(sold.key.as_str()),
            package: package.map(|it| it.parse().unwrap()),
            version: version.map(|it| it.parse().unwrap()),
        };
        explain(&app.node.app, &question).await.unwrap().answers
    };
    let all = ask(None, None).await;
    assert_eq!(all.len(), 1);
    assert!(all[0].is_allowed && all[0].shown == ["1.0.0", "1.1.0"]);
    let one = ask(Some("alpha"), Some("1.1.0")).await;
    assert!(one[0].is_allowed);
    let other = ask(Some("old"), None).await;
    assert!(other[0].refusal.starts_with("Package old not allowed"));
    let none = ask(Some("alpha"), Some("7.0.0")).await;
    assert!(none[0].refusal.contains("has no release 7.0.0"), "{none:?}");
}

#[tokio::test]
async fn the_doctor_looks_at_all_of_it() {
    on_each_place(async |site: Site| {
        let (site, app) = shop(site).await;
        let examine = async |is_deep| {
            let (config, clock) = (&app.node.app.config, &app.node.app.clock);
            doctor::examine(config, clock, Examination { is_deep }).await
        };
        let found = |checks: &[Check], status, text: &str| {
            let mut checks = checks.iter();
            checks.any(|check| check.status == status && check.text.contains(text))
        };
        let checks = examine(true).await;
        assert!(
            found(&checks, Status::Ok, "2 packages with 3 releases")
                && found(&checks, Status::Ok, "all 3 tarballs"),
            "{checks:?}"
        );
        let other = tarball("alpha", "1.0.0", "# something else");
        site.put("tarballs/alpha-1.0.0.tar", other).await;
        let text = "`tarballs/alpha-1.0.0.tar` is not the file that was signed";
        let checks = examine(true).await;
        assert!(found(&checks, Status::Fail, text), "{checks:?}");
        site.put("packages/alpha", site.package("old")).await;
        let checks = examine(false).await;
        let text = "is about `old`, not about `alpha`";
        assert!(found(&checks, Status::Fail, text), "{checks:?}");
    })
    .await;
}
