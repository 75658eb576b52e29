use proptest::prelude::*;
use serde_json::{Value, json};

use super::{EtfError, MAX_DEPTH, MAX_TERMS, decode, encode};

const LIMIT: usize = 1 << 20;
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden/etf");

fn golden(name: &str) -> Vec<u8> {
    fs_err::read(format!("{GOLDEN}/{name}")).unwrap()
}

fn refused(data: &[u8]) -> EtfError {
    decode(data, LIMIT).expect_err("it should be refused")
}

#[test]
fn golden_bodies_are_read_and_written_byte_for_byte() {
    for name in ["list", "map", "nils"] {
        let json: Value = serde_json::from_slice(&golden(&format!("{name}.json"))).unwrap();
        let body = golden(&format!("{name}.etf"));
        assert_eq!(decode(&body, LIMIT).as_ref(), Ok(&json), "{name}");
        assert_eq!(encode(&json), body, "{name}");
    }
}

#[test]
fn golden_bodies_that_are_unsafe_are_refused() {
    let atom = "never_seen_atom".to_owned();
    assert_eq!(
        refused(&golden("bad_atom.etf")),
        EtfError::IllegalAtom { atom, offset: 12 }
    );
    let illegal = |tag| EtfError::IllegalTerm { tag, offset: 1 };
    assert_eq!(refused(&golden("bad_fun.etf")), illegal(b'q'));
    assert_eq!(refused(&golden("bad_pid.etf")), illegal(b'X'));
}

#[test]
fn a_compressed_body_is_read_within_its_limit() {
    let body = golden("compressed.etf");
    let value = decode(&body, 1016).unwrap();
    assert_eq!(decode(&encode(&value), LIMIT), Ok(value));
    assert_eq!(decode(&body, 1015), Err(EtfError::TooLarge { limit: 1015 }));
}

#[test]
fn a_compressed_body_must_have_the_size_it_says() {
    for size in [[0, 0, 0, 7], [0, 0, 3, 0xf9]] {
        let mut body = golden("compressed.etf");
        body[2..6].copy_from_slice(&size);
        assert_eq!(refused(&body), EtfError::Corrupt);
    }
    assert_eq!(refused(&golden("compressed.etf")[..20]), EtfError::Corrupt);
}

#[test]
fn integers_keep_their_value_up_to_64_bits() {
    for number in [0, 255, 256, -1, i64::from(i32::MIN), i64::MAX, i64::MIN] {
        assert_eq!(decode(&encode(&json!(number)), LIMIT), Ok(json!(number)));
    }
    let all = json!(u64::MAX);
    assert_eq!(decode(&encode(&all), LIMIT), Ok(all));
    let large = [131, b'n', 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(refused(&large), EtfError::IntegerTooLarge { offset: 1 });
    let low = [131, b'n', 8, 1, 1, 0, 0, 0, 0, 0, 0, 128];
    assert_eq!(refused(&low), EtfError::IntegerTooLarge { offset: 1 });
}

#[test]
fn atoms_of_newer_releases_are_read() {
    assert_eq!(decode(b"\x83w\x03nil", LIMIT), Ok(Value::Null));
    assert_eq!(decode(b"\x83s\x04true", LIMIT), Ok(json!(true)));
    assert_eq!(decode(b"\x83v\x00\x05false", LIMIT), Ok(json!(false)));
}

#[test]
fn what_is_malformed_is_refused() {
    let at = |offset| EtfError::Truncated { offset };
    assert_eq!(refused(b""), EtfError::NotEtf);
    assert_eq!(refused(b"{}"), EtfError::NotEtf);
    assert_eq!(refused(b"\x83"), at(1));
    assert_eq!(refused(b"\x83m\xff\xff\xff\xffab"), at(8));
    assert_eq!(
        refused(b"\x83m\0\0\0\x01\xff"),
        EtfError::NotText { offset: 1 }
    );
    assert_eq!(refused(b"\x83jj"), EtfError::Trailing { offset: 2 });
    assert_eq!(
        refused(b"\x83l\0\0\0\x01a\x01a\x02"),
        EtfError::ImproperList { offset: 8 }
    );
    assert_eq!(
        refused(b"\x83t\0\0\0\x01a\x01a\x02"),
        EtfError::IllegalKey { offset: 6 }
    );
    let twice = b"\x83t\0\0\0\x02m\0\0\0\x01aa\x01m\0\0\0\x01aa\x02";
    let key = "a".to_owned();
    assert_eq!(refused(twice), EtfError::DuplicateKey { key });
    let nan = [&[131, b'F'][..], &f64::NAN.to_be_bytes()].concat();
    assert_eq!(refused(&nan), EtfError::NotFinite { offset: 1 });
}

#[test]
fn depth_and_number_of_terms_are_limited() {
    let nested = |depth: usize| {
        let open = b"l\0\0\0\x01".repeat(depth);
        [&b"\x83"[..], &open, b"j", &b"j".repeat(depth)].concat()
    };
    assert!(decode(&nested(MAX_DEPTH), LIMIT).is_ok());
    assert_eq!(refused(&nested(MAX_DEPTH + 1)), EtfError::TooDeep);
    assert_eq!(refused(&nested(1 << 20)), EtfError::TooDeep);

    let count = u32::try_from(MAX_TERMS).unwrap().to_be_bytes();
    let many = [&b"\x83l"[..], &count, &b"j".repeat(MAX_TERMS + 1)].concat();
    assert_eq!(refused(&many), EtfError::TooMany);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let map = proptest::collection::btree_map(any::<String>(), inner.clone(), 0..8);
        prop_oneof![
            proptest::collection::vec(inner, 0..8).prop_map(Value::from),
            map.prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in values()) {
        prop_assert_eq!(decode(&encode(&value), LIMIT), Ok(value));
    }

    #[test]
    fn no_bytes_make_it_panic(data in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = decode(&data, LIMIT);
        let _ = decode(&[&[131], &data[..]].concat(), LIMIT);
    }
}
