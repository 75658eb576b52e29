use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Deserialize;

use super::*;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden/keys");
const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/golden/cloudfront/vectors.json"
);
const EXPIRES: Timestamp = Timestamp::from_seconds(1_798_761_600);

#[derive(Deserialize)]
struct Vector {
    policy: String,
    url: String,
    expires: i64,
    not_before: Option<i64>,
    source_ip: Option<String>,
    policy_json: Option<String>,
    key_pair_id: String,
    signed_url: String,
}

fn golden_key(name: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(&fs_err::read(format!("{KEYS}/{name}")).unwrap())
}

fn policy_of(vector: &Vector) -> Policy {
    match vector.policy.as_str() {
        "canned" => Policy::Canned,
        _ => Policy::Custom {
            not_before: vector.not_before.map(Timestamp::from_seconds),
            source_ip: vector.source_ip.clone(),
        },
    }
}

#[test]
fn urls_are_those_of_the_reference_byte_for_byte() {
    let vectors: Vec<Vector> = serde_json::from_slice(&fs_err::read(VECTORS).unwrap()).unwrap();
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        for pem in ["rsa2048.pem", "rsa2048_pkcs8.pem"] {
            let key = golden_key(pem).unwrap();
            let cloudfront = CloudFront::new(
                "https://unused.example",
                &vector.key_pair_id,
                key,
                policy_of(&vector),
            );
            let expires_at = Timestamp::from_seconds(vector.expires);
            if let Some(json) = &vector.policy_json {
                assert_eq!(
                    &policy_json(&policy_of(&vector), &vector.url, expires_at),
                    json
                );
            }
            assert_eq!(
                cloudfront
                    .sign_url(&vector.url, expires_at)
                    .unwrap()
                    .reveal(),
                vector.signed_url
            );
        }
    }
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let base64 = BASE64.encode(der);
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n").into_bytes()
}

fn parameter<'a>(url: &'a str, name: &str) -> &'a str {
    let query = url.split_once('?').unwrap().1;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .unwrap()
}

#[test]
fn an_ecdsa_signature_verifies_with_every_form_of_the_key() {
    let pair = EcdsaPair::new();
    for pem in [
        pem("PRIVATE KEY", &pair.pkcs8),
        pem("EC PRIVATE KEY", &pair.sec1),
    ] {
        let key = SigningKey::from_pem(&pem).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key());
        let cloudfront = CloudFront::new("https://cdn.acme.example/", "K1", key, Policy::Canned);
        let signed = cloudfront
            .sign(
                "repos/acme/tarballs/alpha-1.0.0/ab12.tar",
                EXPIRES.plus_seconds(-300),
                EXPIRES,
                None,
            )
            .unwrap();
        let url = signed.reveal();
        assert!(url.starts_with(
            "https://cdn.acme.example/repos/acme/tarballs/alpha-1.0.0/ab12.tar?Expires=1798761600&"
        ));
        assert!(url.ends_with("&Key-Pair-Id=K1&Hash-Algorithm=SHA256"));
        let base64 = parameter(url, "Signature")
            .replace('-', "+")
            .replace('_', "=")
            .replace('~', "/");
        let policy = r#"{"Statement":[{"Resource":"https://cdn.acme.example/repos/acme/tarballs/alpha-1.0.0/ab12.tar","Condition":{"DateLessThan":{"AWS:EpochTime":1798761600}}}]}"#;
        public
            .verify(
                policy.as_bytes(),
                &BASE64.decode(base64.as_bytes()).unwrap(),
            )
            .unwrap();
        assert!(url.len() < 300, "{}", url.len());
    }
}

