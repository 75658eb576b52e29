//! The second factor of a user: setting it up, checking codes, taking it away.

use std::net::IpAddr;

use crate::accounts::attempts::{self, Account, AttemptError, Kind};
use crate::accounts::caller::Via;
use crate::accounts::totp::{RecoveryCode, TotpSecret, hash_of_readable, is_recent};
use crate::accounts::unknown::Unknown;
use crate::accounts::user::User;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::second_factors::SecondFactor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::UserId;

/// How long the same login of a tool may repeat a code: mix sends it with every request of a command.
const REPEAT_SECONDS: i64 = 90;

/// Why a second factor was not set up, or a code not taken.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// There is one already: it has to go before another can come.
    #[error("two-factor authentication is enabled already")]
    Enabled,
    /// There is none.
    #[error("two-factor authentication is not enabled")]
    NotEnabled,
    /// It is wrong, or was used before.
    #[error(
        "the code is wrong, or has been used already; codes go by the clock of the device that shows them"
    )]
    Wrong,
    /// Too many wrong ones, or the database failed.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// No such user.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// What the user's app needs, until it has shown that it has it.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// What they share with us.
    pub secret: TotpSecret,
    /// How the app calls us.
    pub issuer: String,
    /// How the app calls the account.
    pub username: String,
}

impl Enrollment {
    /// For a QR code; the secret is in it.
    #[must_use]
    pub fn reveal_uri(&self) -> String {
        self.secret.reveal_uri(&self.issuer, &self.username)
    }
}

/// What came as a code, and how.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// Six digits, or a recovery code.
    pub code: &'a str,
    /// With what.
    pub via: Via,
    /// From where.
    pub address: IpAddr,
}

impl Presented<'_> {
    fn actor(self, user: &User) -> Actor {
        Actor::User {
            id: user.id,
            username: user.username.clone(),
            via: self.via,
            address: self.address,
        }
    }
}

/// Begins to set up a second factor. It does not count before [`confirm`]; asking again gives the same.
pub async fn enroll(app: &App, user: &User) -> Result<Enrollment, SecondFactorError> {
    let proposed = TotpSecret::generate(&app.clock);
    let secret = in_tx!(app.db, |tx| {
        match db::second_factors::find(tx, user.id).await? {
            Some(SecondFactor {
                confirmed_at: Some(_),
                ..
            }) => Err(SecondFactorError::Enabled),
            Some(begun) => Ok(begun.secret),
            None if db::second_factors::propose(tx, user.id, &proposed).await? => {
                Ok(proposed.clone())
            }
            None => Err(SecondFactorError::Enabled),
        }
    })?;
    Ok(Enrollment {
        secret,
        issuer: format!("Skep {}", app.config.default_repository().name),
        username: user.username.clone(),
    })
}

/// Ends setting up a second factor with a code from the app: from now on it counts. Gives the recovery
/// codes, which exist only here.
pub async fn confirm(
    app: &App,
    user: &User,
    presented: Presented<'_>,
) -> Result<Vec<RecoveryCode>, SecondFactorError> {
    let now = app.clock.now();
    let attempt =
        attempts::begin(app, Kind::Code, Account::User(user.id), presented.address).await?;
    let codes = RecoveryCode::generate_all(&app.clock);
    in_tx!(app.db, |tx| {
        let factor = db::second_factors::find(tx, user.id)
            .await?
            .ok_or(SecondFactorError::NotEnabled)?;
        if factor.confirmed_at.is_some() {
            return Err(SecondFactorError::Enabled);
        }
        take_step(tx, user.id, &factor, presented, now).await?;
        db::second_factors::confirm(tx, user.id, now).await?;
        replace_codes(tx, user.id, &codes).await?;
        attempt.was_right_in(tx).await?;
        let detail = serde_json::json!({});
        tx.audit(
            &app.clock,
            &presented.actor(user),
            ("user.enable_totp", &user.id),
            detail,
        )
        .await?;
        Ok::<_, SecondFactorError>(())
    })?;
    Ok(codes)
}

/// Gives a user new recovery codes instead of the old ones. Check a code first.
pub async fn renew_recovery_codes(
    app: &App,
    user: UserId,
    actor: &Actor,
) -> Result<Vec<RecoveryCode>, SecondFactorError> {
    let codes = RecoveryCode::generate_all(&app.clock);
    in_tx!(app.db, |tx| {
        let factor = db::second_factors::find(tx, user).await?;
        factor
            .and_then(|factor| factor.confirmed_at)
            .ok_or(SecondFactorError::NotEnabled)?;
        replace_codes(tx, user, &codes).await?;
        let detail = serde_json::json!({ "count": codes.len() });
        tx.audit(
            &app.clock,
            actor,
            ("user.renew_recovery_codes", &user),
            detail,
        )
        .await?;
        Ok::<_, SecondFactorError>(())
    })?;
    Ok(codes)
}

