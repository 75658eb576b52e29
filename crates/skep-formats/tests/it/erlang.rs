//! Terms against Erlang itself: what we print it reads, what it prints we read.

use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use skep_formats::terms::{Atom, Term, parse, print};

/// Reads `in.config` as Hex's tools do and writes it back in two styles.
const PROGRAM: &str = r#"
    {ok, Terms} = file:consult("in.config"),
    Write = fun(Name, Format) ->
        Text = [io_lib:format(Format, [Term]) || Term <- Terms],
        ok = file:write_file(Name, unicode:characters_to_binary(Text))
    end,
    Write("plain.config", "~w.~n"),
    Write("pretty.config", "~tp.~n"),
    halt(0).
"#;

fn terms() -> impl Strategy<Value = Term> {
    let atoms = vec![Atom::True, Atom::False, Atom::Nil, Atom::Undefined];
    let leaf = prop_oneof![
        prop::sample::select(atoms).prop_map(Term::Atom),
        any::<i64>()
            .prop_filter("has a positive twin", |number| *number != i64::MIN)
            .prop_map(Term::Integer),
        any::<Vec<u8>>().prop_map(Term::Binary),
        any::<String>().prop_map(Term::text),
        r#"[ -~\n\t]{0,12}"#.prop_map(Term::text),
        "[a-zé]{1,6}".prop_map(|text| {
            let codes = text.chars().map(|c| Term::Integer(u32::from(c).into()));
            Term::List(codes.collect())
        }),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Term::List),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Term::Tuple),
            prop::collection::btree_map(inner.clone(), inner, 0..4).prop_map(Term::Map),
        ]
    })
}

#[test]
fn erlang_reads_what_we_print_and_we_read_what_it_prints() {
    if Command::new("erl").arg("-version").output().is_err() {
        say("erl is not installed: terms are NOT compared with Erlang's");
        return;
    }
    let mut runner = TestRunner::deterministic();
    let mut next = || terms().new_tree(&mut runner).unwrap().current();
    let expected: Vec<Term> = (0..300).map(|_| next()).collect();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs_err::write(path("in.config"), print(&expected)).unwrap();
    let output = Command::new("erl")
        .args(["-noshell", "-eval", PROGRAM])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    for name in ["plain.config", "pretty.config"] {
        let found = parse(&fs_err::read(path(name)).unwrap()).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[expect(clippy::print_stderr, reason = "a test that is not run says so")]
fn say(text: &str) {
    eprintln!("{text}");
}
