//! Where releases come from: a registry of plain files, or a server. Everything is verified with one key.

mod server;
mod tree;

use anyhow::Context as _;
use bytes::Bytes;
use skep_formats::key::PublicKey;
use skep_formats::name::PackageName;
use skep_formats::registry::{self, Names, Package, Versions};
use skep_formats::version::Version;
use skep_server::clock::Timestamp;

use crate::cli::moving::Import;
use crate::commands::place;
use crate::commands::registry::{read_key, web_url};
use crate::output::hint;
use server::ServerSource;
use tree::TreeSource;

/// A source whose index has been read and verified.
pub(super) struct Source {
    /// For people.
    pub(super) place: String,
    /// The name of the repository there.
    pub(super) repository: String,
    /// The key that signs it.
    pub(super) key: PublicKey,
    versions: Versions,
    files: Files,
}

enum Files {
    Tree(TreeSource),
    Server(Box<ServerSource>),
}

/// A tarball that was fetched. Nothing of it is verified yet.
pub(super) struct Fetched {
    pub(super) bytes: Bytes,
    pub(super) modified_at: Option<Timestamp>,
}

impl Source {
    /// Opens the source that was typed.
    ///
    /// # Errors
    /// It is none, or is not signed with the key that it should be.
    pub(super) async fn open(arguments: &Import) -> anyhow::Result<Self> {
        let given = arguments.public_key.as_deref().map(read_key).transpose()?;
        let fingerprint = arguments.fetch_public_key.as_deref();
        let (place, files, key) = match web_url(&arguments.source) {
            Some(url) => {
                let server = ServerSource::open(&url, arguments)?;
                let key = server.key(given, fingerprint).await?;
                (url.to_string(), Files::Server(Box::new(server)), key)
            }
            None => {
                let url = place::url(&arguments.source, &arguments.store)?;
                let tree = TreeSource::open(place::source(&url).await?).await?;
                let key = tree.key(given, fingerprint).await?;
                (tree.place().to_owned(), Files::Tree(tree), key)
            }
        };
        let names = files.index("names").await?;
        let names = registry::verify(&names, &key, registry::MAX_RESOURCE_SIZE);
        let names = names.map_err(|error| unsigned(error, &key))?;
        let repository = Names::decode(&names)
            .context("`names` cannot be used")?
            .repository;
        let versions = files.index("versions").await?;
        let versions = Versions::open(&versions, &key, &repository);
        Ok(Self {
            versions: versions.context("`versions` cannot be used")?,
            place,
            repository,
            key,
            files,
        })
    }

    /// The names of all packages.
    pub(super) fn packages(&self) -> impl Iterator<Item = &str> {
        self.versions
            .packages
            .iter()
            .map(|entry| entry.name.as_str())
    }

    /// A package with its releases, verified.
    pub(super) async fn package(&self, name: &str) -> anyhow::Result<Package> {
        // Before it becomes part of a path.
        let name = PackageName::parse(name)?;
        let file = self.files.index(&format!("packages/{name}")).await?;
        Ok(Package::open(
            &file,
            &self.key,
            &self.repository,
            name.as_str(),
        )?)
    }

    /// Whether there is documentation of a release, where that is known without asking.
    pub(super) fn has_docs(&self, package: &PackageName, version: &Version) -> Option<bool> {
        match &self.files {
            Files::Tree(tree) => Some(tree.has_docs(package, version)),
            Files::Server(_) => None,
        }
    }

    /// The tarball of a release, of up to `most` bytes, not verified.
    pub(super) async fn tarball(
        &self,
        package: &PackageName,
        version: &Version,
        most: u64,
    ) -> anyhow::Result<Fetched> {
        match &self.files {
            Files::Tree(tree) => tree.tarball(package, version, most).await,
            Files::Server(server) => server.tarball(package, version, most).await,
        }
    }

    /// The documentation of a release, if there is any.
    pub(super) async fn docs(
        &self,
        package: &PackageName,
        version: &Version,
        most: u64,
    ) -> anyhow::Result<Option<Bytes>> {
        match &self.files {
            Files::Tree(tree) => tree.docs(package, version, most).await,
            Files::Server(server) => server.docs(package, version, most).await,
        }
    }
}

impl Files {
    /// `names`, `versions` or `packages/NAME`, not verified.
    async fn index(&self, path: &str) -> anyhow::Result<Bytes> {
        match self {
            Self::Tree(tree) => tree.index(path).await,
            Self::Server(server) => server.index(path).await,
        }
    }
}

fn unsigned(error: registry::VerifyError, key: &PublicKey) -> anyhow::Error {
    let error = anyhow::Error::new(error).context(format!(
        "the source is not signed with the key `{}`",
        key.fingerprint()
    ));
    hint(error, "say the right one with --public-key FILE")
}

/// The key has the fingerprint that was typed.
fn check_fingerprint(key: &PublicKey, fingerprint: Option<&str>) -> anyhow::Result<()> {
    let found = key.fingerprint();
    match fingerprint {
        Some(wanted) if wanted.trim() != found => {
            anyhow::bail!(
                "the source's public key is `{found}`, not `{}`",
                wanted.trim()
            )
        }
        _ => Ok(()),
    }
}
