//! Required fields, unknown values, round trips: what the golden vectors do not cover.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use skep_formats::checksum::Sha256;
use skep_formats::gzip;
use skep_formats::registry::{
    self, AdvisorySeverity, DecodeError, Dependency, Names, NamesEntry, Override, OverrideAction,
    Package, PackageRef, Policy, Release, RepositoryPolicy, Restriction, Retirement,
    RetirementReason, SecurityAdvisory, Timestamp, Versions, VersionsEntry, Visibility,
};

use crate::golden;

/// A length-delimited field.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [
        &[number << 3 | 2, u8::try_from(content.len()).unwrap()],
        content,
    ]
    .concat()
}

fn number(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

fn missing(message: &'static str, field: &'static str) -> DecodeError {
    DecodeError::Missing { message, field }
}

#[test]
fn names_and_versions_need_their_fields() {
    let repository = field(2, b"acme");
    let without_name = [field(1, &[]), repository.clone()].concat();
    let without_nanos = field(1, &[field(1, b"a"), field(3, &number(1, 7))].concat());
    let without_seconds = field(1, &[field(1, b"a"), field(3, &number(2, 7))].concat());
    assert_eq!(
        Names::decode(b"").unwrap_err(),
        missing("Names", "repository")
    );
    assert_eq!(
        Names::decode(&without_name).unwrap_err(),
        missing("Package", "name")
    );
    assert_eq!(
        Names::decode(&without_nanos).unwrap_err(),
        missing("Timestamp", "nanos")
    );
    assert_eq!(
        Names::decode(&without_seconds).unwrap_err(),
        missing("Timestamp", "seconds")
    );
    assert_eq!(
        Versions::decode(b"").unwrap_err(),
        missing("Versions", "repository")
    );
    assert_eq!(
        Versions::decode(&without_name).unwrap_err(),
        missing("Package", "name")
    );
    assert!(Names::decode(&repository).is_ok());
}

#[test]
fn packages_need_their_fields() {
    let checksum = field(2, &[7; 32]);
    let version = field(1, b"1.0.0");
    let release = |parts: &[&[u8]]| {
        let release = field(1, &parts.concat());
        Package::decode(&[release, field(2, b"alpha"), field(3, b"acme")].concat())
    };
    assert_eq!(
        Package::decode(&field(2, b"a")).unwrap_err(),
        missing("Package", "repository")
    );
    assert_eq!(
        Package::decode(&field(3, b"a")).unwrap_err(),
        missing("Package", "name")
    );
    assert_eq!(
        release(&[&version]).unwrap_err(),
        missing("Release", "inner_checksum")
    );
    assert_eq!(
        release(&[&checksum]).unwrap_err(),
        missing("Release", "version")
    );
    let dependency = field(3, &field(1, b"beta"));
    assert_eq!(
        release(&[&version, &checksum, &dependency]).unwrap_err(),
        missing("Dependency", "requirement")
    );
    let dependency = field(3, &field(2, b"~> 1.0"));
    assert_eq!(
        release(&[&version, &checksum, &dependency]).unwrap_err(),
        missing("Dependency", "package")
    );
    let retired = field(4, &field(2, b"old"));
    assert_eq!(
        release(&[&version, &checksum, &retired]).unwrap_err(),
        missing("RetirementStatus", "reason")
    );
    assert!(release(&[&version, &checksum]).is_ok());
    let short = field(5, &[7; 31]);
    assert_eq!(
        release(&[&version, &checksum, &short]).unwrap_err(),
        DecodeError::Checksum {
            field: "outer_checksum",
            length: 31
        }
    );
}

#[test]
fn advisories_and_policies_need_their_fields() {
    let fields = [(1, "id"), (2, "summary"), (3, "html_url"), (6, "api_url")];
    for (left_out, name) in fields {
        let others = fields.iter().filter(|(tag, _)| *tag != left_out);
        let advisory: Vec<u8> = others.flat_map(|(tag, _)| field(*tag, b"x")).collect();
        let payload = [field(2, b"alpha"), field(3, b"acme"), field(4, &advisory)].concat();
        assert_eq!(
            Package::decode(&payload).unwrap_err(),
            missing("SecurityAdvisory", name)
        );
    }
    let head = [field(1, b"acme"), field(2, b"p")].concat();
    assert_eq!(
        Policy::decode(&head).unwrap_err(),
        missing("Policy", "visibility")
    );
    let over = |content: &[u8]| {
        let repository = [field(1, b"acme"), field(3, content)].concat();
        Policy::decode(&[&head[..], &number(4, 1), &field(5, &repository)].concat())
    };
    let package_ref = field(2, &field(1, b"plug"));
    assert_eq!(
        over(&package_ref).unwrap_err(),
        missing("Override", "action")
    );
    assert_eq!(over(&number(1, 0)).unwrap_err(), missing("Override", "ref"));
    assert_eq!(
        over(&[number(1, 0), field(2, &field(2, b"> 1.0.0"))].concat()).unwrap_err(),
        missing("PackageRef", "package")
    );
    assert!(over(&[number(1, 0), package_ref].concat()).is_ok());
}

#[test]
fn values_of_a_newer_schema_are_kept_or_read_as_the_safe_one() {
    let policy = [field(1, b"acme"), field(2, b"p"), number(4, 9)].concat();
    assert_eq!(
        Policy::decode(&policy).unwrap().visibility,
        Visibility::Private
    );

    let retired = field(4, &number(1, 9));
    let release = field(
        1,
        &[field(1, b"1.0.0"), field(2, &[7; 32]), retired].concat(),
    );
    let unknown_field = field(15, b"of a later version");
    let payload = [release, field(2, b"a"), field(3, b"acme")].concat();
    let package = Package::decode(&[&payload[..], &unknown_field].concat()).unwrap();
    let reason = package.releases[0].retired.as_ref().unwrap().reason;
    assert_eq!(reason, RetirementReason::Unknown(9));
    assert_eq!(package.encode(), payload);
    assert!(AdvisorySeverity::Unknown(5) > AdvisorySeverity::Critical);
}

#[test]
fn retirement_reasons_have_the_words_of_the_api() {
    for word in ["other", "invalid", "security", "deprecated", "renamed"] {
        assert_eq!(
            RetirementReason::from_word(word).unwrap().word(),
            Some(word)
        );
    }
    assert_eq!(RetirementReason::from_word("unknown"), None);
}

#[test]
fn what_is_not_protobuf_is_malformed() {
    for payload in [
        &b"\xff"[..],
        b"\x12\xff",
        b"\x12\x02\xff\xfe",
        b"not protobuf",
    ] {
        assert!(
            matches!(Names::decode(payload), Err(DecodeError::Malformed(_))),
            "{payload:?}"
        );
    }
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<(i64, i32)>().prop_map(|(seconds, nanos)| Timestamp { seconds, nanos })
}

fn reason() -> impl Strategy<Value = RetirementReason> {
    any::<i32>().prop_map(RetirementReason::from_number)
}

fn dependency() -> impl Strategy<Value = Dependency> {
    any::<(String, String, Option<bool>, Option<String>, Option<String>)>().prop_map(
        |(package, requirement, optional, app, repository)| Dependency {
            package,
            requirement,
            optional,
            app,
            repository,
        },
    )
}

prop_compose! {
    fn release()(
        version: String,
        inner: [u8; 32],
        outer: Option<[u8; 32]>,
        dependencies in vec(dependency(), 0..3),
        retired in option::of((reason(), any::<Option<String>>())),
        advisory_indexes in vec(any::<u32>(), 0..3),
        published_at in option::of(timestamp()),
    ) -> Release {
        Release {
            version,
            inner_checksum: Sha256(inner),
            outer_checksum: outer.map(Sha256),
            dependencies,
            retired: retired.map(|(reason, message)| Retirement { reason, message }),
            advisory_indexes,
            published_at,
        }
    }
}

prop_compose! {
    fn advisory()(
        texts: [String; 4],
        severity: Option<i32>,
        cvss_score in option::of(-10.0f32..10.0),
        aliases in vec(any::<String>(), 0..3),
    ) -> SecurityAdvisory {
        let [id, summary, html_url, api_url] = texts;
        let severity = severity.map(AdvisorySeverity::from_number);
        SecurityAdvisory { id, summary, html_url, api_url, severity, cvss_score, aliases }
    }
}

prop_compose! {
    fn policy_override()(
        action: i32,
        package: String,
        requirement: Option<String>,
        advisory_id: Option<String>,
        retirement_reason in option::of(reason()),
        comment: Option<String>,
    ) -> Override {
        Override {
            action: OverrideAction::from_number(action),
            package_ref: PackageRef { package, requirement },
            advisory_id,
            retirement_reason,
            comment,
        }
    }
}

prop_compose! {
    fn repository_policy()(
        repository: String,
        restriction in option::of((any::<Option<i32>>(), vec(reason(), 0..4), any::<Option<String>>())),
        overrides in vec(policy_override(), 0..3),
    ) -> RepositoryPolicy {
        let restriction = restriction.map(|(severity, retirement_reasons, cooldown)| Restriction {
            advisory_min_severity: severity.map(AdvisorySeverity::from_number),
            retirement_reasons,
            cooldown,
        });
        RepositoryPolicy { repository, restriction, overrides }
    }
}

fn versions_entry() -> impl Strategy<Value = VersionsEntry> {
    any::<(String, Vec<String>, Vec<i32>, Vec<i32>)>().prop_map(
        |(name, versions, retired, with_advisories)| VersionsEntry {
            name,
            versions: versions.into_iter().collect(),
            retired,
            with_advisories,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn names_round_trip(repository: String, packages in vec((any::<String>(), option::of(timestamp())), 0..4)) {
        let entry = |(name, updated_at)| NamesEntry { name, updated_at };
        let names = Names { repository, packages: packages.into_iter().map(entry).collect() };
        prop_assert_eq!(Names::decode(&names.encode()).unwrap(), names);
    }

    #[test]
    fn versions_round_trip(repository: String, packages in vec(versions_entry(), 0..3)) {
        let versions = Versions { repository, packages };
        prop_assert_eq!(Versions::decode(&versions.encode()).unwrap(), versions);
    }

    #[test]
    fn packages_round_trip(
        repository: String,
        name: String,
        releases in vec(release(), 0..4),
        advisories in vec(advisory(), 0..3),
    ) {
        let package = Package { repository, name, releases, advisories };
        prop_assert_eq!(Package::decode(&package.encode()).unwrap(), package.clone());
        let json = serde_json::to_string(&package).unwrap();
        prop_assert_eq!(serde_json::from_str::<Package>(&json).unwrap(), package);
    }

    #[test]
    fn policies_round_trip(
        texts: [String; 2],
        description: Option<String>,
        is_public: bool,
        repositories in vec(repository_policy(), 0..3),
    ) {
        let [repository, name] = texts;
        let visibility = if is_public { Visibility::Public } else { Visibility::Private };
        let policy = Policy { repository, name, description, visibility, repositories };
        prop_assert_eq!(Policy::decode(&policy.encode()).unwrap(), policy);
    }

    #[test]
    fn no_payload_panics(payload: Vec<u8>) {
        let _ = Names::decode(&payload);
        let _ = Versions::decode(&payload);
        let _ = Package::decode(&payload);
        let _ = Policy::decode(&payload);
    }

    #[test]
    fn a_damaged_payload_does_not_panic(at in 0usize..856, byte: u8) {
        let mut payload = golden::read("registry/package.payload.pb");
        payload[at] = byte;
        let _ = Package::decode(&payload);
    }

    #[test]
    fn a_damaged_file_is_never_accepted(at in 0usize..341, bit in 0u8..8) {
        let key = golden::public_key("rsa2048");
        let intact = golden::read("registry/names.signed.gz");
        let mut file = intact.clone();
        file[at] ^= 1 << bit;
        // A few bits of gzip's header say nothing about the content.
        if let Ok(payload) = registry::verify(&file, &key, 10_000) {
            prop_assert_eq!(payload, golden::read("registry/names.payload.pb"));
        }
    }

    #[test]
    fn no_file_panics(message: Vec<u8>, limit in 0u64..1000) {
        let key = golden::public_key("rsa2048");
        prop_assert!(registry::verify(&message, &key, limit).is_err());
        prop_assert!(registry::verify(&gzip::compress(&message), &key, limit).is_err());
    }
}
