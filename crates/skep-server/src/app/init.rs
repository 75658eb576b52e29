//! `skep init`: a new installation in a folder. It never writes over anything, and takes back what
//! it made when it cannot finish.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};

use skep_formats::key::{KeyError, PrivateKey, PublicKey};
use skep_formats::name::RepositoryName;
use url::Url;

use super::keys::{self, KeyFileError};
use super::{App, Signer, StartError};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, StorageUrl};
use crate::db::{Db, OpenError, OpenMode};
use crate::files::{Files, FilesError};

mod template;

pub(super) const CONFIG_FILE: &str = "skep.toml";
const KEY_FILE: &str = "signing_key.pem";
const PUBLIC_KEY_FILE: &str = "public_key.pem";
const DATABASE_FILE: &str = "skep.db";
const FILES_DIR: &str = "files";
const SPOOL_DIR: &str = "spool";
const KEY_BITS: usize = 2048;
/// What mix, rebar3 and Gleam call hex.pm.
const HEX_PM: &str = "hexpm";

/// What to make.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// The folder; made if it is not there.
    pub dir: PathBuf,
    /// The repository's name.
    pub name: RepositoryName,
    /// What customers type; `None` = the address it listens on.
    pub url: Option<Url>,
    /// Where to listen; `None` = this machine only, at the port of a local `url` or 4000.
    pub listen: Option<SocketAddr>,
    /// The signing key of an older system, which is copied; `None` = a new key.
    pub private_key: Option<PathBuf>,
    /// A file with the URL of an empty PostgreSQL database; `None` = SQLite, in the folder.
    pub database_url_file: Option<PathBuf>,
    /// A bucket as `s3://bucket/prefix`, or `file:` and a folder that is there; `None` = a new folder beside the rest.
    pub storage: Option<String>,
    /// For a prebuilt repository, whose signing key stays elsewhere.
    pub prebuilt: Option<PrebuiltOptions>,
    /// `SKEP_SECTION__KEY` and a bucket's credentials (`AWS_…`): what a server with the same environment
    /// would do is what is made.
    pub environment: Vec<(String, String)>,
}

/// What is served when somebody else builds and signs it.
#[derive(Clone, Debug)]
pub struct PrebuiltOptions {
    /// The public half of the signing key, which is copied.
    pub public_key: PathBuf,
    /// Where the static registry is: `file:DIR`, or a bucket.
    pub registry_url: String,
}

impl InitOptions {
    /// A repository of that name in a folder, everything else as it comes.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, name: RepositoryName) -> Self {
        Self {
            dir: dir.into(),
            name,
            url: None,
            listen: None,
            private_key: None,
            database_url_file: None,
            storage: None,
            prebuilt: None,
            environment: Vec::new(),
        }
    }
}

/// What was made.
#[derive(Debug)]
pub struct Initialized {
    /// The configuration file.
    pub config_path: PathBuf,
    /// The file of the signing key: worth a copy in a safe place. Of a prebuilt repository the public one.
    pub key_path: PathBuf,
    /// The configuration as it is now read.
    pub config: Config,
    /// What customers compare.
    pub fingerprint: String,
}

