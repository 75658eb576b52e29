//! Permissions in words.

use crate::accounts::permission::{Access, Permission, Permissions};

/// What a permission lets somebody do, after "may" or "will be able to".
pub(super) fn words(permission: &Permission) -> String {
    match permission {
        Permission::Api(None | Some(Access::Write)) => {
            "publish, replace, retire and revert packages, and read what the API tells".to_owned()
        }
        Permission::Api(Some(Access::Read)) => {
            "read what the API tells about packages and this account".to_owned()
        }
        Permission::Repositories => "download every package of every repository here".to_owned(),
        Permission::Repository(name) => {
            format!("download every package of the repository {name}")
        }
        Permission::Package {
            repository,
            package,
        } => format!("publish releases of {package} in the repository {repository}"),
        Permission::Docs(name) => format!("publish documentation in the repository {name}"),
        Permission::Licenses(Access::Read) => "see customers, licenses and products".to_owned(),
        Permission::Licenses(Access::Write) => {
            "issue, change, suspend and revoke licenses, and make license keys".to_owned()
        }
        Permission::Usage => "see who downloaded what".to_owned(),
    }
}

/// All of them, in one line.
pub(super) fn line(permissions: &Permissions) -> String {
    let words: Vec<String> = permissions.iter().map(words).collect();
    format!("May {}", words.join("; "))
}
