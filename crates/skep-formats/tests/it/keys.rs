//! Keys in every PEM form, and what is refused.

use proptest::prelude::*;
use skep_formats::key::{KeyError, PrivateKey, PublicKey};

use crate::golden;

#[test]
fn every_form_is_the_same_key() {
    for (key, private, public) in [
        (
            "rsa2048",
            &["rsa2048", "rsa2048_pkcs8"][..],
            &["rsa2048_pub_pkcs1", "rsa2048_pub_spki"][..],
        ),
        ("rsa4096", &["rsa4096"], &["rsa4096_pub_spki"]),
    ] {
        let fingerprint = golden::text(&format!("keys/{key}.fingerprint"));
        let expected = golden::public_key(key);
        for name in private {
            let key = golden::private_key(name);
            assert_eq!(key.public_key(), expected);
            assert_eq!(
                format!("{key:?}"),
                format!("PrivateKey({})", fingerprint.trim())
            );
            assert!(expected.verify(b"message", &key.sign(b"message")));
        }
        for name in public {
            let key = PublicKey::from_pem(golden::read(&format!("keys/{name}.pem"))).unwrap();
            assert_eq!(key, expected);
            assert_eq!(key.fingerprint(), fingerprint.trim());
        }
        assert_eq!(expected.bits(), key[3..].parse::<usize>().unwrap());
    }
}

#[test]
fn public_keys_are_written_as_others_write_them() {
    let key = golden::public_key("rsa2048");
    assert_eq!(key.to_pem(), golden::text("keys/rsa2048_pub_spki.pem"));
    assert_eq!(
        key.to_pkcs1_pem(),
        golden::text("static_registry/public/public_key")
    );
    assert_eq!(
        key.to_pkcs1_pem().trim_end(),
        golden::text("keys/rsa2048_pub_pkcs1.pem").trim_end()
    );
    assert_eq!(
        golden::public_key("rsa4096").to_pem(),
        golden::text("keys/rsa4096_pub_spki.pem")
    );
    assert_eq!(
        golden::private_key("rsa2048").to_pem().as_str(),
        golden::text("keys/rsa2048_pkcs8.pem")
    );
}

#[test]
fn a_generated_key_survives_its_pem() {
    let key = PrivateKey::generate(2048).unwrap();
    let pem = key.to_pem();
    let again = PrivateKey::from_pem(&pem).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    assert!(key.public_key().verify(b"message", &again.sign(b"message")));
    assert!(!key.public_key().verify(b"massage", &again.sign(b"message")));
    assert_ne!(
        PrivateKey::generate(2048).unwrap().public_key(),
        key.public_key()
    );
    assert_eq!(
        PrivateKey::generate(1024).unwrap_err(),
        KeyError::GenerateSize(1024)
    );
}

#[test]
fn nothing_of_a_private_key_is_ever_shown() {
    let key = golden::private_key("rsa2048");
    assert_eq!(format!("{:?}", key.to_pem()), "SecretPem(****)");
    let body = golden::text("keys/rsa2048.pem");
    let damaged = body.replace("MII", "MIJ");
    let error = PrivateKey::from_pem(&damaged).unwrap_err();
    let shown = format!("{error} {error:?} {key:?}");
    assert!(body.lines().all(|line| !shown.contains(line)), "{shown}");
}

#[test]
fn text_around_the_key_and_other_line_ends_do_not_matter() {
    let pem = golden::text("keys/rsa2048_pkcs8.pem");
    let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    let key = golden::public_key("rsa2048");
    for text in [
        pem.replace('\n', "\r\n"),
        format!("Bag Attributes\n  friendlyName: acme\n{pem}trailing"),
        format!("{certificate}{pem}"),
        pem.replace('\n', " \n"),
    ] {
        assert_eq!(PrivateKey::from_pem(&text).unwrap().public_key(), key);
    }
}

