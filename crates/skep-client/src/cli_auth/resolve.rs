//! Finding credentials, in the order that the module's documentation states.

use super::flow::Flow;
use super::{AuthConfig, AuthError, Credentials, LockName, Server, Source, TokenScope, Tokens};
use crate::oauth::{
    client_credentials_request, client_credentials_response, refresh_request, refresh_response,
};
use crate::{BaseUrl, Config, Secret};

/// What an exchanged key is to be good for.
const SCOPE: &str = "repositories";
use http::StatusCode;

/// What to do about a token that a server has called expired.
#[derive(Clone, Copy)]
pub(super) enum Rejected<'a> {
    /// There is none.
    Nothing,
    /// Refresh it, unless somebody has done so already.
    Refresh(&'a Secret),
    /// Take any other token, but leave this one.
    Avoid(&'a Secret),
}

fn configured(key: Secret) -> Credentials {
    Credentials {
        authorization: key,
        source: Source::Config,
        has_refresh_token: false,
    }
}

fn issued(tokens: &Tokens) -> Credentials {
    Credentials {
        authorization: tokens.bearer(),
        source: Source::OAuth,
        has_refresh_token: tokens.refresh_token.is_some(),
    }
}

impl Flow {
    pub(super) async fn resolve_api(
        &self,
        rejected: Rejected<'_>,
    ) -> Result<Option<Credentials>, AuthError> {
        if let Some(key) = &self.config.api_key {
            return Ok(Some(configured(key.clone())));
        }
        if let Some(key) = self.configs().find_map(|config| config.api_key) {
            return Ok(Some(configured(key)));
        }
        self.global_token(rejected).await
    }

    pub(super) async fn resolve_repo(
        &self,
        rejected: Rejected<'_>,
    ) -> Result<Option<Credentials>, AuthError> {
        if let Some(key) = &self.config.repo_key {
            return Ok(Some(configured(key.clone())));
        }
        let name = LockName::Repository(self.repository());
        let _guard = self.lock(name).await?;
        for config in self.configs() {
            if let Some(key) = config.repo_key {
                return Ok(Some(configured(key)));
            }
            if !self.config.trusted {
                break;
            }
            if config.auth_key.is_some() {
                return self.auth_key(config).await.map(Some);
            }
        }
        match self.config.trusted && self.is_own_repository() {
            true => self.global_token(rejected).await,
            false => Ok(None),
        }
    }

    async fn auth_key(&self, config: AuthConfig) -> Result<Credentials, AuthError> {
        let key = config.auth_key.ok_or(AuthError::NoCredentials)?;
        let Some(url) = self.exchange_url() else {
            return Ok(configured(key));
        };
        let scope = TokenScope::Repository {
            name: self.repository(),
            server: Server::of(url),
        };
        let stored = match config.oauth_token {
            Some(tokens) => Some(tokens),
            None => self.load(&scope)?,
        };
        let now = self.effects.now();
        let usable = stored.filter(|t| t.issuer == *scope.server() && !t.is_expiring(now));
        let mut credentials = match usable {
            Some(tokens) => issued(&tokens),
            None => issued(&self.exchange(url, &key, &scope).await?),
        };
        // A new exchange prolongs it, and needs nobody's refresh token.
        credentials.has_refresh_token = false;
        Ok(credentials)
    }

    async fn exchange(
        &self,
        url: &BaseUrl,
        key: &Secret,
        scope: &TokenScope,
    ) -> Result<Tokens, AuthError> {
        let failed = |error| AuthError::OAuthExchangeFailed(Box::new(error));
        let config = Config {
            oauth_exchange_url: Some(url.clone()),
            ..self.config.clone()
        };
        let client_id = self.source.client_id();
        let request = client_credentials_request(&config, &client_id, key, SCOPE, None);
        let response = self.effects.send(request.map_err(failed)?).await?;
        let response = response.map_err(failed)?;
        let tokens = client_credentials_response(response, self.effects.now()).map_err(failed)?;
        let tokens = Tokens::new(scope.server().clone(), tokens);
        let tokens = Tokens {
            refresh_token: None,
            ..tokens
        };
        self.persist(scope, &tokens)?;
        Ok(tokens)
    }

    /// The login at the target's server, prolonged if need be. One caller at a time: whoever waited
    /// here reads what the one before has stored.
    pub(super) async fn global_token(
        &self,
        rejected: Rejected<'_>,
    ) -> Result<Option<Credentials>, AuthError> {
        let server = self.server();
        let scope = TokenScope::Global(server.clone());
        let _guard = self.lock(LockName::Tokens(server.clone())).await?;
        let stored = self.load(&scope)?;
        let Some(tokens) = stored.filter(|tokens| tokens.issuer == server) else {
            return Ok(None);
        };
        let is_same = |rejected: &Secret| *rejected == tokens.bearer();
        let must_refresh = match rejected {
            Rejected::Avoid(rejected) if is_same(rejected) => return Ok(None),
            Rejected::Refresh(rejected) if is_same(rejected) => true,
            _ => tokens.is_expiring(self.effects.now()),
        };
        match must_refresh {
            true => self.refresh(&scope, tokens).await.map(Some),
            false => Ok(Some(issued(&tokens))),
        }
    }

    async fn refresh(&self, scope: &TokenScope, old: Tokens) -> Result<Credentials, AuthError> {
        let Some(refresh_token) = old.refresh_token else {
            self.clear(scope)?;
            return Err(AuthError::TokenRefreshFailed(None));
        };
        let failed = |error| AuthError::TokenRefreshFailed(Some(Box::new(error)));
        let request = refresh_request(&self.config, &self.source.client_id(), &refresh_token);
        let request = request.map_err(|error| AuthError::Request(Box::new(error)))?;
        let response = self.effects.send(request).await?.map_err(failed)?;
        let status = response.status();
        let tokens = match refresh_response(response, self.effects.now()) {
            Ok(tokens) => tokens,
            Err(error) => {
                // Only the server's word ends a login: it is still good when the server has a bad minute.
                if is_final(status) {
                    self.clear(scope)?;
                }
                return Err(failed(error));
            }
        };
        let mut tokens = Tokens::new(scope.server().clone(), tokens);
        tokens.refresh_token = tokens.refresh_token.or(Some(refresh_token));
        self.persist(scope, &tokens)?;
        Ok(issued(&tokens))
    }

    fn load(&self, scope: &TokenScope) -> Result<Option<Tokens>, AuthError> {
        let tokens = self.source.token_store().load(scope);
        tokens.map_err(AuthError::Store)
    }

    pub(super) fn persist(&self, scope: &TokenScope, tokens: &Tokens) -> Result<(), AuthError> {
        let done = self.source.token_store().persist(scope, tokens);
        done.map_err(AuthError::Store)
    }

    fn clear(&self, scope: &TokenScope) -> Result<(), AuthError> {
        let done = self.source.token_store().clear(scope);
        done.map_err(AuthError::Store)
    }
}

fn is_final(status: StatusCode) -> bool {
    let is_passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    status.is_client_error() && !is_passing.contains(&status)
}
