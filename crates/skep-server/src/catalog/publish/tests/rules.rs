//! What is refused, and why.

use super::*;

#[tokio::test]
async fn rules_are_checked_all_at_once() {
    let it = Installation::new().await;
    let requirement = |name: &str, requirement: &str, repository: Option<&str>| Requirement {
        name: name.to_owned(),
        app: name.to_owned(),
        optional: false,
        requirement: requirement.to_owned(),
        repository: repository.map(str::to_owned),
    };
    let mut bad = Metadata::new("Alpha", "1.0.0+build");
    bad.requirements = vec![
        requirement("jason", "~> 1.0", Some("hexpm")),
        requirement("own", "1.0.0", Some("acme")),
        requirement("stranger", "~> 1.0", Some("other")),
        requirement("uneven", "!= 1.0.0", None),
        requirement("vague", "about 1", None),
    ];
    insta::assert_snapshot!(it.problems(&bad).await);
    assert!(
        it.problems(&metadata("mix", "1.0.0"))
            .await
            .contains("`mix` is an application")
    );
    assert!(
        it.problems(&metadata("alpha", "1.0"))
            .await
            .starts_with("version: ")
    );
    assert!(
        it.problems(&metadata("alpha", "1.0.100000000000000"))
            .await
            .contains("above 99999999999999")
    );
    assert!(packages::list(&it.app, None).await.unwrap().is_empty());
    assert_eq!(
        fs_err::read_dir(it.folder.path().join("files"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn dependencies_are_written_as_the_registry_names_them() {
    let it = Installation::new().await;
    let mut metadata = metadata("alpha", "1.0.0");
    let requirement = |name: &str, repository: Option<&str>| Requirement {
        name: name.to_owned(),
        app: format!("{name}_app"),
        optional: true,
        requirement: "~> 1.0".to_owned(),
        repository: repository.map(str::to_owned),
    };
    metadata.requirements = vec![
        requirement("beta", Some("acme")),
        requirement("gamma", None),
        requirement("jason", Some("hexpm")),
    ];
    let published = publish(&it.app, &it.request(&metadata, "")).await.unwrap();
    assert_eq!(published.notes.len(), 1);
    assert!(
        published.notes[0].contains("`gamma`"),
        "{:?}",
        published.notes
    );
    let shown = packages::show(&it.app, None, &"alpha".parse().unwrap())
        .await
        .unwrap();
    let dependencies = &shown.latest().dependencies;
    let repositories: Vec<_> = dependencies
        .iter()
        .map(|dependency| dependency.repository.as_deref())
        .collect();
    assert_eq!(repositories, [None, None, Some("hexpm")]);
    assert_eq!(
        (dependencies[0].app.as_deref(), dependencies[0].optional),
        (Some("beta_app"), Some(true))
    );
}

#[tokio::test]
async fn invalid_tarballs_are_refused_and_leave_nothing() {
    let it = Installation::new().await;
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/tarballs/invalid"
    ));
    let mut count = 0;
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "tar") {
            let request = Publish {
                tarball: path.clone(),
                ..it.request(&metadata("alpha", "1.0.0"), "")
            };
            let error = publish(&it.app, &request).await.unwrap_err();
            assert!(
                matches!(error, PublishError::Tarball { .. }),
                "{}: {error}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 20);
    assert!(packages::list(&it.app, None).await.unwrap().is_empty());
    assert_eq!(
        fs_err::read_dir(it.folder.path().join("files"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn a_tarball_above_the_limit_is_refused() {
    let mut it = Installation::new().await;
    it.app.config.limits.tarball_bytes = 2048;
    let error = publish(&it.app, &it.request(&metadata("alpha", "1.0.0"), ""))
        .await
        .unwrap_err();
    let PublishError::Tarball { source, .. } = error else {
        panic!("{error}")
    };
    assert!(source.to_string().contains("2048"), "{source}");
}

#[tokio::test]
async fn what_others_built_is_taken() {
    let it = Installation::new().await;
    let golden = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden"
    ));
    let mut results = Vec::new();
    for folder in ["tarballs/valid", "tarballs/legacy", "real"] {
        let entries = fs_err::read_dir(golden.join(folder)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "tar"));
        paths.sort();
        for tarball in paths {
            let name = tarball.file_name().unwrap().to_string_lossy().into_owned();
            let request = Publish {
                tarball,
                replace: true,
                ..it.request(&metadata("alpha", "1.0.0"), "")
            };
            let result = match publish(&it.app, &request).await {
                Ok(published) => published.release.to_string(),
                Err(PublishError::Invalid { problems, .. }) => {
                    let fields = problems.iter().map(|problem| problem.field.as_str());
                    format!("not allowed: {}", fields.collect::<Vec<_>>().join(", "))
                }
                Err(error) => panic!("{name}: {error}"),
            };
            results.push(format!("{name}: {result}"));
        }
    }
    insta::assert_snapshot!(results.join("\n"));
}
