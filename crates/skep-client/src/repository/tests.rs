use http::header::{AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH};

use super::*;
use crate::error::BuildError;

mod files;

fn golden(path: &str) -> Vec<u8> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden/");
    fs_err::read(format!("{golden}{path}")).unwrap()
}

fn public(path: &str) -> Vec<u8> {
    golden(&format!("static_registry/public/{path}"))
}

fn answer(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .body(body.into())
        .unwrap()
}

fn typed(kind: &str, body: &'static str) -> Response<Bytes> {
    Response::builder()
        .header(CONTENT_TYPE, kind)
        .body(Bytes::from(body))
        .unwrap()
}

fn acme() -> Config {
    let mut config = Config::new("https://example.com/repo/", "https://example.com/api").unwrap();
    config.repo_name = "acme".to_owned();
    config.repo_public_key = Some(PublicKey::from_pem(public("public_key")).unwrap());
    config
}

#[test]
fn requests_are_for_the_files_with_the_key_as_it_is() {
    let mut config = acme();
    config.repo_key = Some("the-key".into());
    let version = "2.3.4-beta.1+b5";
    for (request, path) in [
        (names_request(&config), "names"),
        (versions_request(&config), "versions"),
        (public_key_request(&config), "public_key"),
        (package_request(&config, "reb"), "packages/reb"),
        (policy_request(&config, "strict"), "policies/strict"),
        (
            tarball_request(&config, "reb", version),
            "tarballs/reb-2.3.4-beta.1+b5.tar",
        ),
        (
            docs_request(&config, "reb", version),
            "docs/reb-2.3.4-beta.1+b5.tar.gz",
        ),
        (
            package_request(&config, "../x?y#z é"),
            "packages/..%2Fx%3Fy%23z%20%C3%A9",
        ),
    ] {
        let request = request.unwrap();
        assert_eq!(
            request.uri(),
            format!("https://example.com/repo/{path}").as_str()
        );
        assert_eq!(request.headers()[AUTHORIZATION], "the-key");
        assert!(request.extensions().get::<MaxResponseBytes>().is_some());
        assert!(!format!("{request:?}").contains("the-key"));
    }
    let error = package_request(&config, "..").unwrap_err();
    assert!(
        matches!(error, Error::Build(BuildError::Segment { .. })),
        "{error}"
    );
}

#[test]
fn signed_files_are_opened() {
    let config = acme();
    let names = names_response(&config, answer(200, public("names"))).unwrap();
    let versions = versions_response(&config, answer(200, public("versions"))).unwrap();
    assert_eq!(names.packages.len(), versions.packages.len());
    let package =
        package_response(&config, answer(200, public("packages/alpha")), "alpha").unwrap();
    let tarball = public("tarballs/alpha-1.0.0.tar");
    let received = tarball_response(
        &config,
        answer(200, tarball.clone()),
        "alpha",
        &package.releases[0],
    );
    assert_eq!(received.unwrap(), tarball);
    let mut policies = acme();
    let policy = golden("registry/policy.signed.gz");
    policies.repo_public_key =
        Some(PublicKey::from_pem(golden("keys/rsa2048_pub_spki.pem")).unwrap());
    policies.repo_verify_origin = false;
    let policy = policy_response(&policies, answer(200, policy), "another").unwrap();
    policies.repo_verify_origin = true;
    policies.repo_organization = Some(policy.repository.clone());
    let again = policy_response(
        &policies,
        answer(200, golden("registry/policy.signed.gz")),
        &policy.name,
    );
    assert_eq!(again.unwrap(), policy);
}

#[test]
fn the_key_of_hexpm_opens_its_files() {
    let file = answer(200, golden("real/packages_exfmt.signed.gz"));
    let package = package_response(&Config::hexpm(), file, "exfmt").unwrap();
    assert_eq!(package.name, "exfmt");
}

