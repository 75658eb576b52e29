//! `skep init`: a new installation in a folder. It never writes over anything, and takes back what
//! it made when it cannot finish.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use skep_formats::key::{KeyError, PrivateKey};
use skep_formats::name::RepositoryName;
use url::Url;

use super::{App, Signer, StartError};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::db::{Db, OpenError, OpenMode};

mod template;

pub(super) const CONFIG_FILE: &str = "skep.toml";
const KEY_FILE: &str = "signing_key.pem";
const DATABASE_FILE: &str = "skep.db";
const FILES_DIR: &str = "files";
const SPOOL_DIR: &str = "spool";
const KEY_BITS: usize = 2048;

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
}

/// What was made.
#[derive(Debug)]
pub struct Initialized {
    /// The configuration file.
    pub config_path: PathBuf,
    /// The file of the signing key: worth a copy in a safe place.
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
    #[error("`{}` exists: an installation is never overwritten; choose another folder, or remove it if it is of no use", .0.display())]
    Exists(PathBuf),
    /// A file or folder cannot be made; the cause names it.
    #[error("the installation could not be written")]
    Write(#[from] std::io::Error),
    /// The signing key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database could not be made.
    #[error(transparent)]
    Database(#[from] OpenError),
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
    let dir = std::path::absolute(&options.dir)?;
    let text = template::config(options);
    let config = Config::parse(&text, &dir, &[])?;
    for name in [CONFIG_FILE, KEY_FILE, DATABASE_FILE, FILES_DIR, SPOOL_DIR] {
        let path = dir.join(name);
        if fs_err::symlink_metadata(&path).is_ok() {
            return Err(InitError::Exists(path));
        }
    }
    let is_new = !dir.exists();
    let made = make(&dir, &text, config, clock).await;
    if made.is_err() {
        take_back(&dir, is_new);
    }
    made
}

async fn make(
    dir: &Path,
    text: &str,
    config: Config,
    clock: &Clock,
) -> Result<Initialized, InitError> {
    fs_err::create_dir_all(dir)?;
    let key = Signer::new(PrivateKey::generate(KEY_BITS)?);
    let key_path = dir.join(KEY_FILE);
    write_new(&key_path, key.private_key.to_pem().as_str(), true)?;
    fs_err::create_dir(dir.join(FILES_DIR))?;
    fs_err::create_dir(dir.join(SPOOL_DIR))?;
    Db::open(config.database.reveal(), OpenMode::Create)
        .await?
        .close()
        .await;
    for_its_owner_only(&dir.join(DATABASE_FILE))?;
    // Remembers the key and makes the secret of local URLs.
    let app = App::open(config, clock.clone()).await?;
    app.db.close().await;
    // Last, so that a folder with a configuration is a whole installation.
    let config_path = dir.join(CONFIG_FILE);
    write_new(&config_path, text, false)?;
    Ok(Initialized {
        config_path,
        key_path,
        config: app.config,
        fingerprint: key.fingerprint,
    })
}

/// Writes a file that must not exist, durably; a secret one for its owner's eyes only.
fn write_new(path: &Path, text: &str, is_secret: bool) -> std::io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        use fs_err::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
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

/// Everything here was checked to be absent before, so it is ours.
fn take_back(dir: &Path, is_new: bool) {
    for name in [
        CONFIG_FILE,
        KEY_FILE,
        DATABASE_FILE,
        "skep.db-wal",
        "skep.db-shm",
    ] {
        let _ = fs_err::remove_file(dir.join(name));
    }
    for name in [FILES_DIR, SPOOL_DIR] {
        let _ = fs_err::remove_dir(dir.join(name));
    }
    if is_new {
        let _ = fs_err::remove_dir(dir);
    }
}
