//! Tokens in the keyring of the system.

use std::fmt;
use std::path::PathBuf;

use keyring_core::{Entry, Error};

use super::entries::Entries;
use super::{FileTokenStore, LockGuard, LockName, StoreError, TokenScope, TokenStore, Tokens};

/// Keeps tokens in the keyring of the system: the Secret Service on Linux and the BSDs, the Keychain on macOS, the
/// Credential Manager on Windows. Each login and each exchanged key is an entry of its own, for the `service` that the
/// program chooses.
///
/// A keyring has no locks. Files beside `lock_path` are the locks between processes; they stay empty, and the file itself
/// is never made. Machines without a person, such as servers and CI, mostly have no keyring: every call is then an error,
/// and [`FileTokenStore`] the better place. Windows takes 2,560 bytes an entry, which long tokens do not fit in.
///
/// ```no_run
/// use skep_client::cli_auth::KeyringTokenStore;
///
/// let store = KeyringTokenStore::new("my_tool", "/home/rosa/.config/my_tool/tokens");
/// ```
pub struct KeyringTokenStore {
    service: String,
    locks: FileTokenStore,
    #[cfg(test)]
    keyring: Option<std::sync::Arc<keyring_core::CredentialStore>>,
}

/// Why a keyring could not do what it was asked. Shows nothing of what is in it.
#[derive(Debug, thiserror::Error)]
enum KeyringError {
    #[error("the system's keyring cannot be used: {0}")]
    Keyring(String),
    #[error("the entry `{user}` of `{service}` in the system's keyring does not hold tokens")]
    Format { service: String, user: String },
}

impl KeyringTokenStore {
    /// Keeps tokens under the name `service`, such as the program's name, with locks beside `lock_path`.
    pub fn new(service: impl Into<String>, lock_path: impl Into<PathBuf>) -> Self {
        Self {
            service: service.into(),
            locks: FileTokenStore::new(lock_path),
            #[cfg(test)]
            keyring: None,
        }
    }

    fn entry(&self, user: &str) -> Result<Entry, StoreError> {
        #[cfg(test)]
        if let Some(keyring) = &self.keyring {
            return keyring.build(&self.service, user, None).map_err(failed);
        }
        if let Err(error) = keyring::Entry::store_status() {
            return Err(KeyringError::Keyring(error.to_string()).into());
        }
        let entry = keyring::Entry::new(&self.service, user);
        entry.map(|entry| entry.inner).map_err(failed)
    }
}

impl TokenStore for KeyringTokenStore {
    fn load(&self, scope: &TokenScope) -> Result<Option<Tokens>, StoreError> {
        let user = user(scope);
        let text = match self.entry(&user)?.get_secret() {
            Err(Error::NoEntry) => return Ok(None),
            text => text.map_err(failed)?,
        };
        let entries = Entries::parse(&text).map_err(|_| KeyringError::Format {
            service: self.service.clone(),
            user,
        })?;
        Ok(entries.get(scope))
    }

    fn persist(&self, scope: &TokenScope, tokens: &Tokens) -> Result<(), StoreError> {
        let mut entries = Entries::default();
        entries.set(scope, tokens);
        let entry = self.entry(&user(scope))?;
        entry.set_secret(&entries.to_text()).map_err(failed)
    }

    fn clear(&self, scope: &TokenScope) -> Result<(), StoreError> {
        match self.entry(&user(scope))?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    fn try_lock(&self, name: &LockName) -> Result<Option<LockGuard>, StoreError> {
        self.locks.try_lock(name)
    }
}

impl fmt::Debug for KeyringTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyringTokenStore({})", self.service)
    }
}

/// What the entry of `scope` is called.
fn user(scope: &TokenScope) -> String {
    match scope {
        TokenScope::Global(server) => format!("login {server}"),
        TokenScope::Repository { name, server } => format!("repository {name} {server}"),
    }
}

/// The error in words: as a value it may hold what is stored.
fn failed(error: Error) -> StoreError {
    let words = match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "an entry is damaged".to_owned(),
        error => error.to_string(),
    };
    KeyringError::Keyring(words).into()
}

#[cfg(test)]
mod tests {
    use keyring_core::mock;

    use super::super::Server;
    use super::*;

    fn store(folder: &tempfile::TempDir) -> KeyringTokenStore {
        let mut store = KeyringTokenStore::new("a_tool", folder.path().join("tokens"));
        store.keyring = Some(mock::Store::new().unwrap());
        store
    }

    fn server() -> Server {
        Server::parse("https://hex.test/api").unwrap()
    }

    fn tokens(access: &str) -> Tokens {
        Tokens {
            issuer: server(),
            access_token: access.into(),
            refresh_token: Some("refresh".into()),
            expires_at: 7,
        }
    }

    #[test]
    fn what_was_stored_is_found_by_its_scope() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let login = TokenScope::Global(server());
        let key = TokenScope::Repository {
            name: "hexpm:acme".to_owned(),
            server: server(),
        };
        assert_eq!(store.load(&login).unwrap(), None);
        store.persist(&login, &tokens("login")).unwrap();
        store.persist(&key, &tokens("exchanged")).unwrap();
        store.persist(&login, &tokens("newer")).unwrap();
        assert_eq!(store.load(&login).unwrap(), Some(tokens("newer")));
        store.clear(&login).unwrap();
        store.clear(&login).unwrap();
        assert_eq!(store.load(&login).unwrap(), None);
        assert_eq!(store.load(&key).unwrap(), Some(tokens("exchanged")));
        assert!(!folder.path().join("tokens").exists());
    }

    #[test]
    fn what_holds_no_tokens_is_an_error_that_does_not_show_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let login = TokenScope::Global(server());
        let entry = store.entry(&user(&login)).unwrap();
        entry.set_secret(b"tell-nobody").unwrap();
        let error = store.load(&login).unwrap_err();
        let text = format!("{error} {error:?} {store:?}");
        assert!(
            text.contains("does not hold tokens") && !text.contains("tell"),
            "{text}"
        );
        for error in [
            Error::BadEncoding(b"tell-nobody".to_vec()),
            Error::BadDataFormat(b"tell-nobody".to_vec(), "x".into()),
        ] {
            let error = failed(error);
            let text = format!("{error} {error:?}");
            assert!(!text.contains("tell") && !text.contains("116"), "{text}");
        }
    }

    #[test]
    fn a_lock_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let (store, other) = (store(&folder), store(&folder));
        let name = LockName::Tokens(server());
        let guard = store.try_lock(&name).unwrap();
        assert!(guard.is_some() && other.try_lock(&name).unwrap().is_none());
    }

    #[test]
    fn without_a_keyring_it_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyringTokenStore::new("a_tool", folder.path().join("tokens"));
        // A machine with a keyring finds nothing under that name.
        match store.load(&TokenScope::Global(server())) {
            Ok(found) => assert_eq!(found, None),
            Err(error) => assert!(error.to_string().contains("keyring"), "{error}"),
        }
    }
}
