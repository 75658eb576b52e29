//! Making, rotating and revoking license keys.

use crate::app::App;
use crate::clock::{Clock, Timestamp};
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::{KeyId, LicenseId};
use crate::licensing::key::{KeyHash, KeyRecord, LicenseKey};
use crate::licensing::license::{License, Status};
use crate::licensing::licenses;
use crate::licensing::texts::{self, TextError};
use crate::licensing::unknown::Unknown;

/// How long a rotated key works on, unless the seller says otherwise.
pub const DEFAULT_OVERLAP_SECONDS: u32 = 7 * 86_400;

/// Why a key was not made, rotated or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It would open nothing, ever.
    #[error(
        "license `{0}` is revoked, and that is for good: a key for it would open nothing; issue a new license"
    )]
    LicenseRevoked(LicenseId),
    /// It is closed.
    #[error("key `{key}` is revoked since {}: `skep key create {license}` makes a new one", since.date())]
    Revoked {
        /// Which key.
        key: KeyId,
        /// Its license.
        license: LicenseId,
        /// Since when.
        since: Timestamp,
    },
    /// It is closed.
    #[error("key `{key}` expired on {}: `skep key create {license}` makes a new one", at.date())]
    Expired {
        /// Which key.
        key: KeyId,
        /// Its license.
        license: LicenseId,
        /// When.
        at: Timestamp,
    },
    /// Another one has taken its place.
    #[error("key `{key}` was rotated on {} already: rotate the key that replaced it", at.date())]
    Rotated {
        /// Which key.
        key: KeyId,
        /// When.
        at: Timestamp,
    },
    /// A text is not taken.
    #[error(transparent)]
    Text(#[from] TextError),
    /// No such license or key.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct Create {
    /// The license's id or external id.
    pub license: String,
    /// What to call it.
    pub label: String,
    /// Refused after.
    pub expires_at: Option<Timestamp>,
    /// Who makes it.
    pub actor: Actor,
}

/// A key that was made. The secret exists only here.
#[derive(Clone, Debug)]
pub struct Created {
    /// The license it opens.
    pub license: License,
    /// The key.
    pub key: KeyRecord,
    /// What the customer needs.
    pub secret: LicenseKey,
    /// What the seller should know.
    pub notes: Vec<String>,
}

/// A key that was rotated. The new secret exists only here.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The key that works on until it expires.
    pub old: KeyRecord,
    /// The key that takes its place.
    pub key: KeyRecord,
    /// What the customer needs.
    pub secret: LicenseKey,
}

/// Makes another key for a license.
pub async fn create(app: &App, request: &Create) -> Result<Created, KeyError> {
    texts::check_line("label", &request.label)?;
    in_tx!(app.db, |tx| {
        let license = licenses::find_locked(tx, &request.license).await??;
        if license.terms.status == Status::Revoked {
            return Err(KeyError::LicenseRevoked(license.id));
        }
        let (key, secret) = insert_new(
            tx,
            &app.clock,
            (license.id, &request.label),
            request.expires_at,
        )
        .await?;
        let detail = serde_json::json!({ "license": license.id, "label": key.label });
        tx.audit(&app.clock, &request.actor, ("key.create", &key.id), detail)
            .await?;
        let past = request.expires_at.filter(|at| *at < app.clock.now());
        let notes = past.map(|at| {
            format!(
                "the key's expiry {} is in the past: it opens nothing",
                at.date()
            )
        });
        Ok(Created {
            license,
            key,
            secret,
            notes: notes.into_iter().collect(),
        })
    })
}

/// Makes a key and enters it.
pub(super) async fn insert_new(
    tx: &mut Tx,
    clock: &Clock,
    (license, label): (LicenseId, &str),
    expires_at: Option<Timestamp>,
) -> Result<(KeyRecord, LicenseKey), DbError> {
    let secret = LicenseKey::generate(clock);
    let hash_and_hint = (secret.hash(), secret.hint());
    let key = record(clock, (license, label), hash_and_hint, expires_at);
    db::keys::insert(tx, &key).await?;
    Ok((key, secret))
}

