//! Who is it? In front of everything else.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use skep_formats::name::RepositoryName;

use crate::accounts::caller::Need;
use crate::accounts::member::UserFacts;
use crate::accounts::permission::Permissions;
use crate::clock::Timestamp;
use crate::http::credentials::{self, Credential};
use crate::licensing::check::{Caller, Denied};
use crate::licensing::limits::OverLimit;
use crate::node::Node;
use crate::oauth::tokens::{Subject, Token, TokenError};
use crate::secret_text::KeyHash;
use crate::snapshot::Snapshot;

/// A caller with an unknown key does not wait longer than this for the database to know it.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// What a request says about who sent it: nothing that can change is in here.
pub(super) struct Identity<'a> {
    pub(super) credential: Credential,
    /// The token, when the credential is one of ours, good or not.
    token: Option<Arc<Token>>,
    /// The repository asked; `None` when there is none.
    repository: Option<&'a RepositoryName>,
}

impl<'a> Identity<'a> {
    pub(super) fn of(
        node: &Node,
        headers: &HeaderMap,
        repository: Option<&'a RepositoryName>,
    ) -> Self {
        let credential = Credential::of(headers);
        let token = match credential.token() {
            Some(hash) => credentials::token(node, headers, hash),
            None => None,
        };
        Self {
            credential,
            token,
            repository,
        }
    }

    /// Who it is, as far as this snapshot knows.
    pub(super) fn caller<'s>(&self, snapshot: &'s Snapshot, now: Timestamp) -> Caller<'s> {
        if let Some(token) = &self.token {
            return self.holder(token, snapshot, now);
        }
        let credential = &self.credential;
        let mut presented = credential.presented();
        if let Some(caller) = presented.find_map(|it| self.owner(&it.hash, snapshot, now)) {
            return caller;
        }
        match credential {
            Credential::Missing => Caller::Nobody,
            credential if credential.is_foreign_token() => Caller::ForeignToken,
            credential => Caller::UnknownKey {
                is_mistyped: credential.is_mistyped(),
            },
        }
    }

    /// Whoever has the key.
    fn owner<'s>(
        &self,
        hash: &KeyHash,
        snapshot: &'s Snapshot,
        now: Timestamp,
    ) -> Option<Caller<'s>> {
        if let Some(entitlement) = snapshot.entitlement(hash) {
            return Some(Caller::Known(entitlement));
        }
        let (user, key) = snapshot.members().by_api_key(hash)?;
        Some(match key.check(now) {
            Ok(()) => self.member(user, &key.permissions),
            Err(closed) => barred(Denied::ApiKeyClosed(closed)),
        })
    }

    /// Whoever has the token. A key that the snapshot does not have yet is an unknown key: then the
    /// feed is read once more.
    fn holder<'s>(&self, token: &Token, snapshot: &'s Snapshot, now: Timestamp) -> Caller<'s> {
        const UNKNOWN: Caller<'_> = Caller::UnknownKey { is_mistyped: false };
        match token.check(snapshot, now) {
            Ok(()) => {}
            Err(TokenError::Expired { since }) => return barred(Denied::TokenExpired { since }),
            Err(_) => return barred(Denied::TokenRevoked),
        }
        match token.subject {
            Subject::License { key, .. } => match snapshot.entitlement(&key) {
                None => UNKNOWN,
                Some(_) if !self.is_open_to(&token.scope) => barred(Denied::TokenElsewhere {
                    scope: token.scope.scope(),
                }),
                Some(entitlement) => Caller::Known(entitlement),
            },
            Subject::User { user, key: None } => match snapshot.members().user(user) {
                None => UNKNOWN,
                Some(user) => self.member(user, &token.scope),
            },
            Subject::User { key: Some(key), .. } => match snapshot.members().by_api_key(&key) {
                None => UNKNOWN,
                Some((_, key)) if key.check(now).is_err() => barred(Denied::TokenRevoked),
                Some((user, _)) => self.member(user, &token.scope),
            },
        }
    }

    /// Notes that a user's API key was used, if it was one.
    pub(super) fn note_use(&self, node: &Node, snapshot: &Snapshot, now: Timestamp) {
        let members = snapshot.members();
        let key = match self.token.as_ref().map(|token| token.subject) {
            Some(Subject::User { key: Some(key), .. }) => members.by_api_key(&key),
            Some(_) => None,
            None => {
                let mut presented = self.credential.presented();
                presented.find_map(|it| members.by_api_key(&it.hash))
            }
        };
        if let Some((_, key)) = key {
            node.last_uses.note(key.id, now);
        }
    }

    fn member(&self, user: &UserFacts, permissions: &Permissions) -> Caller<'static> {
        if user.disabled_at.is_some() {
            return barred(Denied::UserDisabled {
                username: user.username.to_string(),
            });
        }
        if self.is_open_to(permissions) {
            return Caller::Member;
        }
        barred(Denied::NotForRepository {
            permissions: permissions.scope(),
        })
    }

    /// A repository that is not there is open: that there is none is what the answer says.
    fn is_open_to(&self, permissions: &Permissions) -> bool {
        (self.repository).is_none_or(|name| permissions.allows(&Need::ReadRepository(name)))
    }

    /// For a key that the snapshot does not know, which may have been issued a moment ago: the feed is read
    /// once more. A key that stays unknown counts against its address.
    ///
    /// # Errors
    /// The address has sent too many unknown keys. Known ones are always answered.
    pub(super) async fn look_again(
        &self,
        node: &Node,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Arc<Snapshot>, OverLimit> {
        if self.credential.is_well_formed() || self.token.is_some() {
            // With the database away the key stays unknown; `/readyz` and the log say why.
            let _ = tokio::time::timeout(LONGEST_LOOK, node.snapshot.look_again()).await;
        }
        let snapshot = node.snapshot.load_full();
        if let Caller::UnknownKey { .. } = self.caller(&snapshot, now) {
            node.limits.count_unknown_key(address, now)?;
        }
        Ok(snapshot)
    }
}

fn barred(denied: Denied) -> Caller<'static> {
    Caller::Barred(Box::new(denied))
}
