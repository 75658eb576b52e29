use data_encoding::BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::*;
use crate::clock::TestClock;

const URL: &str = "https://hex.example.com";
const NOW: Timestamp = Timestamp::from_seconds(1_795_348_800);

fn clock() -> Clock {
    TestClock::at(NOW).clock()
}

fn signer() -> TokenSigner {
    TokenSigner::new(&SigningKey::generate(), URL).unwrap()
}

fn a_token(signer: &TokenSigner) -> String {
    let subject = Subject::User {
        user: UserId::new(&clock()),
        key: None,
    };
    let (scope, grant) = (Permissions::api(), TokenGrantId::new(&clock()));
    let signed = signer.sign(&clock(), (subject, "rosa"), &scope, grant);
    signed.reveal().to_owned()
}

/// The claims of a token, changed.
fn claims(token: &str, change: impl FnOnce(&mut serde_json::Value)) -> serde_json::Value {
    let mut claims = signing::claimed(token).unwrap();
    change(&mut claims);
    claims
}

#[test]
fn a_token_says_what_it_is() {
    let signer = signer();
    let token = a_token(&signer);
    let claims = claims(&token, |_| {});
    let now = NOW.seconds();
    assert_eq!(claims["iss"], URL);
    assert_eq!(claims["sub"], "user:rosa");
    assert_eq!(claims["iat"], now);
    assert_eq!(claims["nbf"], now - 30);
    assert_eq!(claims["exp"], now + 1_800);
    assert_eq!(claims["scope"], "api");
    let header = BASE64URL_NOPAD
        .decode(token.split('.').next().unwrap().as_bytes())
        .unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["alg"], "ES256");
}

#[test]
fn a_token_survives_its_text() {
    let signer = signer();
    let key = KeyHash::of("skl_key");
    let subject = Subject::License {
        license: LicenseId::new(&clock()),
        key,
    };
    let scope = scopes::parse("repository:acme").unwrap();
    let grant = TokenGrantId::new(&clock());
    let signed = signer.sign(&clock(), (subject, "lic"), &scope, grant);
    assert_eq!(
        signer.read(signed.reveal()).unwrap(),
        Token {
            subject,
            scope,
            grant,
            issued_at: NOW,
            not_before: NOW.plus_seconds(-30),
            expires_at: NOW.plus_seconds(1_800),
        }
    );
    assert!(!format!("{signed:?} {signer:?}").contains(signed.reveal()));
}

#[test]
fn what_another_server_made_is_foreign() {
    let ours = signer();
    let theirs = TokenSigner::new(&SigningKey::generate(), "https://hex.pm").unwrap();
    assert_eq!(ours.read(&a_token(&theirs)), Err(TokenError::Foreign));
    for text in ["", "a", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", "skl_x"] {
        assert_eq!(ours.read(text), Err(TokenError::Foreign), "{text}");
    }
}

#[test]
fn what_we_did_not_sign_is_forged() {
    let signer = signer();
    let impostor = TokenSigner::new(&SigningKey::generate(), URL).unwrap();
    assert_eq!(signer.read(&a_token(&impostor)), Err(TokenError::Forged));

    let token = a_token(&signer);
    let mut parts: Vec<&str> = token.split('.').collect();
    let more = claims(&token, |claims| claims["scope"] = json!("api repositories"));
    let more = BASE64URL_NOPAD.encode(more.to_string().as_bytes());
    parts[1] = &more;
    assert_eq!(signer.read(&parts.join(".")), Err(TokenError::Forged));
}

#[test]
fn the_header_does_not_choose_the_algorithm() {
    let text = SigningKey::generate();
    let signer = TokenSigner::new(&text, URL).unwrap();
    let token = a_token(&signer);
    let payload = token.split('.').nth(1).unwrap();
    for header in [
        r#"{"typ":"JWT","alg":"none"}"#,
        r#"{"typ":"JWT","alg":"None"}"#,
        r#"{"typ":"JWT"}"#,
    ] {
        let header = BASE64URL_NOPAD.encode(header.as_bytes());
        for signature in ["", token.rsplit('.').next().unwrap()] {
            let text = format!("{header}.{payload}.{signature}");
            assert_eq!(signer.read(&text), Err(TokenError::Forged));
        }
    }
    // The public key is public: whoever takes it for an HMAC's secret would sign anything.
    let pkcs8 = BASE64.decode(text.as_bytes()).unwrap();
    let public_key = &pkcs8[pkcs8.len() - 65..];
    let claims = claims(&token, |_| {});
    for secret in [public_key, text.as_bytes(), b""] {
        let key = EncodingKey::from_secret(secret);
        let swapped = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
        assert_eq!(signer.read(&swapped), Err(TokenError::Forged));
    }
}

#[test]
fn claims_that_contradict_each_other_are_refused() {
    let text = SigningKey::generate();
    let signer = TokenSigner::new(&text, URL).unwrap();
    let token = a_token(&signer);
    let sign = |claims: &serde_json::Value| signer.key.sign(claims);
    let license = json!(LicenseId::new(&clock()));
    for (field, value) in [
        ("user", json!(null)),
        ("license", license),
        ("scope", json!("everything")),
        ("key", json!("c2hvcnQ")),
    ] {
        let changed = claims(&token, |claims| claims[field] = value);
        assert_eq!(
            signer.read(&sign(&changed)),
            Err(TokenError::Forged),
            "{field}"
        );
    }
    let elsewhere = claims(&token, |claims| claims["aud"] = json!("https://hex.pm"));
    assert_eq!(signer.read(&sign(&elsewhere)), Err(TokenError::Foreign));
}

#[test]
fn a_key_is_only_what_generate_made() {
    for text in ["", "rubbish", "MA=="] {
        assert!(TokenSigner::new(text, URL).is_err(), "{text}");
    }
}
