//! Logging in by the device flow: a client asks, a user allows it on a page, the client fetches its
//! tokens. The pages and the endpoints meet here.

use std::fmt;
use std::net::IpAddr;

use data_encoding::BASE64URL_NOPAD;

use crate::accounts::attempts::AttemptError;
use crate::accounts::permission::Permissions;
use crate::accounts::user::User;
use crate::app::App;
use crate::clock::{Clock, Timestamp};
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::DeviceId;
use crate::oauth::clients;
use crate::oauth::device::{self, Device, DeviceState, InvalidTransition, Pace};
use crate::oauth::error::OAuthError;
use crate::oauth::guesses;
use crate::oauth::issue::{self, Opened, Tokens};
use crate::oauth::scopes;
use crate::oauth::user_code::{NotACode, UserCode};
use crate::secret_text::KeyHash;

const LONGEST_NAME: usize = 100;

/// A login that a client begins.
#[derive(Clone, Debug)]
pub struct Begin<'a> {
    /// The client's id.
    pub client: &'a str,
    /// What the client calls itself; may be empty.
    pub name: &'a str,
    /// What it asks for.
    pub scope: &'a str,
    /// Where it is.
    pub address: IpAddr,
}

/// A login that was begun. The device code exists only here.
#[derive(Clone)]
pub struct Begun {
    /// What the client polls with: a secret.
    pub device_code: String,
    /// What the person compares or types.
    pub user_code: UserCode,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Begun(****)")
    }
}

/// Begins a login.
///
/// # Errors
/// The client is unknown, or asks for what is not there, or too many logins were begun.
pub async fn begin(app: &App, request: &Begin<'_>) -> Result<Begun, OAuthError> {
    let scope = scopes::requested(request.scope)?;
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        guesses::count_begun(tx, request.address, now).await?;
        let client = clients::find(tx, request.client).await?;
        let client = client.ok_or(OAuthError::UnknownClient)?;
        loop {
            let (device, begun) = new_device(&app.clock, &client.id, request, &scope);
            // The user code may be one that waits already.
            if db::oauth_devices::insert(tx, &device).await? {
                return Ok(begun);
            }
        }
    })
}

fn new_device(
    clock: &Clock,
    client: &str,
    request: &Begin<'_>,
    scope: &Permissions,
) -> (Device, Begun) {
    let begun = Begun {
        device_code: BASE64URL_NOPAD.encode(&clock.random::<32>()),
        user_code: UserCode::generate(clock),
    };
    let now = clock.now();
    let device = Device {
        id: DeviceId::new(clock),
        hash: KeyHash::of(&begun.device_code),
        user_code: begun.user_code.clone(),
        client: client.to_owned(),
        name: shown_name(request.name),
        scope: scope.clone(),
        address: request.address.to_string(),
        created_at: now,
        expires_at: now.plus_seconds(device::LIFETIME_SECONDS),
        pace: Pace::default(),
        state: DeviceState::Pending,
    };
    (device, begun)
}

/// A name that can be shown on one line of a page and of a terminal.
fn shown_name(text: &str) -> String {
    let shown = text.trim().chars().filter(|c| !c.is_control());
    shown.take(LONGEST_NAME).collect()
}

/// Asks whether a login was allowed; if so, it gives the first tokens, once.
///
/// # Errors
/// Not now, or never.
pub async fn poll(
    app: &App,
    client: &str,
    device_code: &str,
    address: IpAddr,
) -> Result<Tokens, OAuthError> {
    let hash = KeyHash::of(device_code);
    // A poll is counted whatever it is told, so what it is told is no error of the transaction.
    let told: Result<Result<_, OAuthError>, OAuthError> = in_tx!(app.db, |tx| {
        if clients::find(tx, client).await?.is_none() {
            return Ok(Err(OAuthError::UnknownClient));
        }
        let found = db::oauth_devices::find_by_hash_locked(tx, hash).await?;
        match found.filter(|device| device.client == client) {
            Some(device) => poll_in(tx, app, device, address).await,
            None => Ok(Err(OAuthError::UnknownDeviceCode)),
        }
    });
    told?.map(|opened| opened.sign(app))
}

async fn poll_in(
    tx: &mut Tx,
    app: &App,
    mut device: Device,
    address: IpAddr,
) -> Result<Result<Opened, OAuthError>, OAuthError> {
    let (user, scope) = match device.poll(app.clock.now()) {
        Ok(allowed) => allowed,
        Err(not_yet) => {
            db::oauth_devices::update(tx, &device).await?;
            return Ok(Err(not_yet.into()));
        }
    };
    let user = db::users::find(tx, user).await?;
    let Some(user) = user.filter(|user| !user.is_disabled()) else {
        return Ok(Err(OAuthError::UserDisabled));
    };
    let opened = issue::open_in(tx, app, &user, &device, scope, address).await?;
    let state = device.state.exchange(opened.grant.id);
    device.state = state.expect("`poll` gives who allowed it only where somebody has");
    db::oauth_devices::update(tx, &device).await?;
    Ok(Ok(opened))
}

