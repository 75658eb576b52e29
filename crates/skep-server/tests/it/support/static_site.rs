//! A seller's static registry, built and signed as `mix hex.registry build` does, in a folder or a
//! bucket, and servers in front of it.

use bytes::Bytes;
use skep_formats::checksum::Sha256;
use skep_formats::key::PrivateKey;
use skep_formats::registry::{
    self, Names, NamesEntry, Package, Release, Retirement, RetirementReason, Texts, Versions,
    VersionsEntry,
};
use skep_formats::tarball::{Limits, read_release};
use skep_server::config::{StorageArgument, StorageUrl};
use skep_server::files::{Tree, TreePath};
use tempfile::TempDir;

use super::strict_s3::StrictS3;
use super::{TestApp, seaweedfs, tarball};

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden/keys");

/// One release of a site.
#[derive(Clone)]
struct Built {
    package: String,
    version: String,
    tarball: Vec<u8>,
    is_retired: bool,
}

/// The static registry of a repository `acme`.
pub(crate) struct Site {
    pub(crate) tree: Tree,
    /// Where it is, and with which credentials, as settings of the repository at `/repo`.
    settings: Vec<(String, String)>,
    /// What the files say they are of.
    pub(crate) repository: String,
    pub(crate) key: PrivateKey,
    releases: Vec<Built>,
    folder: TempDir,
    s3: Option<StrictS3>,
}

/// A golden key.
pub(crate) fn golden_key(name: &str) -> PrivateKey {
    let pem = fs_err::read(format!("{KEYS}/{name}.pem")).expect("a golden key");
    PrivateKey::from_pem(pem).expect("a private key")
}

/// The file of the public half.
pub(crate) fn public_key_file(name: &str) -> String {
    format!("{KEYS}/{name}_pub_spki.pem")
}

impl Site {
    /// An empty one in a folder; nothing is written yet.
    pub(crate) fn in_folder() -> Self {
        let folder = TempDir::new().expect("a folder");
        let place = folder.path().to_str().expect("UTF-8").to_owned();
        let tree = Tree::open(&StorageUrl::Folder(folder.path().to_path_buf()));
        let settings = vec![setting("REGISTRY_URL", &format!("file:{place}"))];
        Self::new(tree.expect("a folder"), settings, folder, None)
    }

    /// An empty one in a bucket.
    pub(crate) async fn in_bucket() -> Self {
        let s3 = StrictS3::start().await;
        let place = format!("s3://{}/{}", seaweedfs::BUCKET, s3.prefix);
        let (id, secret) = (seaweedfs::ACCESS_KEY_ID, seaweedfs::SECRET_ACCESS_KEY);
        let argument = StorageArgument {
            place: &place,
            endpoint: Some(&s3.endpoint),
            region: Some("us-east-1"),
        };
        let environment = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = StorageUrl::from_argument(&argument, &environment).expect("a bucket");
        let settings = vec![
            setting("REGISTRY_URL", &place),
            setting("ENDPOINT", &s3.endpoint),
            setting("REGION", "us-east-1"),
            setting("ACCESS_KEY_ID", id),
            setting("SECRET_ACCESS_KEY", secret),
        ];
        let folder = TempDir::new().expect("a folder");
        let tree = Tree::open(&url).expect("a client");
        Self::new(tree, settings, folder, Some(s3))
    }

    fn new(
        tree: Tree,
        settings: Vec<(String, String)>,
        folder: TempDir,
        s3: Option<StrictS3>,
    ) -> Self {
        Self {
            tree,
            settings,
            repository: "acme".to_owned(),
            key: golden_key("rsa2048"),
            releases: Vec::new(),
            folder,
            s3,
        }
    }

    /// The proxy in front of its bucket.
    pub(crate) fn s3(&self) -> &StrictS3 {
        self.s3.as_ref().expect("it is in a bucket")
    }

    /// The folder it is in.
    pub(crate) fn folder(&self) -> &std::path::Path {
        assert!(self.s3.is_none(), "it is in a folder");
        self.folder.path()
    }

    /// A server with this as its first repository, and the managed `sub` beside it.
    pub(crate) async fn serve(&self, settings: &[(&str, &str)]) -> TestApp {
        let own = self.all_settings();
        let mut all: Vec<(&str, &str)> = own
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        all.extend(settings);
        TestApp::with(&all).await
    }

    /// The settings of that server, but for those of `TestApp` itself.
    pub(crate) fn all_settings(&self) -> Vec<(String, String)> {
        let mut settings = self.settings.clone();
        settings.push(setting("PRIVATE_KEY_FILE", ""));
        settings.push(setting("PUBLIC_KEY_FILE", &public_key_file("rsa2048")));
        settings.push(setting("REFRESH_SECONDS", "1"));
        settings
    }

