use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Term {
    let mut terms = parse(text.as_bytes()).unwrap();
    assert_eq!(terms.len(), 1, "{text}");
    terms.remove(0)
}

fn text(text: &str) -> Term {
    Term::text(text)
}

#[test]
fn every_kind_of_term() {
    let check = |text: &str, expected: Term| assert_eq!(one(text), expected, "{text}");
    check("true.", Term::boolean(true));
    check("'false' .", Term::boolean(false));
    check("nil.", Term::Atom(Atom::Nil));
    check("-12.", Term::Integer(-12));
    check("+ 3.", Term::Integer(3));
    check("<<>>.", text(""));
    check("<<\"a\">>.", text("a"));
    check("<<\"a\" \"b\",99>>.", text("abc"));
    check("<<\"é\"/utf8, 233/utf8>>.", text("éé"));
    check("<<\"Ã©\">>.", text("é"));
    check("<<1,300,-1>>.", Term::Binary(vec![1, 44, 255]));
    check("<<\"☕\">>.", Term::Binary(vec![0x15]));
    check("<<97/integer>>.", text("a"));
    check(
        "\"a\" \"b\".",
        Term::List(vec![Term::Integer(97), Term::Integer(98)]),
    );
    check(
        "{[ ],\n{}}.",
        Term::Tuple(vec![Term::List(vec![]), Term::Tuple(vec![])]),
    );
    check(
        "#{1 => 2,1=>3}.",
        Term::Map([(Term::Integer(1), Term::Integer(3))].into()),
    );
    check(
        r#"<<"\n\t\e\101\^A\ \d\"\\">>."#,
        Term::Binary(b"\n\t\x1bA\x01\x7f\"\\".to_vec()),
    );
}

#[test]
fn terms_need_no_space_after_the_dot() {
    assert_eq!(parse(b"1.2. 3.\n").unwrap().len(), 3);
    assert_eq!(parse(b" \n\0").unwrap().len(), 0);
}

#[test]
fn text_that_is_not_utf8_is_latin1() {
    assert_eq!(parse(b"<<\"\xe9\">>.").unwrap(), [Term::Binary(vec![0xe9])]);
}

#[test]
fn faults_are_named_with_their_line() {
    let check = |text: &str, message: &str| {
        assert_eq!(
            parse(text.as_bytes()).unwrap_err().to_string(),
            message,
            "{text}"
        );
    };
    check("1.\nhello.", "line 2: the atom `hello` is not allowed");
    check(
        "'some atom'.",
        "line 1: the atom `some atom` is not allowed",
    );
    check("fun a:b/1.", "line 1: the atom `fun` is not allowed");
    check("% comment", "line 1: `%` does not belong here");
    check("{1,2}", "line 1: found the end where a dot was expected");
    check("[1,].", "line 1: found ] where a term was expected");
    check("[1|2].", "line 1: `|` does not belong here");
    check("{1 2}.", "line 1: found a number where , was expected");
    check("1.5e3.", "line 1: found an atom where a dot was expected");
    check("\"abc.", "line 1: a quote is opened and never closed");
    check("\"abc\\", "line 1: a quote is opened and never closed");
    check("99999999999999999999.", "line 1: the number is too large");
    check(
        "<<a>>.",
        "line 1: found an atom where a text or a number was expected",
    );
    check(
        "<<1/float>>.",
        "line 1: found an atom where utf8 was expected",
    );
    check("<<55296/utf8>>.", "line 1: the number is too large");
    check("- -1.", "line 1: found - where a number was expected");
    check(".", "line 1: found a dot where a term was expected");
    let deep = "[".repeat(100_000);
    check(&deep, "line 1: terms are nested more than `64` deep");
    let long = format!("\"{}\".", "a".repeat(MAX_TERMS));
    check(&long, "there are more than `262144` terms");
}

#[test]
fn printing_keeps_to_what_every_client_reads() {
    let check = |term: Term, expected: &str| assert_eq!(term.to_string(), expected);
    check(text("a \"b\"\n"), r#"<<"a \"b\"\n">>"#);
    check(text("a\\"), "<<97,92>>");
    check(text("é"), "<<195,169>>");
    check(text(""), "<<>>");
    check(
        Term::List(vec![
            Term::boolean(true),
            Term::Tuple(vec![Term::Integer(-1)]),
        ]),
        "[true,{-1}]",
    );
    check(
        Term::Map([(text("k"), Term::List(vec![]))].into()),
        "#{<<\"k\">> => []}",
    );
}

pub(super) fn any_term() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        prop::sample::select(vec![Atom::True, Atom::False, Atom::Nil, Atom::Undefined])
            .prop_map(Term::Atom),
        any::<i32>().prop_map(|number| Term::Integer(number.into())),
        any::<Vec<u8>>().prop_map(Term::Binary),
        any::<String>().prop_map(Term::text),
        r#"[a-z \\"'\n]{0,8}"#.prop_map(Term::text),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Term::List),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Term::Tuple),
            prop::collection::btree_map(inner.clone(), inner, 0..4).prop_map(Term::Map),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(terms in prop::collection::vec(any_term(), 0..4)) {
        prop_assert_eq!(parse(print(&terms).as_bytes()).unwrap(), terms);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }

    #[test]
    fn no_term_like_text_panics(text in r#"([{}\[\],.#/+\-"'\\ ]|<<|>>|=>|[a-z0-9]{1,3}|true|utf8|é){0,40}"#) {
        let _ = parse(text.as_bytes());
    }
}
