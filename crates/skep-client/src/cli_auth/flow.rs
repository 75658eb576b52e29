//! What a session does from its beginning to its end.

use std::sync::Arc;

use super::effects::Effects;
use super::locks;
use super::resolve::Rejected;
use super::{
    Attempt, AuthError, CredentialSource, Credentials, Finished, LockGuard, LockName, LoginReason,
    Options, OtpReason, Outcome, Source,
};
use crate::{Config, Secret};

/// How many one-time passwords may be tried.
const MAX_OTP_TRIES: u32 = 3;
/// How often a token is refreshed because the server calls it expired: one that stays so must not keep us
/// here for ever.
const MAX_REFRESHES: u32 = 2;

/// What the credentials are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Realm {
    Api,
    Repo,
}

pub(super) struct Flow {
    pub(super) effects: Effects,
    pub(super) source: Arc<dyn CredentialSource>,
    pub(super) config: Config,
    pub(super) realm: Realm,
    pub(super) options: Options,
}

impl Flow {
    pub(super) async fn lock(&self, name: LockName) -> Result<LockGuard, AuthError> {
        locks::lock(&self.effects, self.source.token_store(), name).await
    }

    pub(super) async fn resolve(
        &self,
        rejected: Rejected<'_>,
    ) -> Result<Option<Credentials>, AuthError> {
        match self.realm {
            Realm::Api => self.resolve_api(rejected).await,
            Realm::Repo => self.resolve_repo(rejected).await,
        }
    }

    /// Finds credentials and asks nobody.
    pub(super) async fn resolve_only(self) -> Result<Finished, AuthError> {
        let credentials = self.resolve(Rejected::Nothing).await?;
        Ok(Finished {
            response: None,
            credentials,
        })
    }

    /// Finds credentials and goes on until an attempt with them is through.
    pub(super) async fn run(self) -> Result<Finished, AuthError> {
        let is_optional = self.options.optional.unwrap_or(self.realm == Realm::Repo);
        let is_inline = self.options.auth_inline.unwrap_or(self.realm == Realm::Api);
        match self.resolve(Rejected::Nothing).await {
            Ok(Some(credentials)) if self.realm == Realm::Repo => self.once(credentials).await,
            Ok(Some(credentials)) => self.until_through(credentials).await,
            Ok(None) | Err(AuthError::TokenRefreshFailed(_)) if is_optional => self.without().await,
            Ok(None) if is_inline && self.can_log_in() => {
                let credentials = self.log_in(LoginReason::NoCredentials, None).await?;
                self.until_through(credentials).await
            }
            Ok(None) => Err(AuthError::NoCredentials),
            Err(error) => Err(error),
        }
    }

    /// Whether a login would help: its token is for the server's own repositories only.
    fn can_log_in(&self) -> bool {
        match self.realm {
            Realm::Api => true,
            Realm::Repo => self.config.trusted && self.is_own_repository(),
        }
    }

    /// After a refused attempt somebody may be asked unless the options say no.
    fn may_ask_later(&self) -> bool {
        self.options.auth_inline.unwrap_or(true)
    }

    async fn once(&self, credentials: Credentials) -> Result<Finished, AuthError> {
        let attempt = Attempt {
            credentials: Some(credentials),
            otp: None,
        };
        self.effects.attempt(attempt.clone()).await?;
        Ok(finished(attempt.credentials))
    }

    async fn without(&self) -> Result<Finished, AuthError> {
        let outcome = self.effects.attempt(Attempt::default()).await?;
        if outcome == Outcome::Finished {
            return Ok(finished(None));
        }
        if !self.may_ask_later() {
            return Err(AuthError::NoCredentials);
        }
        if !self.can_log_in() {
            // The refusal is the answer: it says best what is missing.
            return Ok(finished(None));
        }
        let credentials = self.log_in(LoginReason::NoCredentials, None).await?;
        self.until_through(credentials).await
    }

    async fn until_through(&self, mut credentials: Credentials) -> Result<Finished, AuthError> {
        let (mut otp, mut otp_tries, mut refreshes, mut logins) = (None, 0, 0, 0);
        loop {
            let attempt = Attempt {
                credentials: Some(credentials.clone()),
                otp: otp.clone(),
            };
            match self.effects.attempt(attempt).await? {
                Outcome::Finished | Outcome::Unauthorized => {
                    return Ok(finished(Some(credentials)));
                }
                outcome @ (Outcome::OtpRequired | Outcome::OtpInvalid) => {
                    otp = Some(self.ask_otp(outcome, otp_tries).await?);
                    otp_tries += 1;
                }
                Outcome::TokenExpired => {
                    let may_refresh = credentials.has_refresh_token && refreshes < MAX_REFRESHES;
                    refreshes += 1;
                    credentials = match self.prolonged(&credentials, may_refresh).await {
                        Ok(credentials) => credentials,
                        Err(AuthError::TokenRefreshFailed(_))
                            if logins == 0 && self.may_ask_later() =>
                        {
                            logins += 1;
                            refreshes = 0;
                            let rejected = Some(&credentials.authorization);
                            self.log_in(LoginReason::TokenRefreshFailed, rejected)
                                .await?
                        }
                        Err(error) => return Err(error),
                    };
                    otp_tries = 0;
                }
            }
        }
    }

    async fn ask_otp(&self, outcome: Outcome, tries: u32) -> Result<Secret, AuthError> {
        if tries >= MAX_OTP_TRIES {
            return Err(AuthError::OtpMaxRetries);
        }
        let was_wrong = outcome == Outcome::OtpInvalid && tries > 0;
        let reason = match was_wrong {
            true => OtpReason::Invalid,
            false => OtpReason::Required,
        };
        self.effects.otp(reason).await
    }

    /// A token in place of one that the server calls expired.
    async fn prolonged(
        &self,
        old: &Credentials,
        may_refresh: bool,
    ) -> Result<Credentials, AuthError> {
        let found = match may_refresh {
            true => {
                let rejected = Rejected::Refresh(&old.authorization);
                self.global_token(rejected).await?
            }
            false => None,
        };
        found.ok_or(AuthError::TokenRefreshFailed(None))
    }

    /// Lets somebody log in. One caller at a time: whoever waited here takes the login of the one before.
    async fn log_in(
        &self,
        reason: LoginReason,
        rejected: Option<&Secret>,
    ) -> Result<Credentials, AuthError> {
        let _guard = self.lock(LockName::Login(self.server())).await?;
        let avoid = rejected.map_or(Rejected::Nothing, Rejected::Avoid);
        if let Ok(Some(found)) = self.resolve(avoid).await
            && Some(&found.authorization) != rejected
        {
            return Ok(found);
        }
        if !self.effects.may_log_in(reason).await? {
            return Err(AuthError::AuthDeclined);
        }
        let tokens = self.device_login().await?;
        Ok(Credentials {
            authorization: tokens.bearer(),
            source: Source::OAuth,
            has_refresh_token: tokens.refresh_token.is_some(),
        })
    }
}

fn finished(credentials: Option<Credentials>) -> Finished {
    Finished {
        response: None,
        credentials,
    }
}
