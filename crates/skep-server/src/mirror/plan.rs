//! What has to be done, and whether it may be.

use std::collections::HashMap;

use skep_formats::registry::{self, Names};

use super::*;
use crate::files::TreeEntry;

/// What is there, compared with what should be.
enum Found {
    Absent,
    Same,
    Other,
}

/// Compares what is there with what should be; `None`: nothing is there.
///
/// # Errors
/// The place belongs to another repository or key, or has other tarballs under the same names, and that
/// is not permitted; or it does not answer.
pub async fn plan(
    tree: Option<&Tree>,
    contents: &Contents,
    permissions: Permissions,
) -> Result<Plan, MirrorError> {
    let mut plan = Plan::default();
    let Some(tree) = tree else {
        plan.put.clone_from(&contents.files);
        plan.put.sort_by_key(|wanted| stage(&wanted.path));
        return Ok(plan);
    };
    if !permissions.may_replace {
        refuse_others(tree, contents).await?;
    }
    let mut there: HashMap<TreePath, TreeEntry> = tree
        .list()
        .map_ok(|entry| (entry.path.clone(), entry))
        .try_collect()
        .await?;
    let pairs = contents
        .files
        .iter()
        .map(|wanted| (wanted, there.remove(&wanted.path)))
        .collect();
    let different = compare_all(tree, pairs, &mut plan).await?;
    if !different.is_empty() && !permissions.may_replace && !permissions.may_replace_tarballs {
        return Err(MirrorError::TarballsDiffer {
            place: tree.place().to_owned(),
            paths: different,
        });
    }
    plan.put.sort_by_key(|wanted| stage(&wanted.path));
    let mut unwanted: Vec<TreePath> = there.into_keys().collect();
    // The index has gone first, then packages, and tarballs last.
    unwanted.sort_by_key(|path| (std::cmp::Reverse(stage(path)), path.path()));
    match permissions.may_delete {
        true => plan.delete = unwanted,
        false => plan.left = unwanted,
    }
    Ok(plan)
}

/// Plans what is written, and gives the tarballs that are there with other bytes.
async fn compare_all(
    tree: &Tree,
    pairs: Vec<(&Wanted, Option<TreeEntry>)>,
    plan: &mut Plan,
) -> Result<Vec<String>, MirrorError> {
    let mut compared = stream::iter(pairs)
        .map(|(wanted, entry)| async move { (wanted, compare(tree, wanted, entry).await) })
        .buffered(PARALLEL);
    let mut different = Vec::new();
    while let Some((wanted, found)) = compared.next().await {
        let found = found?;
        if matches!(
            (&found, &wanted.path),
            (Found::Other, TreePath::Tarball(..))
        ) {
            different.push(wanted.path.path());
        }
        match found {
            Found::Same => plan.unchanged += 1,
            Found::Absent | Found::Other => plan.put.push(wanted.clone()),
        }
    }
    Ok(different)
}

async fn compare(
    tree: &Tree,
    wanted: &Wanted,
    entry: Option<TreeEntry>,
) -> Result<Found, MirrorError> {
    let Some(entry) = entry else {
        return Ok(Found::Absent);
    };
    if entry.size_bytes != wanted.size_bytes {
        return Ok(Found::Other);
    }
    Ok(match tree.checksum(&wanted.path).await? {
        Some(checksum) if checksum == wanted.checksum => Found::Same,
        Some(_) => Found::Other,
        None => Found::Absent,
    })
}

/// A mistyped place must not cost a repository.
async fn refuse_others(tree: &Tree, contents: &Contents) -> Result<(), MirrorError> {
    let key = tree.get(&TreePath::PublicKey, MAX_KEY_BYTES).await?;
    let key = key.and_then(|file| PublicKey::from_pem(&file.bytes).ok());
    let Some(key) = key else {
        return Ok(());
    };
    let names = tree
        .get(&TreePath::Names, registry::MAX_RESOURCE_SIZE)
        .await?;
    let names = names.and_then(|file| {
        let payload = registry::verify(&file.bytes, &key, registry::MAX_RESOURCE_SIZE).ok()?;
        Names::decode(&payload).ok()
    });
    let place = || tree.place().to_owned();
    if let Some(names) = names.filter(|names| names.repository != contents.repository) {
        return Err(MirrorError::AnotherRepository {
            place: place(),
            found: names.repository,
            wanted: contents.repository.clone(),
        });
    }
    if key != contents.key {
        return Err(MirrorError::AnotherKey {
            place: place(),
            found: key.fingerprint(),
            wanted: contents.key.fingerprint(),
        });
    }
    Ok(())
}
