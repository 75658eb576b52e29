//! What has to agree with what, before any of it is served.

use std::collections::{BTreeSet, HashSet};

use skep_formats::registry::{self, Names, Versions, VersionsEntry};

/// `names` and `versions` have the same packages, each once: what is wrong with `versions`, if anything.
pub(super) fn index(names: &Names, versions: &Versions) -> Option<String> {
    let named: BTreeSet<&str> = names.packages.iter().map(|it| it.name.as_str()).collect();
    let listed: BTreeSet<&str> = versions
        .packages
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    if listed.len() != versions.packages.len() {
        return Some("it has a package twice".to_owned());
    }
    if let Some(name) = named.difference(&listed).next() {
        return Some(format!("it lacks `{name}`, which `names` has"));
    }
    let name = listed.difference(&named).next()?;
    Some(format!("it has `{name}`, which `names` lacks"))
}

/// A package has the versions that `versions` says, with the same ones retired, and each with the
/// checksum of its tarball: what is wrong with it, if anything.
pub(super) fn package(package: &registry::Package, entry: &VersionsEntry) -> Option<String> {
    let said: HashSet<&str> = entry.versions.iter().collect();
    let mut seen = HashSet::new();
    for release in &package.releases {
        let version = release.version.as_str();
        if !seen.insert(version) {
            return Some(format!("it has `{version}` twice"));
        }
        if !said.contains(version) {
            return Some(format!("it has `{version}`, which `versions` lacks"));
        }
        if release.outer_checksum.is_none() {
            return Some(format!(
                "`{version}` has no checksum of its tarball: build the registry again"
            ));
        }
    }
    if let Some(version) = said.difference(&seen).next() {
        return Some(format!("it lacks `{version}`, which `versions` has"));
    }
    let retired_there = entry.retired.iter().filter_map(|position| {
        let position = usize::try_from(*position).ok()?;
        entry.versions.iter().nth(position)
    });
    let retired_there: BTreeSet<&str> = retired_there.collect();
    let retired = package.releases.iter().filter(|it| it.retired.is_some());
    let retired: BTreeSet<&str> = retired.map(|it| it.version.as_str()).collect();
    let version = retired.symmetric_difference(&retired_there).next()?;
    Some(format!(
        "`versions` says something else about whether `{version}` is retired"
    ))
}

#[cfg(test)]
mod tests {
    use skep_formats::checksum::Sha256;
    use skep_formats::registry::{NamesEntry, Release, RetirementReason, Texts};

    use super::*;

    fn names(packages: &[&str]) -> Names {
        let entry = |name: &&str| NamesEntry {
            name: (*name).to_owned(),
            updated_at: None,
        };
        Names {
            repository: "acme".to_owned(),
            packages: packages.iter().map(entry).collect(),
        }
    }

    fn listed(name: &str, versions: &[&str], retired: &[i32]) -> VersionsEntry {
        let mut texts = Texts::default();
        versions.iter().for_each(|version| texts.push(version));
        VersionsEntry {
            name: name.to_owned(),
            versions: texts,
            retired: retired.to_vec(),
            with_advisories: Vec::new(),
        }
    }

    fn alpha(versions: &[(&str, bool)]) -> registry::Package {
        let release = |(version, is_retired): &(&str, bool)| Release {
            version: (*version).to_owned(),
            inner_checksum: Sha256::of(b"inner"),
            outer_checksum: Some(Sha256::of(version.as_bytes())),
            dependencies: Vec::new(),
            retired: is_retired.then_some(registry::Retirement {
                reason: RetirementReason::Other,
                message: None,
            }),
            advisory_indexes: Vec::new(),
            published_at: None,
        };
        registry::Package {
            repository: "acme".to_owned(),
            name: "alpha".to_owned(),
            releases: versions.iter().map(release).collect(),
            advisories: Vec::new(),
        }
    }

    #[test]
    fn the_two_indexes_have_the_same_packages() {
        let check = |named: &[&str], others: &[&str], expected: Option<&str>| {
            let versions = Versions {
                repository: "acme".to_owned(),
                packages: others.iter().map(|it| listed(it, &[], &[])).collect(),
            };
            assert_eq!(index(&names(named), &versions).as_deref(), expected);
        };
        check(&[], &[], None);
        check(&["alpha", "beta"], &["beta", "alpha"], None);
        check(&["alpha"], &[], Some("it lacks `alpha`, which `names` has"));
        check(&[], &["alpha"], Some("it has `alpha`, which `names` lacks"));
        check(
            &["alpha"],
            &["alpha", "alpha"],
            Some("it has a package twice"),
        );
    }

    #[test]
    fn a_package_is_what_versions_says() {
        let check = |found: &[(&str, bool)], entry: VersionsEntry, expected: Option<&str>| {
            let fault = package(&alpha(found), &entry);
            match expected {
                None => assert_eq!(fault, None),
                Some(text) => assert!(
                    fault.as_ref().is_some_and(|it| it.contains(text)),
                    "{fault:?}"
                ),
            }
        };
        let both = [("1.0.0", false), ("1.1.0", true)];
        check(&both, listed("alpha", &["1.0.0", "1.1.0"], &[1]), None);
        check(&both, listed("alpha", &["1.1.0", "1.0.0"], &[0]), None);
        check(
            &both,
            listed("alpha", &["1.0.0"], &[]),
            Some("it has `1.1.0`"),
        );
        check(
            &both,
            listed("alpha", &["1.0.0", "1.1.0", "1.2.0"], &[1]),
            Some("it lacks `1.2.0`"),
        );
        for retired in [&[][..], &[0], &[0, 1], &[-1], &[7]] {
            let entry = listed("alpha", &["1.0.0", "1.1.0"], retired);
            check(&both, entry, Some("is retired"));
        }
        let twice = [("1.0.0", false), ("1.0.0", false)];
        check(&twice, listed("alpha", &["1.0.0"], &[]), Some("twice"));
    }

    #[test]
    fn a_release_without_the_checksum_of_its_tarball_is_refused() {
        let mut found = alpha(&[("1.0.0", false)]);
        found.releases[0].outer_checksum = None;
        let fault = package(&found, &listed("alpha", &["1.0.0"], &[]));
        assert!(fault.unwrap().contains("has no checksum"));
    }
}
