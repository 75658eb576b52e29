//! Tokens as text, for stores.

use serde::{Deserialize, Serialize};

use super::{Server, TokenScope, Tokens};

/// What a store keeps, of all servers or of one.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Entries {
    tokens: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    issuer: String,
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_at: i64,
}

impl Entries {
    pub(super) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    pub(super) fn to_text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("texts and numbers can be JSON");
        text.push(b'\n');
        text
    }

    /// The tokens of `scope`. An entry whose servers are no URLs is nobody's.
    pub(super) fn get(&self, scope: &TokenScope) -> Option<Tokens> {
        let entry = self.tokens.iter().find(|entry| entry.is_of(scope))?;
        Some(Tokens {
            issuer: Server::parse(&entry.issuer).ok()?,
            access_token: entry.access_token.as_str().into(),
            refresh_token: entry.refresh_token.as_deref().map(Into::into),
            expires_at: entry.expires_at,
        })
    }

    pub(super) fn set(&mut self, scope: &TokenScope, tokens: &Tokens) {
        self.remove(scope);
        let repository = match scope {
            TokenScope::Global(_) => None,
            TokenScope::Repository { name, .. } => Some(name.clone()),
        };
        let refresh_token = tokens.refresh_token.as_ref();
        self.tokens.push(Entry {
            server: scope.server().to_string(),
            repository,
            issuer: tokens.issuer.to_string(),
            access_token: tokens.access_token.expose().to_owned(),
            refresh_token: refresh_token.map(|token| token.expose().to_owned()),
            expires_at: tokens.expires_at,
        });
    }

    pub(super) fn remove(&mut self, scope: &TokenScope) {
        self.tokens.retain(|entry| !entry.is_of(scope));
    }
}

impl Entry {
    fn is_of(&self, scope: &TokenScope) -> bool {
        let is_server = Server::parse(&self.server).is_ok_and(|server| server == *scope.server());
        let repository = match scope {
            TokenScope::Global(_) => None,
            TokenScope::Repository { name, .. } => Some(name.as_str()),
        };
        is_server && self.repository.as_deref() == repository
    }
}
