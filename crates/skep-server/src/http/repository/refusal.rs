//! Refusals: the same text for everybody, the code that the client shows the text with.

use axum::response::Response;
use http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::Visit;
use crate::http::call::File;
use crate::http::messages::{self, Level};
use crate::http::{error, text};
use crate::licensing::check::Denied;
use crate::licensing::limits::OverLimit;

const TOKEN_EXPIRED: &str = "Bearer realm=\"hex\", error=\"token_expired\"";

impl Visit<'_> {
    /// The answer to a caller who may not.
    pub(super) fn refusal(&self, denied: &Denied) -> Response {
        let words = self.words().denial(denied);
        let mut response = unkept(self.refusal_status(denied), format!("{words}\n"));
        if response.status() == StatusCode::UNAUTHORIZED {
            // wget, Nix and others with a netrc send it only after they were asked for it.
            let challenge = match denied {
                // Only this one makes clients get another token.
                Denied::TokenExpired { .. } => TOKEN_EXPIRED.to_owned(),
                _ => format!("Basic realm=\"{}\"", self.repository),
            };
            if let Ok(challenge) = HeaderValue::try_from(challenge) {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
        }
        match self.call.file {
            File::Package(_) => self.tell(&mut response, || words, Level::Fatal),
            File::PublicKey if self.client.copes_with_messages() => {
                // mix has saved an entry without a public key by now, and fails on it from then on.
                let stop = if words.ends_with('.') { "" } else { "." };
                let words = format!(
                    "{words}{stop} The entry that mix has just saved is broken; `mix hex.repo add` with the right key replaces it."
                );
                response
                    .headers_mut()
                    .insert(messages::HEADER, messages::header(&words, Level::Fatal));
            }
            _ => {}
        }
        response
    }

    /// mix hides the text of a 401, 403 and 404 on `/packages` and gives wrong advice in its place.
    fn refusal_status(&self, denied: &Denied) -> StatusCode {
        match self.call.file {
            File::Package(_) if self.client.is_mix() => StatusCode::PAYMENT_REQUIRED,
            _ => error::status(denied),
        }
    }

    /// The answer to what is too much.
    pub(super) fn too_many(&self, error: OverLimit) -> Response {
        let mut response = unkept(StatusCode::TOO_MANY_REQUESTS, format!("{error}\n"));
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(error.retry_after_seconds()));
        if let File::Package(_) = self.call.file {
            self.tell(&mut response, || error.to_string(), Level::Fatal);
        }
        response
    }

    /// Adds an `x-hex-message` for clients that cope, once for each caller and minute.
    pub(super) fn tell(
        &self,
        response: &mut Response,
        text: impl FnOnce() -> String,
        level: Level,
    ) {
        if self.client.copes_with_messages() && self.node.messages.may_tell(self.told_as, self.now)
        {
            response
                .headers_mut()
                .insert(messages::HEADER, messages::header(&text(), level));
        }
    }
}

/// A text that nobody may keep: tomorrow, or with another client, the answer is another one.
fn unkept(status: StatusCode, body: String) -> Response {
    let mut response = text(status, body);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
