use http::StatusCode;

use super::*;

fn repository(url: &str) -> Repository {
    Repository::new(&url.parse().unwrap()).unwrap()
}

fn answer(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

fn golden(path: &str) -> Vec<u8> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden/");
    fs_err::read(format!("{golden}{path}")).unwrap()
}

fn key() -> PublicKey {
    let pem = golden("static_registry/public/public_key");
    public_key_response(answer(StatusCode::OK, pem)).unwrap()
}

#[test]
fn requests_have_the_key_as_it_is_and_one_slash() {
    let repository =
        repository("https://example.com/repo/").with_auth_key(AuthKey::new("abc").unwrap());
    let request = package_request(&repository, "alpha");
    assert_eq!(request.uri(), "https://example.com/repo/packages/alpha");
    assert_eq!(request.headers()[AUTHORIZATION], "abc");
    assert!(!format!("{request:?} {repository:?}").contains("abc"));
    let request = tarball_request(&repository, "reb", "2.3.4-beta.1+b5");
    assert_eq!(
        request.uri().path(),
        "/repo/tarballs/reb-2.3.4-beta.1+b5.tar"
    );
    assert_eq!(names_request(&repository).uri().path(), "/repo/names");
    assert_eq!(versions_request(&repository).uri().path(), "/repo/versions");
    assert_eq!(
        public_key_request(&repository).uri().path(),
        "/repo/public_key"
    );
}

#[test]
fn names_cannot_leave_their_segment() {
    let request = package_request(&repository("http://example.com"), "../x?y#z é");
    assert_eq!(
        request.uri(),
        "http://example.com/packages/..%2Fx%3Fy%23z%20%C3%A9"
    );
    assert!(request.headers().is_empty());
}

#[test]
fn only_plain_web_urls_are_repositories() {
    for url in [
        "file:///x",
        "mailto:a@b.c",
        "http://u:secret@h/",
        "http://h/?q=secret",
    ] {
        let error = Repository::new(&url.parse().unwrap()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn signed_files_are_opened() {
    let file = |path: &str| {
        answer(
            StatusCode::OK,
            golden(&format!("static_registry/public/{path}")),
        )
    };
    let names = names_response(file("names"), &key(), "acme").unwrap();
    let versions = versions_response(file("versions"), &key(), "acme").unwrap();
    assert_eq!(names.packages.len(), versions.packages.len());
    let package = package_response(file("packages/alpha"), &key(), "acme", "alpha").unwrap();
    assert_eq!(package.releases[0].version, "1.0.0");
    let error = package_response(file("packages/alpha"), &key(), "acme", "beta").unwrap_err();
    assert_eq!(error.to_string(), "`packages/beta` is not right");
    assert_eq!(error.status(), None);
}

#[test]
fn refusals_keep_their_text() {
    let response = answer(StatusCode::NOT_FOUND, "no such\x1b[31m package\n");
    let error = tarball_response(response, "a", "1.0.0").unwrap_err();
    assert!(error.is_not_found());
    assert!(!error.is_unauthorized());
    assert_eq!(
        error.to_string(),
        "the server answered `404 Not Found` to `tarballs/a-1.0.0.tar`: no such[31m package"
    );
    let error = tarball_response(answer(StatusCode::UNAUTHORIZED, vec![0xff]), "a", "1.0.0");
    let error = error.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(
        error.to_string(),
        "the server answered `401 Unauthorized` to `tarballs/a-1.0.0.tar`"
    );
}
