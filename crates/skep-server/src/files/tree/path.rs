use std::hash::{Hash, Hasher};

use skep_formats::name::PackageName;
use skep_formats::version::Version;

/// A file of a repository of plain files, as clients ask for it. Two are equal when their paths are:
/// versions that differ in their build metadata only are equal, and their tarballs are not.
#[derive(Clone, Debug)]
pub enum TreePath {
    /// `names`
    Names,
    /// `versions`
    Versions,
    /// `public_key`
    PublicKey,
    /// `packages/NAME`
    Package(PackageName),
    /// `tarballs/NAME-VERSION.tar`
    Tarball(PackageName, Version),
    /// `docs/NAME-VERSION.tar.gz`
    Docs(PackageName, Version),
}

impl TreePath {
    /// Where it is, below the repository's root: `tarballs/acme_pro-1.0.0.tar`.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Names => "names".to_owned(),
            Self::Versions => "versions".to_owned(),
            Self::PublicKey => "public_key".to_owned(),
            Self::Package(package) => format!("packages/{package}"),
            Self::Tarball(package, version) => format!("tarballs/{package}-{version}.tar"),
            Self::Docs(package, version) => format!("docs/{package}-{version}.tar.gz"),
        }
    }

    /// The file whose path this is; `None` for anything else that may lie beside a repository.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let found = match path.split_once('/') {
            None => match path {
                "names" => Self::Names,
                "versions" => Self::Versions,
                "public_key" => Self::PublicKey,
                _ => return None,
            },
            Some(("packages", name)) => Self::Package(name.parse().ok()?),
            Some((folder, name)) => {
                // A package name has no hyphen, so the first one ends it.
                let (package, version) = name.split_once('-')?;
                let package = package.parse().ok()?;
                match folder {
                    "tarballs" => Self::Tarball(package, release(version, ".tar")?),
                    "docs" => Self::Docs(package, release(version, ".tar.gz")?),
                    _ => return None,
                }
            }
        };
        // `1.00.0` would be a second path to the same file.
        (found.path() == path).then_some(found)
    }

    /// Whether it is signed, and says which others there are.
    #[must_use]
    pub const fn is_index(&self) -> bool {
        matches!(self, Self::Names | Self::Versions | Self::Package(_))
    }

    /// The media type it is served with. The index is a gzip file and stays one: a content encoding would
    /// have it unpacked on its way, and mix cannot read it then.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Names | Self::Versions | Self::Package(_) | Self::Tarball(..) => {
                "application/octet-stream"
            }
            Self::Docs(..) => "application/gzip",
            Self::PublicKey => "application/x-pem-file",
        }
    }

    /// What caches are told. The index and the key change under their names; a release hardly ever does.
    #[must_use]
    pub const fn cache_control(&self) -> &'static str {
        match self {
            Self::Names | Self::Versions | Self::Package(_) | Self::PublicKey => {
                "public, max-age=60, must-revalidate"
            }
            Self::Tarball(..) | Self::Docs(..) => "public, max-age=604800",
        }
    }
}

impl PartialEq for TreePath {
    fn eq(&self, other: &Self) -> bool {
        self.path() == other.path()
    }
}

impl Eq for TreePath {}

impl Hash for TreePath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.path().hash(state);
    }
}

impl std::fmt::Display for TreePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.path())
    }
}

fn release(text: &str, end: &str) -> Option<Version> {
    text.strip_suffix(end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_file_and_back() {
        for path in [
            "names",
            "versions",
            "public_key",
            "packages/acme_pro",
            "tarballs/acme_pro-1.0.0.tar",
            "tarballs/acme_pro-1.0.0-rc.1+5.tar",
            "docs/acme_pro-1.0.0.tar.gz",
        ] {
            let found = TreePath::from_path(path).unwrap();
            assert_eq!(found.path(), path);
            let stored = object_store::path::Path::from(found.path());
            assert_eq!(stored.as_ref(), path, "the store calls it the same");
        }
    }

    #[test]
    fn build_metadata_makes_another_file() {
        let tarball = |version| TreePath::from_path(&format!("tarballs/acme_pro-{version}.tar"));
        assert_ne!(tarball("1.0.0+1"), tarball("1.0.0+2"));
        assert_eq!(tarball("1.0.0+1"), tarball("1.0.0+1"));
    }

    #[test]
    fn other_paths_are_no_file_of_a_repository() {
        for path in [
            "",
            "/names",
            "names/",
            "index.html",
            ".skep/manifest",
            "packages",
            "packages/",
            "packages/.acme_pro.new",
            "packages/a/b",
            "packages/../names",
            "tarballs/acme_pro-1.0.tar",
            "tarballs/acme_pro-1.0.0.tar.gz",
            "tarballs/acme_pro-1.0.0.tar#1",
            "docs/acme_pro-1.0.0.tar",
            "docs/acme_pro-1.0.0",
        ] {
            assert_eq!(TreePath::from_path(path), None, "{path}");
        }
    }
}
