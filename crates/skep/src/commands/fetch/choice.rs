//! Which release is meant.

use skep_formats::registry::{Package, Release};
use skep_formats::version::Version;

use crate::output::hint;

/// How many versions are named where there is another than asked for.
const NAMED: usize = 5;

/// The release with the version that was asked for, else the newest that is neither a pre-release nor retired.
///
/// # Errors
/// There is none; the error names those there are.
pub(super) fn choose<'a>(
    package: &'a Package,
    asked: Option<&Version>,
    repository: &str,
) -> anyhow::Result<&'a Release> {
    let name = &package.name;
    let (what, found) = match asked {
        Some(version) => {
            let version = version.to_string();
            let found = package
                .releases
                .iter()
                .find(|release| release.version == version);
            (format!("no release {version}"), found)
        }
        None => (
            "no release that is neither a pre-release nor retired".to_owned(),
            newest(package),
        ),
    };
    found.ok_or_else(|| {
        let error = anyhow::anyhow!("`{repository}` shows {what} of `{name}`");
        match versions(package) {
            versions if versions.is_empty() => error,
            versions => hint(error, format!("there are {versions}")),
        }
    })
}

fn newest(package: &Package) -> Option<&Release> {
    let usual = package
        .releases
        .iter()
        .filter(|release| release.retired.is_none());
    let versions =
        usual.filter_map(|release| Some((Version::parse(&release.version).ok()?, release)));
    let stable = versions.filter(|(version, _)| !version.is_pre());
    stable
        .max_by(|(a, _), (b, _)| a.cmp(b))
        .map(|(_, release)| release)
}

/// The newest versions, the newest first.
fn versions(package: &Package) -> String {
    let parsed = package
        .releases
        .iter()
        .filter_map(|release| Version::parse(&release.version).ok());
    let mut versions: Vec<Version> = parsed.collect();
    versions.sort_by(|a, b| b.cmp(a));
    let mut named: Vec<String> = versions
        .iter()
        .take(NAMED)
        .map(Version::to_string)
        .collect();
    if versions.len() > NAMED {
        named.push(format!("{} older ones", versions.len() - NAMED));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use skep_formats::checksum::Sha256;
    use skep_formats::registry::{Retirement, RetirementReason};

    use super::*;

    fn package(versions: &[(&str, bool)]) -> Package {
        let releases = versions.iter().map(|(version, is_retired)| Release {
            version: (*version).to_owned(),
            inner_checksum: Sha256::of(b""),
            outer_checksum: None,
            dependencies: Vec::new(),
            retired: is_retired.then(|| Retirement {
                reason: RetirementReason::Security,
                message: None,
            }),
            advisory_indexes: Vec::new(),
            published_at: None,
        });
        Package {
            repository: "acme".to_owned(),
            name: "widget".to_owned(),
            releases: releases.collect(),
            advisories: Vec::new(),
        }
    }

    fn chosen(versions: &[(&str, bool)], asked: Option<&str>) -> Result<String, String> {
        let asked = asked.map(|text| Version::parse(text).unwrap());
        let package = package(versions);
        let release = choose(&package, asked.as_ref(), "acme");
        release
            .map(|release| release.version.clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_version_it_is_the_newest_stable_one() {
        let versions = [
            ("1.9.0", false),
            ("1.10.0", false),
            ("2.0.0-rc.1", false),
            ("1.11.0", true),
        ];
        assert_eq!(chosen(&versions, None).unwrap(), "1.10.0");
        assert_eq!(chosen(&versions, Some("2.0.0-rc.1")).unwrap(), "2.0.0-rc.1");
        assert_eq!(chosen(&versions, Some("1.11.0")).unwrap(), "1.11.0");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = chosen(&[("1.0.0", false)], Some("9.9.9")).unwrap_err();
        assert_eq!(error, "`acme` shows no release 9.9.9 of `widget`");
        for versions in [&[][..], &[("1.0.0-rc.1", false)], &[("1.0.0", true)]] {
            assert!(chosen(versions, None).is_err(), "{versions:?}");
        }
    }
}
