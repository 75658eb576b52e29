use super::*;

#[test]
fn a_slash_at_the_end_makes_no_difference() {
    for text in [
        "https://example.com/repo",
        "https://example.com/repo/",
        "https://example.com/repo//",
    ] {
        let url = BaseUrl::parse(text).unwrap();
        assert_eq!(url.as_str(), "https://example.com/repo");
        let joined = url.join(&["packages", "alpha"]).unwrap();
        assert_eq!(joined, "https://example.com/repo/packages/alpha");
    }
    let root = BaseUrl::parse("http://localhost:4000").unwrap();
    assert_eq!(root.as_str(), "http://localhost:4000");
    assert_eq!(
        root.join(&["names"]).unwrap(),
        "http://localhost:4000/names"
    );
}

#[test]
fn only_plain_web_urls_are_servers() {
    for text in [
        "",
        "example.com",
        "/repo",
        "file:///x",
        "ftp://example.com",
        "mailto:a@b.c",
        "http://",
        "http:///x",
        "https://user:hidden@example.com",
        "https://hidden@example.com/x",
        "https://example.com/?key=hidden",
        "https://example.com/#hidden",
        "https://example.com/a/../b",
        "https://example.com/%2e%2E/b",
        "https://exa mple.com",
        "https://example.com\\@evil.example",
    ] {
        let error = BaseUrl::parse(text).expect_err(text);
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
    }
}

#[test]
fn names_cannot_leave_their_segment() {
    let url = BaseUrl::parse("http://example.com/repo").unwrap();
    let joined = url.join(&["packages", "../x?y#z é\r\n"]).unwrap();
    assert_eq!(
        joined,
        "http://example.com/repo/packages/..%2Fx%3Fy%23z%20%C3%A9%0D%0A"
    );
    for name in ["", ".", ".."] {
        assert!(matches!(
            url.join(&["packages", name]),
            Err(BuildError::Segment { .. })
        ));
    }
    let encoded = url.join(&["%2e%2e%2f"]).unwrap();
    assert_eq!(encoded.path(), "/repo/%252e%252e%252f");
    assert!(matches!(
        url.join(&["%2E."]),
        Err(BuildError::Segment { .. })
    ));
    assert!(matches!(
        url.join(&[&"x".repeat(70_000)]),
        Err(BuildError::TooLong)
    ));
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    let origin = |text| BaseUrl::parse(text).unwrap().origin();
    assert_eq!(origin("https://Hex.pm/api"), "https://hex.pm:443");
    assert_eq!(origin("https://hex.pm:443"), origin("https://hex.pm/repo"));
    assert_ne!(origin("http://hex.pm"), origin("https://hex.pm"));
    assert_ne!(origin("https://hex.pm:444"), origin("https://hex.pm"));
    assert_eq!(origin("http://[::1]:80"), "http://[::1]:80");
}