#[test]
fn a_public_key_is_no_private_key_and_the_other_way_round() {
    for name in ["rsa2048_pub_pkcs1", "rsa2048_pub_spki"] {
        let pem = golden::read(&format!("keys/{name}.pem"));
        assert_eq!(
            PrivateKey::from_pem(pem).unwrap_err(),
            KeyError::PublicKeyGiven
        );
    }
    for name in ["rsa2048", "rsa2048_pkcs8"] {
        let pem = golden::read(&format!("keys/{name}.pem"));
        assert_eq!(
            PublicKey::from_pem(pem).unwrap_err(),
            KeyError::PrivateKeyGiven
        );
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_its_reason() {
    for (pem, expected) in [
        (String::new(), KeyError::NotPem),
        ("MIIEowIBAAKCAQEA".to_owned(), KeyError::NotPem),
        (
            "-----BEGIN PRIVATE KEY-----\nMAA=\n".to_owned(),
            KeyError::DamagedPem,
        ),
        (block("PRIVATE KEY", "?"), KeyError::DamagedPem),
        (block("PRIVATE KEY", "MAA="), KeyError::Damaged),
        (block("RSA PRIVATE KEY", ""), KeyError::Damaged),
        (block("ENCRYPTED PRIVATE KEY", "MAA="), KeyError::Encrypted),
        (
            block(
                "RSA PRIVATE KEY",
                "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMAA=",
            ),
            KeyError::Encrypted,
        ),
        (block("OPENSSH PRIVATE KEY", "MAA="), KeyError::OpenSsh),
        (
            block("EC PRIVATE KEY", "MAA="),
            KeyError::NotRsa("an elliptic-curve key"),
        ),
        (
            EC_PKCS8.to_owned(),
            KeyError::NotRsa("an elliptic-curve key"),
        ),
        (ED25519_PKCS8.to_owned(), KeyError::NotRsa("an Ed25519 key")),
        (RSA1024.to_owned(), KeyError::TooSmall(1024)),
        (body_on_one_line(), KeyError::NotPem),
        (
            block("CERTIFICATE", "MAA="),
            KeyError::NotAKey("CERTIFICATE".to_owned()),
        ),
    ] {
        assert_eq!(PrivateKey::from_pem(&pem).unwrap_err(), expected, "{pem}");
    }
    let numbers_of_two_keys = golden::text("keys/rsa2048.pem").replacen('A', "B", 40);
    assert!(PrivateKey::from_pem(numbers_of_two_keys).is_err());
    assert_eq!(
        PublicKey::from_pem(RSA1024_PUBLIC).unwrap_err(),
        KeyError::TooSmall(1024)
    );
    assert_eq!(
        PublicKey::from_pem(EC_PUBLIC).unwrap_err(),
        KeyError::NotRsa("an elliptic-curve key")
    );
}

/// As it ends up in an environment variable.
fn body_on_one_line() -> String {
    golden::text("keys/rsa2048.pem").replace('\n', " ")
}

fn block(label: &str, content: &str) -> String {
    format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
}

// Made for these tests; they protect nothing.
const EC_PKCS8: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9tNOrCZI+Km8geGR
Y+o5B1lqz9q1D+lcYNhFrt1lacKhRANCAASa9bPlJ68SsI1Jz8vDHyy5Y8r869Y0
hz4HdnSOloH1c4FWvqvqu6GGylvodRN7Vqs/bReBp+rm7Mtb/XONX5Jr
-----END PRIVATE KEY-----
";

const EC_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmvWz5SevErCNSc/Lwx8suWPK/OvW
NIc+B3Z0jpaB9XOBVr6r6ruhhspb6HUTe1arP20Xgafq5uzLW/1zjV+Saw==
-----END PUBLIC KEY-----
";

const ED25519_PKCS8: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAL9lhRZRbGlWs9KPuqHGUZ0FIYkdOLeQR5iScGrsAli
-----END PRIVATE KEY-----
";

const RSA1024: &str = "\
-----BEGIN RSA PRIVATE KEY-----
MIICWwIBAAKBgQCxyi2/I82OksH0mFZpPWC3r+stvgMvBcUnwlv6D8tdqGQuQXDl
mEIIPidTl+VGgYlEQ2d5z62OVy8eDApV/LcvGtRTPwMHJTHwJw070WRc1LUeCgP8
Ba7vFe4rQ5P7Yark6D0UJRLl1RCdWhM6NSbDr/btcRvuOE1PfW1K8I4QIQIDAQAB
AoGAIZIyty/0haJym1QUpQSg+a5vMxD5Guz1AH/zzDElTocYe5+ByOjKNzI9TMyW
z4xwNgKgTGEJvaH61KqjXP8+O4cycQ7OwRVBpX/lcBC0cy3TFzapjIt3XeGgwe4F
0J5GN2q5WzAp3cRULjTjcxLmjcxYFIp7ij6KqWvmfvQmMU0CQQDcLYzUToh6l+c6
Pvy8KFaiEoGU4xfjo98VHI2BRo2uPqJHIeIXQM9dZalsrZ9eUwX6vsSwBqBV+7le
spLOsDmzAkEAzrcnXvq/6Z6XTS/jpN+ZAb8d68sT5g2ZjOBavPMokEI100wZ4Ydo
2/V0s6AmQux31GrtWcApqN+KW7dJy7582wJALF+hukf5iXuDxmFbXjBjBVbldrQt
5FrqYr7WZe9qLmvBGMTjY/xTzmbmtlhnfgMNeXNpAHDVb37D5SnoHG+3sQJAfjBy
mVmLJAtLI7RzTCevGNDZbCK5T/vHW6dt3OC3R3ETuJxBRFrMGVJ63liKYtpFwGdR
4zMae1uS87AtHXJ4dwJAFQkA3jt+XW3UhbW0kkpmiwcJVRar8gYhobXAnV/bfMyC
m2vQTY4rUgdRy3CbxeUrkCBmOQIcgD0bGFv3U7NgMg==
-----END RSA PRIVATE KEY-----
";

const RSA1024_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCxyi2/I82OksH0mFZpPWC3r+st
vgMvBcUnwlv6D8tdqGQuQXDlmEIIPidTl+VGgYlEQ2d5z62OVy8eDApV/LcvGtRT
PwMHJTHwJw070WRc1LUeCgP8Ba7vFe4rQ5P7Yark6D0UJRLl1RCdWhM6NSbDr/bt
cRvuOE1PfW1K8I4QIQIDAQAB
-----END PUBLIC KEY-----
";

proptest! {
    #[test]
    fn no_text_panics(text: Vec<u8>, content: Vec<u8>) {
        let _ = PrivateKey::from_pem(&text);
        let _ = PublicKey::from_pem(&text);
        let base64 = data_encoding::BASE64.encode(&content);
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            prop_assert!(PrivateKey::from_pem(block(label, &base64)).is_err());
        }
        for label in ["PUBLIC KEY", "RSA PUBLIC KEY"] {
            prop_assert!(PublicKey::from_pem(block(label, &base64)).is_err());
        }
    }

    #[test]
    fn a_damaged_key_does_not_panic(at in 0usize..1700, byte in 32u8..127) {
        for name in ["rsa2048", "rsa2048_pkcs8", "rsa2048_pub_spki", "rsa2048_pub_pkcs1"] {
            let mut pem = golden::read(&format!("keys/{name}.pem"));
            let at = at % pem.len();
            pem[at] = byte;
            let _ = PrivateKey::from_pem(&pem);
            let _ = PublicKey::from_pem(&pem);
        }
    }

    #[test]
    fn no_signature_panics(message: Vec<u8>, signature: Vec<u8>) {
        prop_assert!(!golden::public_key("rsa2048").verify(&message, &signature));
    }
}
