//! Codes that people type are short, and nobody who has a right token sends wrong ones: both are
//! counted. So are logins that are begun. The counts are in the database: they hold across nodes.

use std::net::IpAddr;

use crate::accounts::attempts::{self, Account, AttemptError, Kind};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{self, Tx};
use crate::licensing::limits::group_of;
use crate::oauth::error::OAuthError;
use crate::oauth::logins::{Approver, DeviceError};

/// So many logins an address begins in a minute, at whichever nodes: each is a row until somebody allows it
/// or it expires. An office may log everybody in after lunch.
const BEGUN_PER_MINUTE: i64 = 120;

/// Counts a login that an address begins.
///
/// # Errors
/// There were too many.
pub(super) async fn count_begun(
    tx: &mut Tx,
    address: IpAddr,
    now: Timestamp,
) -> Result<(), OAuthError> {
    let minute = now.seconds().div_euclid(60);
    let subject = format!("address:{}|{minute}", group_of(address));
    let counted = ("login", subject.as_str());
    let forgotten = now.plus_seconds(-60);
    if db::attempts::lock(tx, counted, now, forgotten).await?.count >= BEGUN_PER_MINUTE {
        let left = 60 - now.seconds().rem_euclid(60);
        return Err(OAuthError::TooMany {
            retry_after_seconds: u32::try_from(left).unwrap_or(60),
        });
    }
    db::attempts::increment(tx, counted, now).await?;
    Ok(())
}

/// Runs what looks for a code that somebody typed, unless too many wrong ones were tried by this user
/// or from this address. A code that was somebody's is no wrong one, whatever became of it.
pub(super) async fn guessing<T>(
    app: &App,
    approver: &Approver<'_>,
    look: impl Future<Output = Result<T, DeviceError>>,
) -> Result<T, DeviceError> {
    let account = Account::User(approver.user.id);
    let attempt = attempts::begin(app, Kind::UserCode, account, approver.address).await?;
    let found = look.await;
    match found {
        Err(DeviceError::NotACode(_) | DeviceError::Unknown) => {}
        _ => attempt.was_right(app).await?,
    }
    found
}

/// Counts a wrong code, token or client, after it was found to be wrong: right ones are answered from
/// any address, for many builds share one.
///
/// # Errors
/// There were too many; else `error`.
pub async fn refuse<T>(app: &App, address: IpAddr, error: OAuthError) -> Result<T, OAuthError> {
    match error {
        OAuthError::UnknownDeviceCode
        | OAuthError::UnknownRefreshToken
        | OAuthError::UnknownClient => {}
        other => return Err(other),
    }
    match attempts::begin(app, Kind::Token, Account::Any, address).await {
        Ok(_stays_wrong) => Err(error),
        Err(AttemptError::TooMany {
            retry_after_seconds,
        }) => Err(OAuthError::TooMany {
            retry_after_seconds,
        }),
        Err(AttemptError::Database(error)) => Err(error.into()),
    }
}