/// A login that waits for a user's word, as the page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingDevice {
    /// The code, as its owner sees it.
    pub user_code: UserCode,
    /// The program that asks: `mix`.
    pub client: String,
    /// What it calls itself: the name of a machine, mostly; may be empty.
    pub name: String,
    /// The address it asked from.
    pub address: String,
    /// What it asks for.
    pub scope: Permissions,
    /// When it asked.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// Who looks at a login and decides about it.
#[derive(Clone, Copy, Debug)]
pub struct Approver<'a> {
    /// Who.
    pub user: &'a User,
    /// The same, for the audit.
    pub actor: &'a Actor,
    /// From where.
    pub address: IpAddr,
}

/// Why a code does not lead to a login that waits.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Not a code at all.
    #[error(transparent)]
    NotACode(#[from] NotACode),
    /// No login waits with it.
    #[error("no login waits with this code: compare it with the one on your screen")]
    Unknown,
    /// Nobody came in time.
    #[error("this code has expired: begin the login once more")]
    Expired,
    /// Somebody was faster.
    #[error(transparent)]
    Decided(#[from] InvalidTransition),
    /// Less than what was asked for may be allowed, but not nothing and not more.
    #[error("only what was asked for can be allowed, and at least one thing of it")]
    Scope,
    /// Too many wrong ones, or the database failed.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The login that waits with a code somebody typed. A wrong code counts against `actor`'s account and
/// address.
///
/// # Errors
/// None does.
pub async fn find_by_user_code(
    app: &App,
    approver: &Approver<'_>,
    typed: &str,
) -> Result<PendingDevice, DeviceError> {
    guesses::guessing(app, approver, async {
        let mut conn = app.db.read().await?;
        let found = db::oauth_devices::find_by_user_code(&mut conn, &typed.parse()?).await?;
        let device = waiting(found, app.clock.now())?;
        let client = clients::find(&mut conn, &device.client).await?;
        let client = client.ok_or(DeviceError::Unknown)?;
        Ok(PendingDevice {
            user_code: device.user_code,
            client: client.name,
            name: device.name,
            address: device.address,
            scope: device.scope,
            created_at: device.created_at,
            expires_at: device.expires_at,
        })
    })
    .await
}

/// Allows a login: all of what was asked for, or `granted` of it. Its client gets its tokens with the
/// next poll.
///
/// # Errors
/// No login waits with this code, or more is allowed than was asked for.
pub async fn approve(
    app: &App,
    approver: &Approver<'_>,
    typed: &str,
    granted: Option<&Permissions>,
) -> Result<(), DeviceError> {
    guesses::guessing(
        app,
        approver,
        decide(app, approver, typed, Word::Yes(granted)),
    )
    .await
}

/// Refuses a login: its client is told so with the next poll.
///
/// # Errors
/// No login waits with this code.
pub async fn deny(app: &App, approver: &Approver<'_>, typed: &str) -> Result<(), DeviceError> {
    guesses::guessing(app, approver, decide(app, approver, typed, Word::No)).await
}

enum Word<'a> {
    Yes(Option<&'a Permissions>),
    No,
}

async fn decide(
    app: &App,
    approver: &Approver<'_>,
    typed: &str,
    word: Word<'_>,
) -> Result<(), DeviceError> {
    let code: UserCode = typed.parse()?;
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let found = db::oauth_devices::find_by_user_code_locked(tx, &code).await?;
        let mut device = waiting(found, now)?;
        let user = approver.user.id;
        let (state, action, scope) = match &word {
            Word::Yes(granted) => {
                let scope = granted.unwrap_or(&device.scope).clone();
                if scope.iter().next().is_none() || !scopes::is_within(&scope, &device.scope) {
                    return Err(DeviceError::Scope);
                }
                let state = device.state.approve(user, scope.clone(), now)?;
                (state, "oauth.device_approve", scope)
            }
            Word::No => {
                let state = device.state.deny(user, now)?;
                (state, "oauth.device_deny", device.scope.clone())
            }
        };
        device.state = state;
        db::oauth_devices::update(tx, &device).await?;
        let detail = serde_json::json!({
            "client": device.client, "name": device.name, "scope": scope, "asked_from": device.address,
        });
        tx.audit(&app.clock, approver.actor, (action, &device.id), detail)
            .await?;
        Ok(())
    })
}

fn waiting(found: Option<Device>, now: Timestamp) -> Result<Device, DeviceError> {
    let device = found.ok_or(DeviceError::Unknown)?;
    match &device.state {
        _ if device.is_expired(now) => Err(DeviceError::Expired),
        DeviceState::Pending => Ok(device),
        decided => Err(InvalidTransition::from(decided).into()),
    }
}