/// Why no installation was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Something is there already.
    #[error("`{}` exists: nothing is ever overwritten; choose another folder", .0.display())]
    Exists(PathBuf),
    /// A signing key is there already, which customers may know.
    #[error(
        "`{path}` exists: customers' tools may trust it, so it is never overwritten; to go on with this key, say so \
         with `--private-key {path}`; to make a new one, choose another folder", path = .0.display()
    )]
    KeyExists(PathBuf),
    /// Every client has a repository of that name.
    #[error(
        "`{HEX_PM}` is what mix, rebar3 and Gleam call hex.pm itself: customers could not add a repository of that \
         name beside it; choose another, as the name of your company"
    )]
    NameOfHexPm,
    /// What was brought is no signing key.
    #[error("the key that `--private-key` names cannot be used")]
    PrivateKey(#[source] KeyFileError),
    /// What was brought verifies no registry.
    #[error("the key that `--public-key` names cannot be used")]
    PublicKey(#[source] KeyFileError),
    /// A file or folder cannot be made; the cause names it.
    #[error("the installation could not be written")]
    Write(#[from] std::io::Error),
    /// The signing key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database could not be made.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The place for files cannot be used.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// What `--database-url-file` names is no file with a URL of PostgreSQL.
    #[error("`{}` has to hold the URL of an empty PostgreSQL database, as `postgres://USER:PASSWORD@HOST:PORT/NAME`", .0.display())]
    DatabaseUrl(PathBuf),
    /// The options make no configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It was made, but cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Makes an installation: configuration, signing key, database and folders.
///
/// # Errors
/// Then nothing new is left behind.
pub async fn init(options: &InitOptions, clock: &Clock) -> Result<Initialized, InitError> {
    if options.name.as_str() == HEX_PM {
        return Err(InitError::NameOfHexPm);
    }
    let dir = normalized(&std::path::absolute(&options.dir)?);
    let text = template::config(options)?;
    let config = Config::parse(&text, &dir, &options.environment)?;
    let key = SigningKey::of(options, &dir)?;
    let names = made_names(&config, &dir, &key);
    for &name in &names {
        let path = dir.join(name);
        let is_there = fs_err::symlink_metadata(&path).is_ok();
        match (is_there, name) {
            (false, _) => {}
            (true, KEY_FILE) if key.is_in_place() => {}
            (true, KEY_FILE) => return Err(InitError::KeyExists(path)),
            (true, _) => return Err(InitError::Exists(path)),
        }
    }
    let is_new = !dir.exists();
    let made = make(&dir, &text, config, &key, clock).await;
    if made.is_err() {
        take_back(&dir, is_new, &key, &names);
    }
    made
}

/// What is made in the folder: a database and files that are elsewhere are not.
fn made_names(config: &Config, dir: &Path, key: &SigningKey) -> Vec<&'static str> {
    let mut names = vec![CONFIG_FILE, key.file_name(), SPOOL_DIR];
    if config.database.sqlite_file() == Some(&dir.join(DATABASE_FILE)) {
        names.push(DATABASE_FILE);
    }
    if config.storage == StorageUrl::Folder(dir.join(FILES_DIR)) {
        names.push(FILES_DIR);
    }
    names
}

/// Where the signing key comes from.
enum SigningKey {
    /// It is made.
    New,
    /// It is copied.
    Brought(Signer, Vec<u8>),
    /// It is where it belongs already.
    InPlace(Signer),
    /// It stays elsewhere; its public half is copied.
    Elsewhere(PublicKey, Vec<u8>),
}

impl SigningKey {
    fn of(options: &InitOptions, dir: &Path) -> Result<Self, InitError> {
        if let Some(prebuilt) = &options.prebuilt {
            let (key, pem) =
                keys::read_public_key_file(&prebuilt.public_key).map_err(InitError::PublicKey)?;
            return Ok(Self::Elsewhere(key, pem));
        }
        let Some(path) = &options.private_key else {
            return Ok(Self::New);
        };
        let (signer, pem) = keys::read_signing_key_file(path).map_err(InitError::PrivateKey)?;
        let real = |path: &Path| fs_err::canonicalize(path).ok();
        let own = real(&dir.join(KEY_FILE));
        Ok(if own.is_some() && own == real(path) {
            Self::InPlace(signer)
        } else {
            Self::Brought(signer, pem)
        })
    }

    const fn is_in_place(&self) -> bool {
        matches!(self, Self::InPlace(_))
    }

    const fn file_name(&self) -> &'static str {
        match self {
            Self::New | Self::Brought(..) | Self::InPlace(_) => KEY_FILE,
            Self::Elsewhere(..) => PUBLIC_KEY_FILE,
        }
    }

    /// Puts it where it belongs, for its owner's eyes only; gives its fingerprint.
    fn put(&self, path: &Path) -> Result<String, InitError> {
        match self {
            Self::New => {
                let signer = Signer::new(PrivateKey::generate(KEY_BITS)?);
                let pem = signer.private_key.to_pem();
                write_new(path, pem.as_str().as_bytes(), true)?;
                Ok(signer.fingerprint)
            }
            Self::Brought(signer, pem) => {
                write_new(path, pem, true)?;
                Ok(signer.fingerprint.clone())
            }
            Self::Elsewhere(key, pem) => {
                write_new(path, pem, false)?;
                Ok(key.fingerprint())
            }
            Self::InPlace(signer) => {
                for_its_owner_only(path)?;
                Ok(signer.fingerprint.clone())
            }
        }
    }
}

/// Without `..`, for people to read; a symbolic link before one is followed, as the system does.
fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            result = fs_err::canonicalize(&result).unwrap_or(result);
            result.pop();
        } else {
            result.push(component);
        }
    }
    result
}

async fn make(
    dir: &Path,
    text: &str,
    config: Config,
    key: &SigningKey,
    clock: &Clock,
) -> Result<Initialized, InitError> {
    fs_err::create_dir_all(dir)?;
    let key_path = dir.join(key.file_name());
    let fingerprint = key.put(&key_path)?;
    if config.storage == StorageUrl::Folder(dir.join(FILES_DIR)) {
        fs_err::create_dir(dir.join(FILES_DIR))?;
    }
    fs_err::create_dir(dir.join(SPOOL_DIR))?;
    // Before the database: tables that were made in it cannot be taken back.
    Files::open(&config.storage)?.check().await?;
    Db::open(config.database.reveal(), OpenMode::Create)
        .await?
        .close()
        .await;
    if let Some(file) = config.database.sqlite_file() {
        for_its_owner_only(file)?;
    }
    // Remembers the key and makes the secret of local URLs.
    let app = App::open(config, clock.clone()).await?;
    app.db.close().await;
    // Last, so that a folder with a configuration is a whole installation.
    let config_path = dir.join(CONFIG_FILE);
    write_new(&config_path, text.as_bytes(), false)?;
    Ok(Initialized {
        config_path,
        key_path,
        config: app.config,
        fingerprint,
    })
}

/// Writes a file that must not exist, durably; a secret one for its owner's eyes only.
fn write_new(path: &Path, content: &[u8], is_secret: bool) -> std::io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        use fs_err::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The database has customers' addresses and the secret of local URLs.
#[cfg(unix)]
fn for_its_owner_only(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn for_its_owner_only(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Everything here was checked to be absent before, so it is ours; but for a key that was there.
fn take_back(dir: &Path, is_new: bool, key: &SigningKey, names: &[&str]) {
    for &name in names {
        match name {
            KEY_FILE if key.is_in_place() => {}
            FILES_DIR | SPOOL_DIR => drop(fs_err::remove_dir(dir.join(name))),
            DATABASE_FILE => {
                for name in [DATABASE_FILE, "skep.db-wal", "skep.db-shm"] {
                    drop(fs_err::remove_file(dir.join(name)));
                }
            }
            _ => drop(fs_err::remove_file(dir.join(name))),
        }
    }
    if is_new {
        let _ = fs_err::remove_dir(dir);
    }
}
