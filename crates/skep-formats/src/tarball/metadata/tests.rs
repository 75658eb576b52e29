use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Metadata {
    Metadata::from_terms(text.as_bytes()).unwrap()
}

const START: &str = "{<<\"name\">>,<<\"ab\">>}.{<<\"version\">>,<<\"1.0.0\">>}.";

#[test]
fn faults_are_sentences() {
    let check = |text: &str, message: &str| {
        let error = Metadata::from_terms(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    };
    check("", "the metadata is empty");
    check(
        "[1].",
        "the metadata is not in key-value format: `[1]` is not a pair with a text as its key",
    );
    check(
        "{<<\"name\">>,<<\"ab\">>}.",
        "the metadata has no `version`",
    );
    check(
        "{<<\"name\">>,1}.{<<\"version\">>,<<\"1\">>}.",
        "the metadata has no `name`",
    );
    check(
        &format!("{START}{{<<\"requirements\">>,[{{<<\"x\">>,[]}}]}}."),
        "the requirement on `x` has no version requirement",
    );
    check(
        &format!("{START}{{<<\"requirements\">>,<<\"x\">>}}."),
        "the `requirements` are not a list of packages with their fields",
    );
}

#[test]
fn build_tools_are_guessed_from_top_level_files() {
    let text = format!(
        "{START}{{<<\"files\">>,[<<\"rebar.config\">>,<<\"rebar\">>,<<\"mix.exs\">>,<<\"c/Makefile\">>]}}."
    );
    assert_eq!(read(&text).build_tools, ["mix", "rebar3"]);
    let text = format!("{START}{{<<\"files\">>,[<<\"a\">>]}}.");
    assert_eq!(read(&text).to_json()["build_tools"], json!([]));
    assert_eq!(read(START).to_json().get("build_tools"), None);
}

#[test]
fn unexpected_shapes_are_kept() {
    let text = format!(
        "{START}{{<<\"elixir\">>,nil}}.{{<<\"licenses\">>,[1]}}.{{<<\"extra\">>,[{{<<\"k\">>,[]}}]}}."
    );
    let metadata = read(&text);
    assert_eq!(metadata.elixir, None);
    assert_eq!(
        metadata.to_json(),
        json!({"name": "ab", "version": "1.0.0", "elixir": null, "licenses": [1], "extra": {"k": {}}})
    );
    assert_eq!(read(&metadata.to_terms()), metadata);
}

#[test]
fn the_last_of_equal_keys_counts() {
    let text = format!("{START}{{<<\"version\">>,<<\"2.0.0\">>}}.");
    assert_eq!(read(&text).version, "2.0.0");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        texts in prop::collection::vec(any::<String>(), 4),
        files in prop::collection::vec(any::<String>(), 0..3),
        links in prop::collection::btree_map(any::<String>(), any::<String>(), 0..3),
        optional: bool,
        repository in prop::option::of("[a-z]{1,5}"),
    ) {
        let requirement = Requirement {
            name: texts[0].clone(),
            app: texts[1].clone(),
            optional,
            requirement: texts[2].clone(),
            repository,
        };
        let mut metadata = Metadata::new(texts[0].as_str(), texts[1].as_str());
        metadata.description = Some(texts[3].clone());
        metadata.build_tools = files.clone();
        metadata.links = links;
        metadata.requirements = vec![requirement];
        metadata.other.insert("x".to_owned(), Term::Integer(1));
        prop_assert_eq!(Metadata::from_terms(metadata.to_terms().as_bytes()).unwrap(), metadata);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = Metadata::from_terms(&bytes);
    }
}
