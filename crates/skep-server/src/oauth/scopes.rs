//! What a token may be used for: a list of permissions, as a text with spaces between them.

use skep_formats::name::RepositoryName;

use crate::accounts::permission::{Permission, PermissionError, Permissions};

/// A client may ask for so many.
const MOST: usize = 50;

/// Why a scope is not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// One of its words means nothing here.
    #[error(transparent)]
    Unknown(#[from] PermissionError),
    /// None was asked for.
    #[error("no scope was asked for: `api`, `repositories` or both are usual")]
    Empty,
    /// More words than permissions make sense.
    #[error("more than 50 scopes were asked for")]
    TooMany,
    /// The key may not do that itself.
    #[error("this key does not have the permission `{0}`")]
    BeyondKey(String),
    /// A license opens repositories and nothing else.
    #[error("a license key is exchanged for `repositories` or `repository:NAME`, not for `{0}`")]
    BeyondLicense(String),
}

/// The permissions of a text. An empty one has none.
///
/// # Errors
/// A word is no permission.
pub fn parse(text: &str) -> Result<Permissions, PermissionError> {
    let words = text.split_ascii_whitespace();
    Ok(Permissions::new(
        words
            .map(str::parse)
            .collect::<Result<Vec<Permission>, _>>()?,
    ))
}

/// What a login may be asked to allow.
///
/// # Errors
/// Nothing, too much, or what is not there.
pub fn requested(text: &str) -> Result<Permissions, ScopeError> {
    match text.split_ascii_whitespace().count() {
        0 => Err(ScopeError::Empty),
        count if count > MOST => Err(ScopeError::TooMany),
        _ => Ok(parse(text)?),
    }
}

/// What an API key with these permissions is exchanged for: what is asked for, as far as the key goes,
/// and all of the key's when nothing is asked for. `repositories` gives the repositories that the key
/// has.
///
/// # Errors
/// The key does not go that far.
pub fn of_api_key(text: &str, key: &Permissions) -> Result<Permissions, ScopeError> {
    if text.trim().is_empty() {
        return Ok(Permissions::new(key.iter().cloned()));
    }
    let mut granted = Vec::new();
    for wanted in requested(text)?.iter() {
        if includes(key, wanted) {
            granted.push(wanted.clone());
            continue;
        }
        let repositories = key
            .iter()
            .filter(|had| matches!(had, Permission::Repository(_)));
        let before = granted.len();
        if *wanted == Permission::Repositories {
            granted.extend(repositories.cloned());
        }
        if granted.len() == before {
            return Err(ScopeError::BeyondKey(wanted.to_string()));
        }
    }
    Ok(Permissions::new(granted))
}

/// What a license for packages of these repositories is exchanged for.
///
/// # Errors
/// More was asked for than a license has.
pub fn of_license(text: &str, repositories: &[&RepositoryName]) -> Result<Permissions, ScopeError> {
    let all = repositories
        .iter()
        .map(|name| Permission::Repository((*name).clone()));
    let mut granted = Vec::new();
    if text.trim().is_empty() {
        granted.extend(all);
        return Ok(Permissions::new(granted));
    }
    for wanted in requested(text)?.iter() {
        match wanted {
            Permission::Repositories => granted.extend(all.clone()),
            Permission::Repository(name) if repositories.contains(&name) => {
                granted.push(wanted.clone());
            }
            other => return Err(ScopeError::BeyondLicense(other.to_string())),
        }
    }
    Ok(Permissions::new(granted))
}

/// Whether everything in `wanted` is in `had`.
#[must_use]
pub fn is_within(wanted: &Permissions, had: &Permissions) -> bool {
    wanted.iter().all(|permission| includes(had, permission))
}

fn includes(had: &Permissions, wanted: &Permission) -> bool {
    had.iter().any(|had| implies(had, wanted))
}

/// Whether whoever has one permission has the other.
fn implies(had: &Permission, wanted: &Permission) -> bool {
    use crate::accounts::permission::Access;
    match (had, wanted) {
        (Permission::Api(had), Permission::Api(wanted)) => {
            let access = |access: &Option<Access>| access.unwrap_or(Access::Write);
            access(had).includes(access(wanted))
        }
        (Permission::Api(had), Permission::Package { .. } | Permission::Docs(_)) => {
            had.unwrap_or(Access::Write).includes(Access::Write)
        }
        (Permission::Repositories, Permission::Repository(_)) => true,
        (Permission::Licenses(had), Permission::Licenses(wanted)) => had.includes(*wanted),
        (had, wanted) => had == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(text: &str) -> Permissions {
        parse(text).unwrap()
    }

    #[test]
    fn a_key_is_exchanged_for_what_it_has() {
        let check = |key: &str, asked: &str, granted: Option<&str>| {
            let found = of_api_key(asked, &permissions(key)).ok();
            let found = found.map(|found| found.scope());
            assert_eq!(found.as_deref(), granted, "`{key}` for `{asked}`");
        };
        check("api", "api", Some("api"));
        check("api", "api:read", Some("api:read"));
        check("api:write", "api", Some("api"));
        check("api:read", "api", None);
        check("api", "repositories", None);
        check("api repositories", "repositories", Some("repositories"));
        check("api repositories", "", Some("api repositories"));
        check("repositories", "repository:acme", Some("repository:acme"));
        check("repository:acme", "repositories", Some("repository:acme"));
        check("repository:acme", "repository:sub", None);
        check("api", "package:acme/alpha", Some("package:acme/alpha"));
        check("api:read", "package:acme/alpha", None);
        check("package:acme/alpha", "api", None);
        check("licenses:write", "licenses:read", Some("licenses:read"));
        check("api", "licenses:read", None);
        check("api", "rubbish", None);
    }

    #[test]
    fn a_license_is_exchanged_for_its_repositories() {
        let (acme, sub) = ("acme".parse().unwrap(), "sub".parse().unwrap());
        let check = |asked: &str, granted: Option<&str>| {
            let found = of_license(asked, &[&acme, &sub]).ok();
            let found = found.map(|found| found.scope());
            assert_eq!(found.as_deref(), granted, "`{asked}`");
        };
        check("repositories", Some("repository:acme repository:sub"));
        check("", Some("repository:acme repository:sub"));
        check("repository:sub", Some("repository:sub"));
        check("repository:other", None);
        check("api", None);
        check("api repositories", None);
    }

    #[test]
    fn a_login_asks_for_something_that_is_there() {
        assert_eq!(
            requested("api repositories").unwrap().scope(),
            "api repositories"
        );
        assert_eq!(requested(" "), Err(ScopeError::Empty));
        assert!(matches!(
            requested("api admin"),
            Err(ScopeError::Unknown(_))
        ));
        assert_eq!(requested(&"api ".repeat(51)), Err(ScopeError::TooMany));
    }
}