    /// A release that the next [`write`](Self::write) names.
    pub(crate) fn add(&mut self, package: &str, version: &str) -> Vec<u8> {
        let tarball = tarball(package, version, "# nothing to see");
        self.releases.push(Built {
            package: package.to_owned(),
            version: version.to_owned(),
            tarball: tarball.clone(),
            is_retired: package == "old",
        });
        tarball
    }

    /// Takes a release out of the registry.
    pub(crate) fn remove(&mut self, package: &str, version: &str) {
        self.releases
            .retain(|it| (it.package.as_str(), it.version.as_str()) != (package, version));
    }

    /// Uploads all of it, in the order in which no reader ever misses a file.
    pub(crate) async fn write(&self) {
        for release in &self.releases {
            let path = format!("tarballs/{}-{}.tar", release.package, release.version);
            self.put(&path, release.tarball.clone()).await;
        }
        for name in self.names() {
            self.put(&format!("packages/{name}"), self.package(name))
                .await;
        }
        self.put("versions", self.versions()).await;
        self.put("names", self.sign(&self.names_resource().encode()))
            .await;
        let pem = self.key.public_key().to_pkcs1_pem();
        self.put("public_key", pem.into_bytes()).await;
    }

    /// Writes one file.
    pub(crate) async fn put(&self, path: &str, bytes: impl Into<Bytes>) {
        let path = TreePath::from_path(path).expect("a file of a repository");
        self.tree
            .put(&path, bytes.into())
            .await
            .expect("it is written");
    }

    /// Removes one file.
    pub(crate) async fn delete(&self, path: &str) {
        let path = TreePath::from_path(path).expect("a file of a repository");
        self.tree.delete(&path).await.expect("it is removed");
    }

    /// What the place has in a file.
    pub(crate) async fn read(&self, path: &str) -> Vec<u8> {
        let path = TreePath::from_path(path).expect("a file of a repository");
        let file = self.tree.get(&path, 1 << 24).await.expect("it is read");
        file.expect("it is there").bytes.to_vec()
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.releases.iter().map(|it| it.package.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn of<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a Built> {
        self.releases.iter().filter(move |it| it.package == package)
    }

    pub(crate) fn names_resource(&self) -> Names {
        let entry = |name: &&str| NamesEntry {
            name: (*name).to_owned(),
            updated_at: None,
        };
        Names {
            repository: self.repository.clone(),
            packages: self.names().iter().map(entry).collect(),
        }
    }

    /// The file `versions`.
    pub(crate) fn versions(&self) -> Vec<u8> {
        let entry = |name: &str| {
            let mut versions = Texts::default();
            self.of(name).for_each(|it| versions.push(&it.version));
            let retired = (0..).zip(self.of(name)).filter(|(_, it)| it.is_retired);
            VersionsEntry {
                name: name.to_owned(),
                versions,
                retired: retired.map(|(index, _)| index).collect(),
                with_advisories: Vec::new(),
            }
        };
        let versions = Versions {
            repository: self.repository.clone(),
            packages: self.names().into_iter().map(entry).collect(),
        };
        self.sign(&versions.encode())
    }

    /// The file `packages/NAME`.
    pub(crate) fn package(&self, name: &str) -> Vec<u8> {
        let release = |it: &Built| {
            let info = read_release(&it.tarball[..], &Limits::default()).expect("a tarball");
            Release {
                version: it.version.clone(),
                inner_checksum: info.inner_checksum,
                outer_checksum: Some(Sha256::of(&it.tarball)),
                dependencies: Vec::new(),
                retired: it.is_retired.then_some(Retirement {
                    reason: RetirementReason::Deprecated,
                    message: None,
                }),
                advisory_indexes: Vec::new(),
                published_at: None,
            }
        };
        let package = Package {
            repository: self.repository.clone(),
            name: name.to_owned(),
            releases: self.of(name).map(release).collect(),
            advisories: Vec::new(),
        };
        self.sign(&package.encode())
    }

    pub(crate) fn sign(&self, payload: &[u8]) -> Vec<u8> {
        registry::sign(payload, &self.key)
    }
}

fn setting(name: &str, value: &str) -> (String, String) {
    (format!("SKEP_REPOSITORY__0__{name}"), value.to_owned())
}

/// Runs a test with a site in a folder, then with one in a bucket.
pub(crate) async fn on_each_place(test: impl AsyncFn(Site)) {
    test(Site::in_folder()).await;
    test(Site::in_bucket().await).await;
}
