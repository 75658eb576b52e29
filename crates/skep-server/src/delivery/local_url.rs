//! URLs of this server's own `/repo/files/…`, signed with a key that all its nodes find in the
//! database.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;

use super::SignedUrl;
use crate::clock::Timestamp;

/// The path under the server's URL at which signed files are served.
pub const FILES_PATH: &str = "/repo/files/";

/// Signs URLs of files and checks them.
pub struct LocalUrl {
    base: String,
    key: hmac::Key,
}

impl fmt::Debug for LocalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalUrl")
            .field("base", &self.base)
            .field("key", &"****")
            .finish()
    }
}

/// A URL does not open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its time is over.
    #[error("this download link has expired: run the command again to get a new one")]
    Expired,
    /// It was not signed by us, or was changed since.
    #[error("this download link is not valid: its signature does not match")]
    BadSignature,
}

impl LocalUrl {
    /// URLs that begin with `base`, the public URL of this server or another one with the same
    /// database, signed with the 32 bytes of `key`.
    #[must_use]
    pub fn new(base: &str, key: &[u8]) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
        }
    }

    /// The URL of the file at `path` until `expires_at`.
    #[must_use]
    pub fn sign(&self, path: &str, expires_at: Timestamp) -> SignedUrl {
        let expires = expires_at.seconds();
        let signature =
            BASE64URL_NOPAD.encode(hmac::sign(&self.key, &message(path, expires)).as_ref());
        SignedUrl::new(&format!(
            "{}{FILES_PATH}{path}?expires={expires}&signature={signature}",
            self.base
        ))
    }

    /// Whether the `query` of a URL opens the file at `path` now; takes the same time whatever part of
    /// a signature is right.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, path: &str, query: &str, now: Timestamp) -> Result<(), Refused> {
        let (expires, signature) = parse_query(query).ok_or(Refused::BadSignature)?;
        let signature = BASE64URL_NOPAD
            .decode(signature.as_bytes())
            .map_err(|_| Refused::BadSignature)?;
        hmac::verify(&self.key, &message(path, expires), &signature)
            .map_err(|_| Refused::BadSignature)?;
        if now.seconds() < expires {
            Ok(())
        } else {
            Err(Refused::Expired)
        }
    }
}

fn message(path: &str, expires: i64) -> Vec<u8> {
    format!("skep local-url 1\n{expires}\n{path}").into_bytes()
}

fn parse_query(query: &str) -> Option<(i64, &str)> {
    let mut expires = None;
    let mut signature = None;
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("expires", value)) => expires = value.parse().ok(),
            Some(("signature", value)) => signature = Some(value),
            _ => {}
        }
    }
    expires.zip(signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "repos/acme/tarballs/alpha-1.0.0/ab12.tar";
    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn signed() -> (LocalUrl, String) {
        let signer = LocalUrl::new("https://hex.acme.example/", &[7; 32]);
        let url = signer.sign(PATH, NOW.plus_seconds(60));
        let query = url.reveal().split_once('?').unwrap().1.to_owned();
        (signer, query)
    }

    #[test]
    fn a_signed_url_opens_its_file_until_it_expires() {
        let (signer, query) = signed();
        let url = signer.sign(PATH, NOW.plus_seconds(60));
        assert!(
            url.reveal()
                .starts_with("https://hex.acme.example/repo/files/repos/acme/tarballs/")
        );
        assert_eq!(signer.check(PATH, &query, NOW.plus_seconds(59)), Ok(()));
        assert_eq!(
            signer.check(PATH, &query, NOW.plus_seconds(60)),
            Err(Refused::Expired)
        );
    }

    #[test]
    fn another_file_another_time_or_another_key_is_refused() {
        let (signer, query) = signed();
        let refused = Err(Refused::BadSignature);
        assert_eq!(
            signer.check("repos/acme/tarballs/alpha-1.0.1/ab12.tar", &query, NOW),
            refused
        );
        assert_eq!(
            signer.check(PATH, &query.replace("expires=1", "expires=2"), NOW),
            refused
        );
        assert_eq!(signer.check(PATH, &query[..query.len() - 1], NOW), refused);
        for query in [
            "",
            "expires=x&signature=y",
            "expires=1800000000",
            "signature=AA",
        ] {
            assert_eq!(signer.check(PATH, query, NOW), refused);
        }
        assert_eq!(
            LocalUrl::new("https://hex.acme.example", &[8; 32]).check(PATH, &query, NOW),
            refused
        );
    }

    #[test]
    fn debug_hides_key_and_signature() {
        let (signer, query) = signed();
        let text = format!("{signer:?} {:?}", signer.sign(PATH, NOW));
        assert!(
            text.contains("alpha-1.0.0") && text.contains("?****"),
            "{text}"
        );
        assert!(!text.contains(&query[query.len() - 10..]), "{text}");
    }
}
