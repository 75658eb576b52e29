//! The servers somebody has named, in `servers.toml`, and what a [`Config`] for each of them is.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use skep_client::cli_auth::{AuthConfig, Server};
use skep_client::{BaseUrl, Config};

mod entry;
mod reference;

pub(crate) use entry::Entry;
pub(crate) use reference::{RepositoryRef, ServerRef};

/// What hex.pm's repository is called; it is built in.
pub(crate) const HEXPM: &str = "hexpm";

/// Every server that was named. `Debug` shows no key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Servers {
    #[serde(default, rename = "server")]
    entries: BTreeMap<RepositoryRef, Entry>,
}

/// Why the file of servers is of no use. Shows nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServersError {
    /// It cannot be read or written.
    #[error("`{path}` cannot be read or written")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// It is not what this program writes.
    #[error("`{path}` is not a file of servers{line}: mend it, or remove it and add them again")]
    Format { path: PathBuf, line: String },
    /// Nobody has added it.
    #[error("there is no repository `{0}`")]
    Unknown(RepositoryRef),
}

impl Servers {
    /// What is in the file at `path`; nothing if there is none.
    pub(crate) fn load(path: &Path) -> Result<Self, ServersError> {
        let text = match fs_err::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(|source| file_error(path, source))?,
        };
        // TOML's own words repeat the line, and that may be a key.
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|text| format!(" (line {})", text.matches('\n').count() + 1));
            ServersError::Format {
                path: path.to_owned(),
                line: line.unwrap_or_default(),
            }
        })
    }

    /// Changes the file at `path`, which two processes can do at once without losing anything.
    pub(crate) fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, ServersError>,
    ) -> Result<T, ServersError> {
        let failed = |source| file_error(path, source);
        let folder = path.parent().unwrap_or(Path::new("."));
        make_private_folder(folder).map_err(failed)?;
        let lock = lock_file(&path.with_extension("toml.lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut servers = Self::load(path)?;
        let done = change(&mut servers)?;
        let text = toml::to_string(&servers).expect("texts in tables can be TOML");
        replace(path, folder, &text).map_err(failed)?;
        Ok(done)
    }

    /// What was said about the repository `name`.
    pub(crate) fn get(&self, name: &RepositoryRef) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// Everything, by name; hex.pm too if something was said about it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&RepositoryRef, &Entry)> {
        self.entries.iter()
    }

    /// Takes `entry` in place of what was said about `name`.
    pub(crate) fn insert(&mut self, name: RepositoryRef, entry: Entry) {
        self.entries.insert(name, entry);
    }

    /// The entry of `name`, new and empty if there was none.
    pub(crate) fn entry(&mut self, name: &RepositoryRef) -> &mut Entry {
        self.entries.entry(name.clone()).or_default()
    }

    /// Forgets `name`, and what it was.
    pub(crate) fn remove(&mut self, name: &RepositoryRef) -> Option<Entry> {
        self.entries.remove(name)
    }

    /// How to speak to the server of the repository `name`, without credentials.
    ///
    /// # Errors
    /// Nobody has added it.
    pub(crate) fn config(&self, name: &RepositoryRef) -> Result<Config, ServersError> {
        let main = self.get(&name.main());
        let url = main.and_then(|entry| entry.url.as_ref());
        let mut config = match (url, name.name()) {
            (None, HEXPM) => Config::hexpm(),
            (None, _) => return Err(ServersError::Unknown(name.main())),
            (Some(url), HEXPM) => Config {
                repo_url: url.clone(),
                ..Config::hexpm()
            },
            (Some(url), _) => Config {
                repo_url: url.clone(),
                // Who has no API is asked for none: see `has_api`.
                api_url: beside(url).unwrap_or_else(|| url.clone()),
                repo_public_key: None,
                ..Config::hexpm()
            },
        };
        config.repo_name = name.name().to_owned();
        config.repo_organization = name.organization().map(str::to_owned);
        config.api_repository = name.organization().map(str::to_owned);
        for entry in main.into_iter().chain(self.get(name)) {
            if let Some(api_url) = &entry.api_url {
                config.api_url = api_url.clone();
            }
            if let Some(key) = &entry.public_key {
                config.repo_public_key = Some(key.clone());
            }
        }
        Ok(config)
    }

    /// The repository whose server's API is at `api_url`, if somebody has named it.
    pub(crate) fn at(&self, api_url: &BaseUrl) -> Option<RepositoryRef> {
        let hexpm = HEXPM.parse().expect("it is a constant");
        let names = self.entries.keys().chain([&hexpm]);
        let mut names = names.filter(|name| name.organization().is_none());
        let is_there = |name: &&RepositoryRef| {
            let config = self.config(name);
            config.is_ok_and(|config| Server::of(&config.api_url) == Server::of(api_url))
        };
        names.find(is_there).cloned()
    }

    /// Whether the repository's server is known to have an HTTP API.
    pub(crate) fn has_api(&self, name: &RepositoryRef) -> bool {
        let main = self.get(&name.main());
        let (url, api_url) = main.map_or((None, None), |entry| {
            (entry.url.as_ref(), entry.api_url.as_ref())
        });
        name.name() == HEXPM || api_url.is_some() || url.and_then(beside).is_some()
    }

    /// The credentials kept for the repository called `name`, as [`skep_client::cli_auth`] asks for them.
    pub(crate) fn auth_config(&self, name: &str) -> Option<AuthConfig> {
        let entry = self.get(&name.parse().ok()?)?;
        Some(entry.auth_config())
    }
}

/// The API of a server whose repository is at `url`, where both have their usual places.
fn beside(url: &BaseUrl) -> Option<BaseUrl> {
    let server = url.as_str().strip_suffix("/repo")?;
    BaseUrl::parse(&format!("{server}/api")).ok()
}

fn file_error(path: &Path, source: io::Error) -> ServersError {
    let path = path.to_owned();
    ServersError::File { path, source }
}

/// `tempfile` makes files that only their owner can read.
fn replace(path: &Path, folder: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".servers-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn lock_file(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(path)
}

#[cfg(not(unix))]
fn lock_file(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).open(path)
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs_err::create_dir_all(folder)
}

#[cfg(test)]
mod tests;
