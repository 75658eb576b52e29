//! A key for a token of half an hour: what Hex's `--oauth-exchange` does before it fetches. Nothing is
//! written: any number of builds may do so at once with one key, and it works while the database is
//! away. The token is worth what the key is worth at each moment.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use skep_formats::name::RepositoryName;

use crate::accounts::api_key::ApiKey;
use crate::accounts::member::{ApiKeyFacts, UserFacts};
use crate::db::DbError;
use crate::ids::TokenGrantId;
use crate::licensing::check::{self, Denied};
use crate::licensing::entitlement::Entitlement;
use crate::licensing::key::LicenseKey;
use crate::licensing::words::Words;
use crate::node::Node;
use crate::oauth::clients;
use crate::oauth::error::OAuthError;
use crate::oauth::issue::Tokens;
use crate::oauth::scopes;
use crate::oauth::tokens::Subject;
use crate::secret_text::{Form, KeyHash};
use crate::snapshot::Snapshot;

/// A caller with an unknown key does not wait longer than this for the database to know it.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// A key that is to be exchanged.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The client's id.
    pub client: &'a str,
    /// The key: a secret.
    pub key: &'a str,
    /// What is asked for; nothing = everything that the key opens.
    pub scope: &'a str,
    /// Where it comes from.
    pub address: IpAddr,
    /// Whether a dead license key gets a token all the same. It opens nothing, but mix crashes without
    /// a text when it gets none, and shows the text of the repository's refusal.
    pub may_be_dead: bool,
}

impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange({}, {:?})", self.client, self.scope)
    }
}

/// The token for a key.
///
/// # Errors
/// The client or the key is unknown, the key is dead, or more is asked for than it has.
pub async fn exchange(node: &Node, request: &Exchange<'_>) -> Result<Tokens, OAuthError> {
    known_client(node, request.client).await?;
    let hash = KeyHash::of(request.key);
    let mut snapshot = node.snapshot.load_full();
    if !knows(&snapshot, &hash) {
        // It may have been issued a moment ago. With the database away the key stays unknown.
        if is_well_formed(request.key) {
            let _ = tokio::time::timeout(LONGEST_LOOK, node.snapshot.look_again()).await;
        }
        snapshot = node.snapshot.load_full();
    }
    if let Some(entitlement) = snapshot.entitlement(&hash) {
        return of_license_key(node, request, hash, &entitlement);
    }
    if let Some((user, key)) = snapshot.members().by_api_key(&hash) {
        return of_api_key(node, request, user, key);
    }
    let now = node.app.clock.now();
    node.limits.count_unknown_key(request.address, now)?;
    Err(OAuthError::UnknownKey)
}

async fn known_client(node: &Node, id: &str) -> Result<(), OAuthError> {
    if clients::is_built_in(id) {
        return Ok(());
    }
    let mut conn = node.app.db.read().await?;
    let found: Result<_, DbError> = clients::find(&mut conn, id).await;
    found?.map(|_| ()).ok_or(OAuthError::UnknownClient)
}

fn knows(snapshot: &Snapshot, hash: &KeyHash) -> bool {
    snapshot.entitlement(hash).is_some() || snapshot.members().by_api_key(hash).is_some()
}

fn is_well_formed(key: &str) -> bool {
    LicenseKey::form(key) == Form::WellFormed || ApiKey::form(key) == Form::WellFormed
}

fn of_license_key(
    node: &Node,
    request: &Exchange<'_>,
    key: KeyHash,
    entitlement: &Entitlement<'_>,
) -> Result<Tokens, OAuthError> {
    let app = &node.app;
    let now = app.clock.now();
    let dead = entitlement
        .key
        .and_then(|key| check::check_key(key, now).err());
    if let Some(denied) = dead.filter(|_| !request.may_be_dead) {
        return Err(OAuthError::DeadLicenseKey(words(
            node,
            entitlement,
            &denied,
        )));
    }
    let repositories = repositories(entitlement);
    let scope = scopes::of_license(request.scope, &repositories)?;
    let license = entitlement.license.id;
    let subject = Subject::License { license, key };
    let grant = TokenGrantId::new(&app.clock);
    let name = license.to_string();
    Ok(Tokens {
        access: (app.tokens()).sign(&app.clock, (subject, &name), &scope, grant),
        refresh: None,
    })
}

fn of_api_key(
    node: &Node,
    request: &Exchange<'_>,
    user: &UserFacts,
    key: &ApiKeyFacts,
) -> Result<Tokens, OAuthError> {
    let app = &node.app;
    if user.disabled_at.is_some() || key.check(app.clock.now()).is_err() {
        return Err(OAuthError::DeadApiKey);
    }
    let scope = scopes::of_api_key(request.scope, &key.permissions)?;
    node.last_uses.note(key.id, app.clock.now());
    let subject = Subject::User {
        user: user.id,
        key: Some(key.hash),
    };
    let grant = TokenGrantId::new(&app.clock);
    Ok(Tokens {
        access: (app.tokens()).sign(&app.clock, (subject, &user.username), &scope, grant),
        refresh: None,
    })
}

/// The repositories of the license's products.
fn repositories<'a>(entitlement: &'a Entitlement<'a>) -> Vec<&'a RepositoryName> {
    let names: BTreeSet<_> = entitlement.repositories().collect();
    names.into_iter().collect()
}

fn words(node: &Node, entitlement: &Entitlement<'_>, denied: &Denied) -> String {
    let default = &node.app.config.default_repository().name;
    let repository = repositories(entitlement).first().copied();
    Words::new(&node.app, repository.unwrap_or(default).as_str()).denial(denied)
}
