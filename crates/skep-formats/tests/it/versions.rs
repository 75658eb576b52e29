//! Versions and requirements against a table that Elixir wrote (tests/data/elixir_versions.exs).

use std::cmp::Ordering;

use proptest::prelude::*;
use skep_formats::requirement::{MatchOptions, Requirement};
use skep_formats::version::Version;

const TABLE: &str = include_str!("../data/elixir_versions.tsv");

fn rows(kind: &str) -> Vec<Vec<String>> {
    let unescape = |text: &str| text.replace("\\t", "\t").replace("\\n", "\n");
    let rows: Vec<Vec<String>> = TABLE
        .lines()
        .map(|line| line.split('\t').map(unescape).collect())
        .filter(|row: &Vec<String>| row[0] == kind)
        .collect();
    assert!(!rows.is_empty(), "no rows of kind {kind}");
    rows
}

#[test]
fn versions_parse_and_print_as_in_elixir() {
    for row in rows("parse") {
        let printed = Version::parse(&row[1]).map(|version| version.to_string());
        assert_eq!(
            printed.unwrap_or_else(|_| "error".to_owned()),
            row[2],
            "{row:?}"
        );
    }
}

#[test]
fn versions_compare_as_in_elixir() {
    for row in rows("compare") {
        let [first, second] = [&row[1], &row[2]].map(|text| Version::parse(text).unwrap());
        let expected = match row[3].as_str() {
            "lt" => Ordering::Less,
            "eq" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(first.cmp(&second), expected, "{row:?}");
    }
}

#[test]
fn requirements_match_as_in_elixir() {
    for row in rows("match") {
        let version = Version::parse(&row[1]).unwrap();
        let requirement = Requirement::parse(&row[2]).unwrap_or_else(|error| panic!("{error}"));
        for (allow_pre, expected) in [(true, &row[3]), (false, &row[4])] {
            let matches = requirement.matches(&version, MatchOptions { allow_pre });
            assert_eq!(
                matches.to_string(),
                *expected,
                "{row:?} allow_pre {allow_pre}"
            );
        }
    }
}

#[test]
fn what_elixir_refuses_is_no_requirement() {
    for row in rows("requirement") {
        assert!(Requirement::parse(&row[1]).is_err(), "{row:?}");
    }
}

prop_compose! {
    fn version_text()(
        numbers in any::<[u16; 3]>(),
        pre in proptest::option::of("(0|[1-9][0-9]{0,3}|[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,4})(\\.(0|[1-9][0-9]?|[a-z-]+)){0,2}"),
        build in proptest::option::of("[0-9A-Za-z-]{1,5}(\\.[0-9A-Za-z-]{1,3}){0,2}"),
    ) -> String {
        let [major, minor, patch] = numbers.map(|number| number % 4);
        let pre = pre.map(|pre| format!("-{pre}")).unwrap_or_default();
        let build = build.map(|build| format!("+{build}")).unwrap_or_default();
        format!("{major}.{minor}.{patch}{pre}{build}")
    }
}

proptest! {
    #[test]
    fn version_text_round_trips(text in version_text()) {
        prop_assert_eq!(Version::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn comparisons_agree_with_the_order(first in version_text(), second in version_text()) {
        let [a, b] = [&first, &second].map(|text| Version::parse(text).unwrap());
        let holds = |operator: &str| {
            Requirement::parse(&format!("{operator} {second}")).unwrap()
                .matches(&a, MatchOptions { allow_pre: true })
        };
        prop_assert_eq!(holds("<"), a < b);
        prop_assert_eq!(holds("<="), a <= b);
        prop_assert_eq!(holds(">"), a > b);
        prop_assert_eq!(holds(">="), a >= b);
        prop_assert_eq!(holds("=="), a == b);
        prop_assert_eq!(holds("!="), a != b);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", near in "[0-9.a-c+ ~><=!andor-]{0,30}") {
        for text in [text, near] {
            let _ = Version::parse(&text);
            let _ = Requirement::parse(&text);
        }
    }
}
