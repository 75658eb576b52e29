//! Where a registry is brought to, and somebody who reads there all the time.

use super::*;

/// A folder or a part of a bucket.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Folder(Arc<tempfile::TempDir>),
    Bucket(String),
}

impl Place {
    pub(super) fn folder() -> Self {
        Self::Folder(Arc::new(tempfile::tempdir().expect("a temporary folder")))
    }

    pub(super) fn bucket() -> Self {
        let (bucket, prefix) = (seaweedfs::BUCKET, seaweedfs::new_prefix());
        Self::Bucket(format!("s3://{bucket}/{prefix}"))
    }

    /// As it is typed.
    pub(super) fn argument(&self) -> String {
        match self {
            Self::Folder(folder) => folder.path().display().to_string(),
            Self::Bucket(place) => place.clone(),
        }
    }

    pub(super) fn credentials(&self, command: &mut Command) {
        if let Self::Bucket(_) = self {
            command.args([
                "--region",
                "us-east-1",
                "--endpoint",
                &seaweedfs::endpoint(),
            ]);
            command.env("AWS_ACCESS_KEY_ID", seaweedfs::ACCESS_KEY_ID);
            command.env("AWS_SECRET_ACCESS_KEY", seaweedfs::SECRET_ACCESS_KEY);
        }
    }

    /// The bytes of a file; curl signs requests as S3 wants them, so no code of ours judges its own work.
    pub(super) fn read(&self, path: &str) -> Option<Vec<u8>> {
        match self {
            Self::Folder(folder) => fs_err::read(folder.path().join(path)).ok(),
            Self::Bucket(_) => self.curl(&format!("/{path}"), &[]),
        }
    }

    fn is_there(&self, path: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.path().join(path).is_file(),
            Self::Bucket(_) => self.curl(&format!("/{path}"), &["--head"]).is_some(),
        }
    }

    fn curl(&self, rest: &str, options: &[&str]) -> Option<Vec<u8>> {
        let Self::Bucket(place) = self else {
            unreachable!("a folder is read as one")
        };
        let place = place.trim_start_matches("s3://");
        let url = match rest.strip_prefix('?') {
            Some(query) => {
                let (bucket, prefix) = place.split_once('/').expect("a prefix");
                format!(
                    "{}/{bucket}?{query}&prefix={}%2F",
                    seaweedfs::endpoint(),
                    prefix.replace('/', "%2F")
                )
            }
            None => format!("{}/{place}{rest}", seaweedfs::endpoint()),
        };
        let user = format!(
            "{}:{}",
            seaweedfs::ACCESS_KEY_ID,
            seaweedfs::SECRET_ACCESS_KEY
        );
        let output = Command::new("curl")
            .args([
                "-sf",
                "--user",
                &user,
                "--aws-sigv4",
                "aws:amz:us-east-1:s3",
            ])
            .args(options)
            .arg(&url)
            .output()
            .expect("curl runs");
        match output.status.code() {
            Some(0) => Some(output.stdout),
            // 404, and nothing else.
            Some(22) => None,
            other => panic!("curl {url}: {other:?}"),
        }
    }

    /// Every file but hidden ones, sorted.
    pub(super) fn files(&self) -> Vec<String> {
        let mut files = match self {
            Self::Folder(folder) => {
                let mut files = Vec::new();
                walk(folder.path(), folder.path(), &mut files);
                files
            }
            Self::Bucket(place) => {
                let listed = self.curl("?list-type=2", &[]).expect("the bucket is there");
                let listed = String::from_utf8(listed).expect("XML");
                let (_, prefix) = place
                    .trim_start_matches("s3://")
                    .split_once('/')
                    .expect("a prefix");
                let keys = listed.split("<Key>").skip(1);
                keys.filter_map(|rest| rest.split("</Key>").next()?.strip_prefix(prefix))
                    .map(|key| key.trim_start_matches('/').to_owned())
                    .collect()
            }
        };
        files.sort();
        files
    }
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs_err::read_dir(folder).expect("it is readable") {
        let path = entry.expect("it is readable").path();
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .expect("inside")
                .display()
                .to_string();
            files.push(name);
        }
    }
}

/// Reads the whole registry again and again, as a client does.
pub(super) struct Reader {
    is_over: Arc<AtomicBool>,
    looks: Arc<AtomicU32>,
    thread: thread::JoinHandle<()>,
}

impl Reader {
    pub(super) fn start(place: &Place) -> Self {
        let (is_over, looks) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU32::new(0)),
        );
        let (place, over, count) = (place.clone(), Arc::clone(&is_over), Arc::clone(&looks));
        let thread = thread::spawn(move || {
            // A file that was there once is not asked for again: only deletions, which are checked by name,
            // can take it away.
            let mut seen = HashSet::new();
            while !over.load(Ordering::Relaxed) {
                look(&place, &mut seen);
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self {
            is_over,
            looks,
            thread,
        }
    }

    /// How often it looked; fails the test if it missed anything.
    pub(super) fn stop(self) -> u32 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the reader found everything");
        self.looks.load(Ordering::Relaxed)
    }
}

fn look(place: &Place, seen: &mut HashSet<String>) {
    let Some(versions) = place.read("versions") else {
        return;
    };
    let key = place
        .read("public_key")
        .expect("a key comes before an index");
    let key = PublicKey::from_pem(&key).expect("a key");
    let opened = Versions::open(&versions, &key, "acme").expect("`versions` is signed");
    for entry in &opened.packages {
        let path = format!("packages/{}", entry.name);
        let Some(file) = place.read(&path) else {
            return is_outdated(place, &versions, &path);
        };
        let package = Package::open(&file, &key, "acme", &entry.name).expect("it is signed");
        for release in &package.releases {
            let tarball = format!("tarballs/{}-{}.tar", entry.name, release.version);
            if seen.contains(&tarball) || place.is_there(&tarball) {
                seen.insert(tarball);
            } else {
                is_gone_with(place, &path, &file, &tarball);
            }
        }
        let has = |version: &&str| package.releases.iter().any(|it| it.version == **version);
        if let Some(missing) = entry.versions.iter().find(|version| !has(version)) {
            is_outdated(place, &versions, missing);
        }
    }
}

/// What is missing may have been deleted after the index was read: then the index is another by now.
fn is_outdated(place: &Place, versions: &[u8], missing: &str) {
    let now = place.read("versions");
    assert_ne!(now.as_deref(), Some(versions), "`versions` names {missing}");
}

fn is_gone_with(place: &Place, path: &str, before: &[u8], missing: &str) {
    let now = place.read(path);
    assert_ne!(now.as_deref(), Some(before), "`{path}` names {missing}");
}
