use skep_formats::checksum::Sha256;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;

/// Names an object of the store. It holds the checksum of the object, so another release, or the same
/// one replaced, is another object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FileKey {
    /// A package tarball.
    Tarball {
        /// The repository it belongs to.
        repository: RepositoryName,
        /// The package it belongs to.
        package: PackageName,
        /// The release it belongs to.
        version: Version,
        /// SHA-256 of its bytes.
        checksum: Sha256,
    },
    /// The documentation of a release.
    Docs {
        /// The repository it belongs to.
        repository: RepositoryName,
        /// The package it belongs to.
        package: PackageName,
        /// The release it belongs to.
        version: Version,
        /// SHA-256 of its bytes.
        checksum: Sha256,
    },
}

impl FileKey {
    /// Where it is, below the root of the store and of whatever serves it:
    /// `repos/acme/tarballs/alpha-1.0.0/SHA256.tar`.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Tarball {
                repository,
                package,
                version,
                checksum,
            } => {
                format!("repos/{repository}/tarballs/{package}-{version}/{checksum}.tar")
            }
            Self::Docs {
                repository,
                package,
                version,
                checksum,
            } => {
                format!("repos/{repository}/docs/{package}-{version}/{checksum}.tar.gz")
            }
        }
    }

    /// The key whose path this is.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix("repos/")?.split('/');
        let (repository, folder) = (parts.next()?.parse().ok()?, parts.next()?);
        // A package name has no hyphen, so the first one ends it.
        let (package, version) = parts.next()?.split_once('-')?;
        let (package, version) = (package.parse().ok()?, version.parse().ok()?);
        let (checksum, end) = parts.next()?.split_once('.')?;
        let checksum = checksum.parse().ok()?;
        let key = match (folder, end) {
            ("tarballs", "tar") => Self::Tarball {
                repository,
                package,
                version,
                checksum,
            },
            ("docs", "tar.gz") => Self::Docs {
                repository,
                package,
                version,
                checksum,
            },
            _ => return None,
        };
        // Upper-case digits or further parts would be a second path to the same object.
        (key.path() == path).then_some(key)
    }

    /// SHA-256 of the object's bytes.
    #[must_use]
    pub const fn checksum(&self) -> Sha256 {
        match self {
            Self::Tarball { checksum, .. } | Self::Docs { checksum, .. } => *checksum,
        }
    }

    /// The repository it belongs to.
    #[must_use]
    pub const fn repository(&self) -> &RepositoryName {
        match self {
            Self::Tarball { repository, .. } | Self::Docs { repository, .. } => repository,
        }
    }

    /// The media type it is served with. Docs are a gzip file too: never a content encoding.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Tarball { .. } => "application/octet-stream",
            Self::Docs { .. } => "application/gzip",
        }
    }

    /// What caches are told about the object itself, at its own address: it never changes.
    #[must_use]
    pub const fn cache_control(&self) -> &'static str {
        "public, max-age=31536000, immutable"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_key_and_back() {
        let checksum = Sha256::of(b"x");
        for path in [
            format!("repos/acme/tarballs/alpha-1.0.0/{checksum}.tar"),
            format!("repos/acme.sub/docs/alpha_beta-1.0.0-rc.1/{checksum}.tar.gz"),
        ] {
            let key = FileKey::from_path(&path).unwrap();
            assert_eq!(key.path(), path);
            assert_eq!(
                object_store::path::Path::from(key.path()).as_ref(),
                path,
                "the store calls it the same"
            );
            assert_eq!(key.checksum(), checksum);
        }
    }

    #[test]
    fn other_paths_are_no_key() {
        let sum = Sha256::of(b"x").to_string();
        for path in [
            String::new(),
            "repos/acme/tarballs/alpha-1.0.0".to_owned(),
            format!("/repos/acme/tarballs/alpha-1.0.0/{sum}.tar"),
            format!("repos/acme/tarballs/alpha-1.0.0/{}.tar", sum.to_uppercase()),
            format!("repos/acme/tarballs/alpha-1.0.0/{sum}.tar.gz"),
            format!("repos/acme/tarballs/alpha-1.0.0/{sum}.tar/x"),
            format!("repos/acme/tarballs/alpha-1.0/{sum}.tar"),
            format!("repos/../tarballs/alpha-1.0.0/{sum}.tar"),
            format!("repos/acme/names/alpha-1.0.0/{sum}.tar"),
            "repos/acme/tarballs/alpha-1.0.0/abc.tar".to_owned(),
        ] {
            assert_eq!(FileKey::from_path(&path), None, "{path}");
        }
    }
}