/// What `names_response` says about `response`: the phase and the cause.
fn mistrust(config: &Config, response: Response<Bytes>) -> VerifyError {
    match names_response(config, response).unwrap_err() {
        Error::Verify { url, source } => {
            assert_eq!(url.as_str(), "https://example.com/repo/names");
            source
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_mistrust_has_its_own_error() {
    let file = |name: &str| answer(200, golden(&format!("registry/names.{name}")));
    let mut config = acme();
    let error = mistrust(&config, file("bad_signature.signed.gz"));
    assert!(matches!(error, VerifyError::Signature { .. }));
    assert!(matches!(
        mistrust(&config, file("unsigned.signed.gz")),
        VerifyError::NoSignature
    ));
    let error = mistrust(&config, file("rsa4096.signed.gz"));
    assert!(matches!(error, VerifyError::Signature { .. }));
    config.repo_name = "other".to_owned();
    let error = mistrust(&config, answer(200, public("names")));
    let (expected, found) = ("other".to_owned(), "acme".to_owned());
    assert_eq!(error, VerifyError::Repository { expected, found });
    config.repo_public_key = None;
    assert_eq!(
        mistrust(&config, answer(200, public("names"))),
        VerifyError::NoKey
    );
    config.repo_verify = false;
    config.repo_verify_origin = false;
    assert!(names_response(&config, answer(200, public("names"))).is_ok());

    let error =
        package_response(&acme(), answer(200, public("packages/alpha")), "beta").unwrap_err();
    let Error::Verify { source, .. } = error else {
        panic!("{error:?}")
    };
    let (expected, found) = ("beta".to_owned(), "alpha".to_owned());
    assert_eq!(source, VerifyError::Name { expected, found });
}

#[test]
fn what_is_no_registry_file_is_named() {
    let page = "\n<!DOCTYPE html><html>Log in to the Wi-Fi</html>";
    let gzip = public("names");
    let cut = gzip[..gzip.len() / 2].to_vec();
    let cases = [
        (typed("text/html", page), "a web page"),
        (typed("application/octet-stream", page), "a web page"),
        (
            typed("application/json", r#"{"status":404,"message":"no"}"#),
            "`application/json`, not `a registry file`",
        ),
        (
            typed("text/plain; charset=utf-8", "forbidden"),
            "`text/plain`",
        ),
        (answer(200, ""), "not compressed with gzip"),
        (
            answer(200, golden("registry/names.not_gzip.signed.gz")),
            "a web page",
        ),
        (answer(200, cut), "truncated"),
    ];
    for (response, expected) in cases {
        let error = names_response(&acme(), response).unwrap_err();
        let Error::Decode { url, source } = error else {
            panic!("{error:?}")
        };
        assert_eq!(url.as_str(), "https://example.com/repo/names");
        let mut text = source.to_string();
        if let Some(source) = std::error::Error::source(&source) {
            text = format!("{text}: {source}");
        }
        // The wording of gzip's errors is not this crate's.
        let is_gzip = expected == "truncated" && matches!(source, DecodeError::Gzip(_));
        assert!(text.contains(expected) || is_gzip, "{text}");
    }
}

#[test]
fn a_tarball_must_be_the_one_of_the_registry() {
    let config = acme();
    let package =
        package_response(&config, answer(200, public("packages/alpha")), "alpha").unwrap();
    let other = || answer(200, public("tarballs/tiny-0.0.1.tar"));
    let mut release = package.releases[0].clone();
    let error = tarball_response(&config, other(), "alpha", &release).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Verify {
                source: VerifyError::Checksum { .. },
                ..
            }
        ),
        "{error:?}"
    );
    let page = typed("text/html", "<html>");
    let error = tarball_response(&config, page, "alpha", &release).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Decode {
                source: DecodeError::WebPage,
                ..
            }
        ),
        "{error:?}"
    );
    release.outer_checksum = None;
    let right = answer(200, public("tarballs/alpha-1.0.0.tar"));
    assert!(tarball_response(&config, right, "alpha", &release).is_ok());
    for wrong in [other(), answer(200, "no tarball")] {
        let error = tarball_response(&config, wrong, "alpha", &release).unwrap_err();
        assert!(matches!(
            error,
            Error::Verify {
                source: VerifyError::Checksum { .. },
                ..
            }
        ));
    }
}

#[test]
fn a_public_key_is_checked_by_its_fingerprint() {
    let fingerprint = String::from_utf8(golden("keys/rsa2048.fingerprint")).unwrap();
    let response = answer(200, golden("keys/rsa2048_pub_spki.pem"));
    let key = public_key_response(&acme(), response).unwrap();
    assert_eq!(check_fingerprint(&key, &fingerprint), Ok(()));
    let error = check_fingerprint(&key, "SHA256:x").unwrap_err();
    assert!(matches!(error, VerifyError::Fingerprint { .. }));
    let error = public_key_response(&acme(), typed("text/html", "<html>")).unwrap_err();
    assert!(matches!(
        error,
        Error::Decode {
            source: DecodeError::WebPage,
            ..
        }
    ));
    let error = public_key_response(&acme(), answer(200, "-----BEGIN")).unwrap_err();
    assert!(matches!(
        error,
        Error::Decode {
            source: DecodeError::PublicKey(_),
            ..
        }
    ));
}

#[test]
fn refusals_keep_their_text() {
    let response = answer(404, "no such\x1b[31m package\n");
    let error = unverified_tarball_response(&acme(), response, "a", "1.0.0").unwrap_err();
    assert!(error.is_not_found() && !error.is_unauthorized());
    let url = "https://example.com/repo/tarballs/a-1.0.0.tar";
    assert_eq!(
        error.to_string(),
        format!("the server answered `404 Not Found` to `{url}`: no such[31m package")
    );
    let error =
        unverified_tarball_response(&acme(), answer(401, vec![0xff]), "a", "1.0.0").unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(
        error.to_string(),
        format!("the server answered `401 Unauthorized` to `{url}`")
    );
    // Only 200 says that the body is the file.
    for status in [204, 206, 302, 304] {
        let error = names_response(&acme(), answer(status, public("names"))).unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status);
    }
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let config = acme();
    let mut response = answer(200, public("names"));
    response
        .headers_mut()
        .insert("etag", "\"abc\"".parse().unwrap());
    let read = |response| names_response(&config, response);
    let Fetched::New {
        value,
        etag: Some(etag),
    } = fetched(response, read).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (value.repository.as_str(), etag.as_str()),
        ("acme", "\"abc\"")
    );
    let request = if_none_match(names_request(&config).unwrap(), &etag);
    assert_eq!(request.headers()[IF_NONE_MATCH], "\"abc\"");
    assert_eq!(
        fetched(answer(304, ""), read).unwrap(),
        Fetched::NotModified
    );
    assert!(fetched(answer(404, ""), read).unwrap_err().is_not_found());
    assert!(Etag::new("a\nb").is_err());
}
