//! Table `oauth_device_codes`.

use skep_formats::checksum::Sha256;

use crate::accounts::permission::Permissions;
use crate::clock::Timestamp;
use crate::db::row::{At, micros, time};
use crate::db::{Conn, DbError, Driver, Tx};
use crate::ids::{TokenGrantId, UserId};
use crate::oauth::device::{Device, DeviceState, Pace};
use crate::oauth::scopes;
use crate::oauth::user_code::UserCode;
use crate::secret_text::KeyHash;

row! {
    struct DeviceRow {
        id: String, device_code_sha256: Vec<u8>, user_code: String, client_id: String, name: String,
        scope: String, address: String, created_at: i64, expires_at: i64, interval_seconds: i64,
        polled_at: Option<i64>, state: String, decided_at: Option<i64>, user_id: Option<String>,
        granted_scope: Option<String>, grant_id: Option<String>,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, device_code_sha256, user_code, client_id, name, scope, address, created_at, ",
            "expires_at, interval_seconds, polled_at, state, decided_at, user_id, granted_scope, ",
            "grant_id FROM oauth_device_codes",
            $rest
        )
    };
}

impl TryFrom<DeviceRow> for Device {
    type Error = DbError;
    fn try_from(row: DeviceRow) -> Result<Self, DbError> {
        let at = At {
            table: "oauth_device_codes",
            id: &row.id,
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            hash: KeyHash(at.sha256(&row.device_code_sha256)?),
            user_code: at.parse::<UserCode>(&row.user_code)?,
            scope: scope(at, &row.scope)?,
            state: state(at, &row)?,
            client: row.client_id,
            name: row.name,
            address: row.address,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            pace: Pace {
                interval_seconds: row.interval_seconds,
                polled_at: time(row.polled_at),
            },
        })
    }
}

pub(super) fn scope(at: At<'_>, text: &str) -> Result<Permissions, DbError> {
    scopes::parse(text).map_err(|error| at.corrupt(error))
}

fn state(at: At<'_>, row: &DeviceRow) -> Result<DeviceState, DbError> {
    let user = row.user_id.as_deref().map(|id| at.parse(id)).transpose()?;
    let granted = row.granted_scope.as_deref().map(|text| scope(at, text));
    let granted = granted.transpose()?;
    let grant = row.grant_id.as_deref().map(|id| at.parse(id)).transpose()?;
    match (&*row.state, time(row.decided_at), user, granted, grant) {
        ("pending", None, None, None, None) => Ok(DeviceState::Pending),
        ("approved", Some(at), Some(user), Some(scope), None) => {
            Ok(DeviceState::Approved { at, user, scope })
        }
        ("denied", Some(at), Some(user), None, None) => Ok(DeviceState::Denied { at, user }),
        ("exchanged", Some(at), Some(user), Some(scope), Some(grant)) => {
            Ok(DeviceState::Exchanged {
                at,
                user,
                scope,
                grant,
            })
        }
        (other, ..) => Err(at.corrupt(format_args!("its state `{other}` lacks something"))),
    }
}

/// The columns of a state: name, time, user, scope, grant.
type StateColumns = (
    &'static str,
    Option<Timestamp>,
    Option<UserId>,
    Option<String>,
    Option<TokenGrantId>,
);

fn columns(state: &DeviceState) -> StateColumns {
    let name = state.as_str();
    match state {
        DeviceState::Pending => (name, None, None, None, None),
        DeviceState::Approved { at, user, scope } => {
            (name, Some(*at), Some(*user), Some(scope.scope()), None)
        }
        DeviceState::Denied { at, user } => (name, Some(*at), Some(*user), None, None),
        DeviceState::Exchanged {
            at,
            user,
            scope,
            grant,
        } => (
            name,
            Some(*at),
            Some(*user),
            Some(scope.scope()),
            Some(*grant),
        ),
    }
}

/// The login that a user code stands for.
pub async fn find_by_user_code(
    conn: &mut Conn,
    code: &UserCode,
) -> Result<Option<Device>, DbError> {
    let sql = select!(" WHERE user_code = $1");
    let row = fetch_optional!(conn, DeviceRow, sql, code.as_str())?;
    row.map(Device::try_from).transpose()
}

/// The same; until the transaction ends nobody else changes it.
pub async fn find_by_user_code_locked(
    tx: &mut Tx,
    code: &UserCode,
) -> Result<Option<Device>, DbError> {
    // SQLite has one writer, and this is it.
    if !matches!(tx.driver(), Driver::Postgres(_)) {
        return find_by_user_code(tx, code).await;
    }
    let sql = select!(" WHERE user_code = $1 FOR NO KEY UPDATE");
    let row = fetch_optional!(tx, DeviceRow, sql, code.as_str())?;
    row.map(Device::try_from).transpose()
}

/// The login that a device code stands for; until the transaction ends nobody else changes it.
pub async fn find_by_hash_locked(tx: &mut Tx, hash: KeyHash) -> Result<Option<Device>, DbError> {
    let KeyHash(Sha256(bytes)) = hash;
    let row = if matches!(tx.driver(), Driver::Postgres(_)) {
        let sql = select!(" WHERE device_code_sha256 = $1 FOR NO KEY UPDATE");
        fetch_optional!(tx, DeviceRow, sql, &bytes[..])?
    } else {
        let sql = select!(" WHERE device_code_sha256 = $1");
        fetch_optional!(tx, DeviceRow, sql, &bytes[..])?
    };
    row.map(Device::try_from).transpose()
}

/// Enters a login; `false` when its user code is taken.
pub async fn insert(tx: &mut Tx, device: &Device) -> Result<bool, DbError> {
    let KeyHash(Sha256(bytes)) = device.hash;
    let inserted = execute!(
        tx,
        "INSERT INTO oauth_device_codes (id, device_code_sha256, user_code, client_id, name, scope, \
         address, created_at, expires_at, interval_seconds, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        device.id.to_string(),
        &bytes[..],
        device.user_code.as_str(),
        &device.client,
        &device.name,
        device.scope.scope(),
        &device.address,
        device.created_at.micros(),
        device.expires_at.micros(),
        device.pace.interval_seconds,
        device.state.as_str()
    )?;
    Ok(inserted > 0)
}

/// Writes all of a login that can change.
pub async fn update(tx: &mut Tx, device: &Device) -> Result<(), DbError> {
    let (state, at, user, scope, grant) = columns(&device.state);
    execute!(
        tx,
        "UPDATE oauth_device_codes SET interval_seconds = $2, polled_at = $3, state = $4, \
         decided_at = $5, user_id = $6, granted_scope = $7, grant_id = $8 WHERE id = $1",
        device.id.to_string(),
        device.pace.interval_seconds,
        micros(device.pace.polled_at),
        state,
        micros(at),
        user.map(|id| id.to_string()),
        scope,
        grant.map(|id| id.to_string())
    )?;
    Ok(())
}

/// Deletes the logins that a user has allowed and nobody has fetched.
pub async fn delete_approved(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    let sql = "DELETE FROM oauth_device_codes WHERE user_id = $1 AND state = 'approved'";
    execute!(tx, sql, user.to_string())?;
    Ok(())
}