#[test]
fn a_custom_policy_says_from_when_and_for_whom() {
    let policy = Policy::Custom {
        not_before: None,
        source_ip: Some("203.0.113.0/24".to_owned()),
    };
    let key = golden_key("rsa2048.pem").unwrap();
    let cloudfront =
        CloudFront::new("https://cdn.acme.example", "K1", key, policy).with_not_before(60);
    let said = |caller| {
        let begun = EXPIRES.plus_seconds(-300);
        let signed = cloudfront.sign("a.tar", begun, EXPIRES, caller).unwrap();
        let base64 = parameter(signed.reveal(), "Policy")
            .replace('-', "+")
            .replace('_', "=")
            .replace('~', "/");
        String::from_utf8(BASE64.decode(base64.as_bytes()).unwrap()).unwrap()
    };
    assert_eq!(
        said(None),
        r#"{"Statement":[{"Resource":"https://cdn.acme.example/a.tar","Condition":{"DateLessThan":{"AWS:EpochTime":1798761600},"IpAddress":{"AWS:SourceIp":"203.0.113.0/24"},"DateGreaterThan":{"AWS:EpochTime":1798761240}}}]}"#
    );
    let caller = said(Some("192.0.2.7".parse().unwrap()));
    assert!(
        caller.contains(r#""IpAddress":{"AWS:SourceIp":"192.0.2.7/32"}"#),
        "{caller}"
    );
}

#[test]
fn the_next_key_signs_from_its_moment_on() {
    let key = |pem| golden_key(pem).unwrap();
    let cloudfront = CloudFront::new(
        "https://cdn.acme.example",
        "KOLD",
        key("rsa2048.pem"),
        Policy::Canned,
    )
    .with_next_key("KNEW", key("rsa2048_pkcs8.pem"), EXPIRES);
    let id = |begun: Timestamp| {
        let signed = cloudfront.sign("a.tar", begun, begun.plus_seconds(300), None);
        parameter(signed.unwrap().reveal(), "Key-Pair-Id").to_owned()
    };
    assert_eq!(id(EXPIRES.plus_seconds(-1)), "KOLD");
    assert_eq!(id(EXPIRES), "KNEW");
}

struct EcdsaPair {
    pkcs8: Vec<u8>,
    sec1: Vec<u8>,
}

impl EcdsaPair {
    fn new() -> Self {
        use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
        let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
        Self {
            pkcs8: pkcs8.as_ref().to_vec(),
            sec1: sec1.as_ref().to_vec(),
        }
    }
}

#[test]
fn other_keys_are_refused_with_their_fault() {
    let refuse = |pem: &[u8]| SigningKey::from_pem(pem).unwrap_err();
    assert_eq!(
        golden_key("rsa4096.pem").unwrap_err(),
        KeyError::RsaSize(4096)
    );
    assert_eq!(
        golden_key("rsa2048_pub_spki.pem").unwrap_err(),
        KeyError::NotPrivateKeyPem
    );
    assert_eq!(refuse(b""), KeyError::NotPrivateKeyPem);
    assert_eq!(refuse(b"not a key"), KeyError::NotPrivateKeyPem);
    assert_eq!(
        refuse(&pem("ENCRYPTED PRIVATE KEY", b"x")),
        KeyError::Encrypted
    );
    assert_eq!(refuse(&pem("PRIVATE KEY", b"x")), KeyError::Unsupported);
    assert_eq!(refuse(&pem("EC PRIVATE KEY", b"x")), KeyError::Unsupported);
    assert_eq!(
        refuse(&pem("EC PRIVATE KEY", &EcdsaPair::new().pkcs8[..40])),
        KeyError::Unsupported
    );
}

#[test]
fn the_origin_knows_its_distribution_by_the_secret() {
    let cloudfront = || {
        CloudFront::new(
            "https://cdn.acme.example",
            "K1",
            golden_key("rsa2048.pem").unwrap(),
            Policy::Canned,
        )
    };
    assert!(!cloudfront().is_origin_secret(b""));
    let cloudfront = cloudfront().with_origin_secret("correct horse");
    assert!(cloudfront.is_origin_secret(b"correct horse"));
    assert!(!cloudfront.is_origin_secret(b"correct hors"));
    assert!(!cloudfront.is_origin_secret(b""));
    assert!(!format!("{cloudfront:?}").contains("horse"));
}
