//! What each permission and each role allows: the whole table.

use super::*;

const SCOPES: [&str; 10] = [
    "api",
    "api:read",
    "api:write",
    "repositories",
    "repository:acme",
    "package:acme/alpha",
    "docs:acme",
    "licenses:read",
    "licenses:write",
    "usage:read",
];

/// Calls `check` with the name of every need and the need.
fn each_need(mut check: impl FnMut(&str, Need<'_>)) {
    let (acme, sub): (RepositoryName, RepositoryName) =
        ("acme".parse().unwrap(), "sub".parse().unwrap());
    let (alpha, beta): (PackageName, PackageName) =
        ("alpha".parse().unwrap(), "beta".parse().unwrap());
    check("api:r", Need::ApiRead);
    check("api:w", Need::ApiWrite);
    check("keys:r", Need::OwnKeys(Access::Read));
    check("keys:w", Need::OwnKeys(Access::Write));
    for (name, repository, package) in [
        ("acme/alpha", &acme, &alpha),
        ("acme/beta", &acme, &beta),
        ("sub/alpha", &sub, &alpha),
    ] {
        check(
            name,
            Need::Publish {
                repository,
                package,
            },
        );
        check(
            &format!("docs:{name}"),
            Need::PublishDocs {
                repository,
                package,
            },
        );
    }
    check("some:acme", Need::PublishSome(&acme));
    check("some:sub", Need::PublishSome(&sub));
    check("repo:acme", Need::ReadRepository(&acme));
    check("repo:sub", Need::ReadRepository(&sub));
    check("licenses:r", Need::Licenses(Access::Read));
    check("licenses:w", Need::Licenses(Access::Write));
    check("usage", Need::UsageRead);
    check("users", Need::ManageUsers);
}

fn allowed(allows: impl Fn(&Need<'_>) -> bool) -> String {
    let mut names = Vec::new();
    each_need(|name, need| {
        if allows(&need) {
            names.push(name.to_owned());
        }
    });
    names.join(" ")
}

#[test]
fn each_permission_allows_what_it_says_and_no_more() {
    const PUBLISH: &str = "acme/alpha docs:acme/alpha acme/beta docs:acme/beta sub/alpha docs:sub/alpha some:acme some:sub";
    let all_of_api = format!("api:r api:w keys:r keys:w {PUBLISH}");
    let expected: [&str; 10] = [
        &all_of_api,
        "api:r keys:r",
        &all_of_api,
        "repo:acme repo:sub",
        "repo:acme",
        "api:r acme/alpha docs:acme/alpha some:acme",
        "api:r docs:acme/alpha docs:acme/beta",
        "licenses:r",
        "licenses:r licenses:w",
        "usage",
    ];
    for (scope, expected) in SCOPES.iter().zip(expected) {
        let permissions = Permissions::new([scope.parse().unwrap()]);
        assert_eq!(
            allowed(|need| permissions.allows(need)),
            expected,
            "{scope}"
        );
    }
    let none = Permissions::new([]);
    assert_eq!(allowed(|need| none.allows(need)), "");
    let everything = Permissions::everything();
    assert_eq!(
        allowed(|need| everything.allows(need)),
        allowed(|need| Role::Owner.may(need))
    );
}

#[test]
fn each_role_may_what_it_is_here_for() {
    const PUBLISH: &str = "acme/alpha docs:acme/alpha acme/beta docs:acme/beta sub/alpha docs:sub/alpha some:acme some:sub";
    assert_eq!(
        allowed(|need| Role::Publisher.may(need)),
        format!("api:r api:w keys:r keys:w {PUBLISH} repo:acme repo:sub")
    );
    assert_eq!(
        allowed(|need| Role::Viewer.may(need)),
        "api:r keys:r keys:w repo:acme repo:sub licenses:r usage"
    );
}

#[test]
fn a_permission_survives_its_text_and_its_parts() {
    for scope in SCOPES {
        let permission: Permission = scope.parse().unwrap();
        assert_eq!(permission.to_string(), scope);
        let parts = Permission::from_parts(permission.domain(), permission.resource().as_deref());
        assert_eq!(parts, Ok(permission));
    }
    let twice = Permissions::new(["api", "api"].map(|scope| scope.parse().unwrap()));
    assert_eq!(serde_json::to_string(&twice).unwrap(), r#"["api"]"#);
}

#[test]
fn what_is_no_permission_is_refused_with_what_there_is() {
    for text in [
        "",
        "API",
        "api:",
        "api:admin",
        "repository",
        "repository:",
        "repositories:acme",
        "package:alpha",
        "package:acme/Alpha",
        "package:acme/alpha/x",
        "docs",
        "licenses",
        "usage",
        "usage:write",
        "api read",
    ] {
        let error = text.parse::<Permission>().unwrap_err().to_string();
        assert!(error.contains("`repository:NAME`"), "{error}");
    }
}
