use std::path::Path;

use skep_formats::registry::{self, Names};

use super::{Check, sentence};
use crate::app::{
    Signer, read_fingerprint, read_signing_key, remembered_fingerprint, unnamed_repositories,
};
use crate::config::{Config, Repository};
use crate::db::{Db, DbError};

const NAME: &str = "signing key";

/// Each repository's key: readable by its owner alone, and what it signs verifies.
pub(super) fn files(config: &Config) -> Vec<Check> {
    config.repositories.iter().flat_map(file).collect()
}

fn file(repository: &Repository) -> Vec<Check> {
    let (name, path) = (&repository.name, repository.key_file());
    if repository.prebuilt().is_some() {
        // Its key is public, and `prebuilt` looks at what it has signed.
        return Vec::new();
    }
    let signer = match read_signing_key(path) {
        Ok(signer) => signer,
        Err(error) => {
            return vec![Check::fail(
                NAME,
                format!("repository `{name}`: {}", sentence(&error)),
                RESTORE,
            )];
        }
    };
    let mut checks = vec![signs(repository, &signer)];
    checks.extend(others_may_read(NAME, path));
    checks
}

const RESTORE: &str = "restore the key from where you keep a copy, or correct `private_key_file`";

fn signs(repository: &Repository, signer: &Signer) -> Check {
    let name = &repository.name;
    let names = Names {
        repository: name.to_string(),
        packages: Vec::new(),
    };
    let signed = registry::sign(&names.encode(), &signer.private_key);
    match Names::open(&signed, &signer.public_key, name.as_str()) {
        Ok(_) => Check::ok(
            NAME,
            format!(
                "repository `{name}` is signed with {}, and its signatures verify",
                signer.fingerprint
            ),
        ),
        Err(error) => Check::fail(
            NAME,
            format!(
                "what the key of repository `{name}` signs does not verify: {}",
                sentence(&error)
            ),
            RESTORE,
        ),
    }
}

#[cfg(unix)]
pub(super) fn others_may_read(name: &'static str, path: &Path) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs_err::metadata(path).ok()?.permissions().mode();
    let advice = format!("run `chmod 600 {}`", path.display());
    (mode & 0o077 != 0).then(|| {
        Check::warn(
            name,
            format!("others on this machine may read `{}`", path.display()),
            advice,
        )
    })
}

#[cfg(not(unix))]
pub(super) fn others_may_read(_: &'static str, _: &Path) -> Option<Check> {
    None
}

/// Whether each key is the one that customers know, and each repository is still named.
pub(super) async fn remembered(config: &Config, db: &Db) -> Vec<Check> {
    let mut checks = unnamed(config, db).await;
    for repository in &config.repositories {
        // What is wrong with the file is said elsewhere.
        let Ok(found) = read_fingerprint(repository) else {
            continue;
        };
        match remembered_fingerprint(db, &repository.name).await {
            Ok(Some(known)) if known != found => checks.push(Check::fail(
                NAME,
                format!(
                    "repository `{}` was signed with {known} until now, its key is {found}",
                    repository.name
                ),
                "put the old key back: customers' tools trust only that",
            )),
            Ok(_) => {}
            Err(error) => checks.push(no_answer(&error)),
        }
    }
    checks
}

async fn unnamed(config: &Config, db: &Db) -> Vec<Check> {
    let names = match unnamed_repositories(config, db).await {
        Ok(names) => names,
        Err(error) => return vec![no_answer(&error)],
    };
    let check = |name: String| {
        Check::fail(
            "repository",
            format!("the database has repository `{name}`, and the configuration does not name it"),
            format!(
                "put a [[repository]] with the name `{name}` back: customers' tools know it by that"
            ),
        )
    };
    names.into_iter().map(check).collect()
}

fn no_answer(error: &DbError) -> Check {
    Check::fail("database", error.to_string(), "see the database's own log")
}
