use bytes::Bytes;
use skep_formats::registry::{Dependency, Retirement, RetirementReason};
use skep_formats::tarball::{Limits, Metadata, Requirement, create, read_release};

use super::*;
use crate::app::tests::{Installation, TODAY};
use crate::catalog::packages;
use crate::catalog::publish::Outcome;
use crate::catalog::retire::Target;
use crate::db::audit::Actor;

/// A release of another hosting: its tarball, and its entry.
fn release(version: &str, content: &str) -> (Bytes, Offer) {
    let mut metadata = Metadata::new("alpha", version);
    metadata.app = Some("alpha".to_owned());
    metadata.build_tools = vec!["mix".to_owned()];
    metadata.files = vec!["mix.exs".to_owned()];
    metadata.requirements = vec![Requirement {
        name: "beta".to_owned(),
        app: "beta".to_owned(),
        requirement: "~> 1.0".to_owned(),
        optional: false,
        repository: Some("oldshop".to_owned()),
    }];
    let files = [("mix.exs", 0o644, content)];
    let tarball = create(&metadata, files, &Limits::default())
        .unwrap()
        .tarball;
    let info = read_release(&tarball[..], &Limits::default()).unwrap();
    let listed = registry::Release {
        version: version.to_owned(),
        inner_checksum: info.inner_checksum,
        outer_checksum: Some(info.outer_checksum),
        dependencies: vec![Dependency {
            package: "beta".to_owned(),
            requirement: "~> 1.0".to_owned(),
            optional: Some(false),
            app: Some("beta".to_owned()),
            repository: Some("oldshop".to_owned()),
        }],
        retired: None,
        advisory_indexes: Vec::new(),
        published_at: None,
    };
    let offer = Offer {
        package: "alpha".parse().unwrap(),
        version: version.parse().unwrap(),
        listed,
        dating: Dating::Stated(TODAY.plus_days(-300)),
        has_docs: Some(false),
    };
    (tarball.into(), offer)
}

fn retired(offer: &Offer) -> Offer {
    let mut offer = offer.clone();
    // Longer than what may be typed here.
    offer.listed.retired = Some(Retirement {
        reason: RetirementReason::Security,
        message: Some("x".repeat(200)),
    });
    offer
}

impl Installation {
    async fn take(&self, tarball: &Bytes, offer: &Offer) -> Result<Outcome, ImportError> {
        let date = match offer.dating {
            Dating::Stated(date) => Some(date),
            Dating::OfFile | Dating::Unknown => None,
        };
        let taken = Taken {
            offer: offer.clone(),
            repository: "acme".parse().unwrap(),
            tarball: tarball.clone(),
            docs: None,
            published_at: date,
            replace: false,
        };
        Ok(take(&self.app, taken).await?.outcome)
    }

    async fn plan(&self, offers: &[Offer], is_replacing: bool) -> Result<Plan, ImportError> {
        plan(&self.app, &"acme".parse().unwrap(), offers, is_replacing).await
    }
}

#[tokio::test]
async fn a_release_comes_with_everything_the_registry_says() {
    let it = Installation::new().await;
    let (tarball, offer) = release("1.0.0", "");
    let offer = retired(&offer);
    assert_eq!(it.take(&tarball, &offer).await.unwrap(), Outcome::Created);
    let shown = packages::show(&it.app, None, &offer.package).await.unwrap();
    let found = shown.latest();
    assert_eq!(Some(found.outer_checksum), offer.listed.outer_checksum);
    assert_eq!(found.dependencies, offer.listed.dependencies);
    assert_eq!(found.retirement, offer.listed.retired);
    assert_eq!(found.published_at, TODAY.plus_days(-300));
    let again = it.plan(&[offer], false).await.unwrap();
    assert_eq!((again.unchanged, again.steps.len()), (1, 0), "{again:?}");
}

#[tokio::test]
async fn what_is_not_the_tarball_of_the_registry_is_refused() {
    let it = Installation::new().await;
    let (_, offer) = release("1.0.0", "");
    let (other, _) = release("1.0.0", "tampered");
    let error = it.take(&other, &offer).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Checksum { kind: "outer", .. }),
        "{error}"
    );
    let mut old = offer.clone();
    old.listed.outer_checksum = None;
    let error = it.take(&other, &old).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Checksum { kind: "inner", .. }),
        "{error}"
    );
    let (tarball, mut misnamed) = release("1.0.0", "");
    misnamed.version = "2.0.0".parse().unwrap();
    let error = it.take(&tarball, &misnamed).await.unwrap_err();
    assert!(matches!(error, ImportError::AnotherRelease(_)), "{error}");
    assert!(packages::list(&it.app, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_differences_are_planned_and_what_is_here_waits() {
    let it = Installation::new().await;
    let (tarball, first) = release("1.0.0", "");
    let (second_tarball, second) = release("1.1.0", "");
    it.take(&tarball, &first).await.unwrap();
    it.take(&second_tarball, &second).await.unwrap();
    let (_, changed) = release("1.1.0", "changed");
    let (_, new) = release("1.2.0", "");
    let offers = [retired(&first), changed.clone(), new.clone(), new];
    let found = it.plan(&offers, false).await.unwrap();
    let actions: Vec<_> = found
        .steps
        .iter()
        .map(|step| (step.offer, &step.action))
        .collect();
    let amendment = Amendment {
        retirement: offers[0].listed.retired.clone(),
        ..Amendment::default()
    };
    assert_eq!(
        actions,
        [(0, &Action::Amend(amendment.clone())), (2, &Action::Add)]
    );
    assert!(
        matches!(&found.held[..], [Held::Tarball { release, .. }] if release.version == changed.version)
    );
    let replacing = it.plan(&offers, true).await.unwrap();
    assert_eq!(replacing.steps[1].action, Action::Replace);
    assert!(replacing.held.is_empty());
    let target = Target {
        repository: None,
        package: first.package.clone(),
        version: first.version.clone(),
        actor: Actor::Cli,
    };
    let amended = amend(&it.app, &target, &amendment, None).await.unwrap();
    assert_eq!(amended.retirement, offers[0].listed.retired);
    let only = it.plan(&[], false).await.unwrap().only_here;
    assert_eq!(only.len(), 2);
}

#[tokio::test]
async fn another_date_waits_and_no_date_is_no_date() {
    let it = Installation::new().await;
    let (tarball, offer) = release("1.0.0", "");
    it.take(&tarball, &offer).await.unwrap();
    let mut dated = offer.clone();
    dated.dating = Dating::Stated(TODAY);
    let held = it.plan(&[dated.clone()], false).await.unwrap().held;
    assert!(
        matches!(held[..], [Held::Date { there: TODAY, .. }]),
        "{held:?}"
    );
    let plan = it.plan(&[dated.clone()], true).await.unwrap();
    let amendment = Amendment {
        published_at: Some(TODAY),
        ..Amendment::default()
    };
    assert_eq!(plan.steps[0].action, Action::Amend(amendment));
    dated.dating = Dating::Unknown;
    assert_eq!(it.plan(&[dated], false).await.unwrap().unchanged, 1);
}