/// A key that nobody has used yet.
pub(super) fn record(
    clock: &Clock,
    (license, label): (LicenseId, &str),
    (hash, hint): (KeyHash, String),
    expires_at: Option<Timestamp>,
) -> KeyRecord {
    KeyRecord {
        id: KeyId::new(clock),
        license,
        hash,
        hint,
        label: label.to_owned(),
        created_at: clock.now(),
        expires_at,
        revoked_at: None,
        rotated_at: None,
        last_used_at: None,
    }
}

/// The keys of the license of an id or external id, oldest first.
pub async fn list(app: &App, license: &str) -> Result<Vec<KeyRecord>, KeyError> {
    let mut conn = app.db.read().await?;
    let license = licenses::find(&mut conn, license).await??;
    Ok(db::keys::list(&mut conn, license.id).await?)
}

/// The key of an id.
pub async fn show(app: &App, id: KeyId) -> Result<KeyRecord, KeyError> {
    let found = db::keys::find(&mut app.db.read().await?, id).await?;
    Ok(found.ok_or_else(|| Unknown::key(id))?)
}

/// Makes a key that takes the place of another, which works on for `overlap_seconds` and tells its
/// users meanwhile.
pub async fn rotate(
    app: &App,
    id: KeyId,
    overlap_seconds: u32,
    actor: &Actor,
) -> Result<Rotated, KeyError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let before = find_locked(tx, id).await?;
        check_rotatable(&before, now)?;
        let ends_at = now.plus_seconds(i64::from(overlap_seconds));
        let old = KeyRecord {
            expires_at: Some(before.expires_at.map_or(ends_at, |at| at.min(ends_at))),
            rotated_at: Some(now),
            ..before
        };
        db::keys::update(tx, &old).await?;
        let (key, secret) = insert_new(tx, &app.clock, (old.license, &old.label), None).await?;
        let detail = serde_json::json!({ "license": old.license, "new": key.id, "expires_at": old.expires_at });
        tx.audit(&app.clock, actor, ("key.rotate", &old.id), detail)
            .await?;
        Ok(Rotated { old, key, secret })
    })
}

fn check_rotatable(key: &KeyRecord, now: Timestamp) -> Result<(), KeyError> {
    let (id, license) = (key.id, key.license);
    match (key.revoked_at, key.expires_at, key.rotated_at) {
        (Some(since), _, _) => Err(KeyError::Revoked {
            key: id,
            license,
            since,
        }),
        (_, Some(at), _) if at < now => Err(KeyError::Expired {
            key: id,
            license,
            at,
        }),
        (_, _, Some(at)) => Err(KeyError::Rotated { key: id, at }),
        _ => Ok(()),
    }
}

/// Refuses a key from now on.
pub async fn revoke(app: &App, id: KeyId, actor: &Actor) -> Result<KeyRecord, KeyError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let before = find_locked(tx, id).await?;
        if let Some(since) = before.revoked_at {
            return Err(KeyError::Revoked {
                key: id,
                license: before.license,
                since,
            });
        }
        let key = KeyRecord {
            revoked_at: Some(now),
            ..before
        };
        db::keys::update(tx, &key).await?;
        let detail = serde_json::json!({ "license": key.license });
        tx.audit(&app.clock, actor, ("key.revoke", &key.id), detail)
            .await?;
        Ok(key)
    })
}

/// A key to change: nobody else changes a key of its license until the transaction ends.
async fn find_locked(tx: &mut Tx, id: KeyId) -> Result<KeyRecord, KeyError> {
    let found = db::keys::find(tx, id)
        .await?
        .ok_or_else(|| Unknown::key(id))?;
    db::licenses::lock(tx, &[found.license]).await?;
    Ok(db::keys::find(tx, id)
        .await?
        .ok_or_else(|| Unknown::key(id))?)
}