/// How many recovery codes a user has left.
pub async fn count_recovery_codes(app: &App, user: UserId) -> Result<u32, DbError> {
    let count = db::second_factors::count_codes(&mut app.db.read().await?, user).await?;
    Ok(u32::try_from(count).unwrap_or(0))
}

/// Takes a user's second factor away. In a browser, check a code first; a command needs none.
pub async fn remove(app: &App, user: UserId, actor: &Actor) -> Result<(), SecondFactorError> {
    in_tx!(app.db, |tx| {
        if !db::second_factors::delete(tx, user).await? {
            return Err(SecondFactorError::NotEnabled);
        }
        attempts::forget(tx, user).await?;
        let detail = serde_json::json!({});
        tx.audit(&app.clock, actor, ("user.reset_totp", &user), detail)
            .await?;
        Ok(())
    })
}

/// Checks a code of a user and takes it: it does not work again, on any node. Only the login of a tool
/// may repeat the code it came with, for 90 seconds.
///
/// # Errors
/// It is wrong, or was used, or there were too many wrong ones.
pub async fn check(
    app: &App,
    user: &User,
    presented: Presented<'_>,
) -> Result<(), SecondFactorError> {
    let account = Account::User(user.id);
    let attempt = attempts::begin(app, Kind::Code, account, presented.address).await?;
    let taken = in_tx!(app.db, |tx| {
        take(tx, app, user, presented).await?;
        Ok::<_, SecondFactorError>(attempt.was_right_in(tx).await?)
    });
    if matches!(taken, Err(SecondFactorError::Wrong)) {
        let actor = presented.actor(user);
        in_tx!(app.db, |tx| {
            let subject = ("second_factor.fail", &user.id as &_);
            tx.audit(&app.clock, &actor, subject, serde_json::json!({}))
                .await
        })?;
    }
    taken
}

async fn take(
    tx: &mut Tx,
    app: &App,
    user: &User,
    presented: Presented<'_>,
) -> Result<(), SecondFactorError> {
    let now = app.clock.now();
    let factor = db::second_factors::find(tx, user.id).await?;
    let factor = factor
        .filter(|factor| factor.confirmed_at.is_some())
        .ok_or(SecondFactorError::NotEnabled)?;
    if presented.code.len() <= 6 {
        return take_step(tx, user.id, &factor, presented, now).await;
    }
    take_recovery_code(tx, app, user, presented).await
}

async fn take_step(
    tx: &mut Tx,
    user: UserId,
    factor: &SecondFactor,
    presented: Presented<'_>,
    now: Timestamp,
) -> Result<(), SecondFactorError> {
    let via = presented.via.to_string();
    let step = factor
        .secret
        .step_of(presented.code, now)
        .ok_or(SecondFactorError::Wrong)?;
    let is_repeated = matches!(presented.via, Via::Token { .. })
        && factor.last_step == Some(step)
        && factor.last_via.as_ref() == Some(&via)
        && is_recent(step, now);
    if is_repeated || db::second_factors::take_step(tx, user, step, &via).await? {
        Ok(())
    } else {
        Err(SecondFactorError::Wrong)
    }
}

async fn take_recovery_code(
    tx: &mut Tx,
    app: &App,
    user: &User,
    presented: Presented<'_>,
) -> Result<(), SecondFactorError> {
    let now = app.clock.now();
    let (via, code) = (presented.via.to_string(), hash_of_readable(presented.code));
    if db::second_factors::take_code(tx, user.id, &code, (now, &via)).await? {
        let left = db::second_factors::count_codes(tx, user.id).await?;
        let actor = presented.actor(user);
        let detail = serde_json::json!({ "via": via, "left": left });
        tx.audit(
            &app.clock,
            &actor,
            ("user.use_recovery_code", &user.id),
            detail,
        )
        .await?;
        return Ok(());
    }
    let since = now.plus_seconds(-REPEAT_SECONDS);
    let is_repeated = matches!(presented.via, Via::Token { .. })
        && db::second_factors::was_code_taken(tx, user.id, &code, (since, &via)).await?;
    if is_repeated {
        Ok(())
    } else {
        Err(SecondFactorError::Wrong)
    }
}

async fn replace_codes(tx: &mut Tx, user: UserId, codes: &[RecoveryCode]) -> Result<(), DbError> {
    let hashes: Vec<_> = codes.iter().map(RecoveryCode::hash).collect();
    db::second_factors::replace_codes(tx, user, &hashes).await
}
