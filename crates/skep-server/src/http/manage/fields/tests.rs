use serde_json::json;

use super::*;
use crate::licensing::product::Slug;

fn fields(value: Value) -> Fields {
    Fields::of_body(value).unwrap()
}

#[test]
fn fields_are_read_by_kind() {
    let mut all = fields(json!({
        "slug": "pro", "slugs": ["a", "b"], "days": 3.0, "strict": true, "until": null, "from": "2026-01-01",
        "customer": {"name": "Jo"},
    }));
    assert_eq!(
        all.required("slug", parsed::<Slug>).unwrap().as_str(),
        "pro"
    );
    assert_eq!(all.list::<Slug>("slugs").unwrap().len(), 2);
    assert_eq!(all.number("days", 10).unwrap(), Some(3));
    assert!(all.flag("strict").unwrap());
    assert_eq!(all.edit("until", end).unwrap(), Edit::Clear);
    assert_eq!(all.edit("nothing", end).unwrap(), Edit::Keep);
    assert_eq!(
        all.optional("from", start).unwrap().unwrap().to_string(),
        "2026-01-01T00:00:00Z"
    );
    let mut customer = all.inside("customer").unwrap();
    assert_eq!(customer.required("name", text).unwrap(), "Jo");
    customer.done().unwrap();
    all.done().unwrap();
}

#[test]
fn what_does_not_fit_is_refused_with_its_field() {
    let check = |refused: ApiError, text: &str| {
        let shown = format!("{refused:?}");
        assert!(shown.contains(text), "{shown}");
    };
    let mut all = fields(json!({"a": 1, "b": "x", "c": {"d": 1}, "e": "1969-12-31", "f": -1}));
    check(all.required("a", text).unwrap_err(), "has to be a text");
    check(all.list::<Slug>("b").unwrap_err(), "has to be a list");
    let mut inside = all.inside("c").unwrap();
    check(
        inside.required("d", text).unwrap_err(),
        "\"c\": Object {\"d\"",
    );
    check(all.optional("e", end).unwrap_err(), "is before 1970");
    check(all.number("f", 9).unwrap_err(), "from 0 to 9");
    check(all.required("g", text).unwrap_err(), "is missing");
    check(
        fields(json!({"acces_until": 1})).done().unwrap_err(),
        "is not a field",
    );
    for nul in [json!({"a": "\0"}), json!({"\0": 1}), json!([["\0"]])] {
        check(Fields::of_body(nul).unwrap_err(), "NUL");
    }
    check(Fields::of_body(json!([])).unwrap_err(), "has to be a map");
    check(Fields::of_query(Some("a=1&a=2")).unwrap_err(), "twice");
}

#[test]
fn a_query_has_texts_only() {
    let mut query = Fields::of_query(Some("limit=20&refused=true&x=%41")).unwrap();
    assert_eq!(query.number("limit", 100).unwrap(), Some(20));
    assert!(query.flag("refused").unwrap());
    assert_eq!(query.required("x", text).unwrap(), "A");
    query.done().unwrap();
}
