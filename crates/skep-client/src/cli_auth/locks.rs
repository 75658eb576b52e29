use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::effects::Effects;
use super::{AuthError, LockGuard, Server, TokenStore};

/// How often somebody who waits for a lock looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// What only one caller may do at a time.
///
/// They are only ever taken in this order, so nobody waits for somebody who waits for them: `Login`,
/// `Repository`, `Tokens`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockName {
    /// Asking somebody to log in at a server.
    Login(Server),
    /// Exchanging the key of a repository.
    Repository(String),
    /// Refreshing the login at a server.
    Tokens(Server),
}

impl fmt::Display for LockName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(server) => write!(f, "login {server}"),
            Self::Repository(name) => write!(f, "repository {name}"),
            Self::Tokens(server) => write!(f, "tokens {server}"),
        }
    }
}

static HELD: Mutex<BTreeSet<LockName>> = Mutex::new(BTreeSet::new());

struct Held(LockName);

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&self.0);
    }
}

fn try_hold(name: &LockName) -> Option<Held> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.insert(name.clone()).then(|| Held(name.clone()))
}

fn try_lock(store: &dyn TokenStore, name: &LockName) -> Result<Option<LockGuard>, AuthError> {
    let Some(held) = try_hold(name) else {
        return Ok(None);
    };
    let shared = store.try_lock(name).map_err(AuthError::Store)?;
    // The other processes' lock goes first: fields of a tuple are dropped in order.
    Ok(shared.map(|shared| Box::new((shared, held)) as LockGuard))
}

/// Waits until nobody else, in this process or another, has the lock.
pub(super) async fn lock(
    effects: &Effects,
    store: &dyn TokenStore,
    name: LockName,
) -> Result<LockGuard, AuthError> {
    loop {
        if let Some(guard) = try_lock(store, &name)? {
            return Ok(guard);
        }
        effects.wait(LOOK_AGAIN).await?;
    }
}
