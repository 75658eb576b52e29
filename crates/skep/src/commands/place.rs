//! Folders and buckets that a command names.

use skep_server::config::{StorageArgument, StorageUrl};
use skep_server::files::{Found, Tree};

use crate::cli::registry::StoreOptions;
use crate::env_vars;
use crate::output::{hint, wrong_usage};

/// What was typed, with the credentials of the environment.
pub(super) fn url(place: &str, options: &StoreOptions) -> anyhow::Result<StorageUrl> {
    let argument = StorageArgument {
        place,
        endpoint: options.endpoint.as_deref(),
        region: options.region.as_deref(),
    };
    StorageUrl::from_argument(&argument, &env_vars::config_overrides())
        .map_err(|error| wrong_usage(error.to_string()))
}

/// A place that is read.
pub(super) async fn source(url: &StorageUrl) -> anyhow::Result<Tree> {
    let tree = Tree::open(url)?;
    ready(&tree, tree.check().await?)?;
    Ok(tree)
}

/// A place that is written; a folder is made. In a dry run nothing is, and a folder that is not there is
/// none.
pub(super) async fn destination(url: &StorageUrl, is_dry: bool) -> anyhow::Result<Option<Tree>> {
    if let StorageUrl::Folder(folder) = url
        && !folder.exists()
    {
        if is_dry {
            return Ok(None);
        }
        fs_err::create_dir_all(folder)?;
    }
    let tree = Tree::open(url)?;
    let found = match is_dry {
        true => tree.check().await?,
        false => tree.check_writing().await?,
    };
    ready(&tree, found)?;
    Ok(Some(tree))
}

fn ready(tree: &Tree, found: Found) -> anyhow::Result<()> {
    match found {
        Found::Ready => Ok(()),
        Found::Busy => {
            let error = anyhow::anyhow!("`{}` says that it cannot just now", tree.place());
            Err(hint(error, "try again in a while"))
        }
    }
}
