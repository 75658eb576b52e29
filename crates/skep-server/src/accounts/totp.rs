//! The second factor's arithmetic: codes of six digits that change every 30 seconds (RFC 6238), and
//! recovery codes for whoever has lost the app.

use std::fmt;

use skep_formats::checksum::Sha256;
use totp_rs::{Builder, Totp};

use crate::clock::{Clock, Timestamp};

const STEP_SECONDS: i64 = 30;
const RECOVERY_CODES: usize = 10;
/// Without `i`, `l`, `o` and `u`: nothing that looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What the user's app and we share. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; 20]);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(****)")
    }
}

/// A stored secret has another length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a second factor's secret has 20 bytes, not `{0}`")]
pub struct SecretLength(usize);

impl TryFrom<&[u8]> for TotpSecret {
    type Error = SecretLength;
    fn try_from(bytes: &[u8]) -> Result<Self, SecretLength> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| SecretLength(bytes.len()))
    }
}

impl TotpSecret {
    /// A new secret.
    #[must_use]
    pub fn generate(clock: &Clock) -> Self {
        Self(clock.random())
    }

    /// As the database keeps it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// As a person types it into an app: base32.
    #[must_use]
    pub fn reveal_base32(&self) -> String {
        data_encoding::BASE32_NOPAD.encode(&self.0)
    }

    /// As an app reads it from a QR code: `otpauth://totp/…`, with the secret in it.
    #[must_use]
    pub fn reveal_uri(&self, issuer: &str, username: &str) -> String {
        let label = |text: &str| text.replace(':', " ");
        let totp = Builder::new()
            .with_secret(self.0.to_vec())
            .with_account_name(label(username))
            .with_issuer(Some(label(issuer)))
            .build_noncompliant();
        totp.to_url().expect("the name has no colon")
    }

    /// The code of a moment.
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> String {
        self.totp().generate(seconds(now)).to_string()
    }

    /// The time step whose code this is: the current one, the one before or the one after, because
    /// clocks differ and people are slow. `None` when it is none of them.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        let step = is_code.then(|| self.totp().check(code, seconds(now)))??;
        i64::try_from(step).ok()
    }

    fn totp(&self) -> Totp {
        Builder::new()
            .with_secret(self.0.to_vec())
            .build_noncompliant()
    }
}

/// Whether a step's code can still be one that was typed a moment ago.
#[must_use]
pub const fn is_recent(step: i64, now: Timestamp) -> bool {
    (now.seconds() / STEP_SECONDS - step).abs() <= 1
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.seconds()).unwrap_or(0)
}

/// A code that works once, whatever the time. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(****)")
    }
}

impl RecoveryCode {
    /// As many as a user gets.
    #[must_use]
    pub fn generate_all(clock: &Clock) -> Vec<Self> {
        (0..RECOVERY_CODES)
            .map(|_| Self(readable_code::<16>(clock)))
            .collect()
    }

    /// `xxxx-xxxx-xxxx-xxxx`: for the one time it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> Sha256 {
        hash_of_readable(&self.0)
    }
}

/// A code for people to copy: `N` characters of five bits each, in groups of four.
pub(super) fn readable_code<const N: usize>(clock: &Clock) -> String {
    let characters = clock.random::<N>();
    let groups = characters.chunks(4).map(|group| {
        let of = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
        group.iter().map(of).collect::<String>()
    });
    groups.collect::<Vec<_>>().join("-")
}

/// The hash of such a code, however it was typed: in capitals, without hyphens, with an O for a 0.
pub(super) fn hash_of_readable(code: &str) -> Sha256 {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        })
        .collect();
    Sha256::of(plain.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_seconds(seconds);
            assert_eq!(secret.code_at(now), code);
            assert_eq!(secret.step_of(code, now), Some(seconds / 30));
            assert_eq!(
                secret.step_of(code, now.plus_seconds(30)),
                Some(seconds / 30)
            );
            assert_eq!(
                secret.step_of(code, now.plus_seconds(-30)),
                Some(seconds / 30)
            );
            assert_eq!(secret.step_of(code, now.plus_seconds(60)), None);
        }
        let now = Timestamp::from_seconds(59);
        for text in ["", "28708", "2870820", "28708x", "+28708", "２８７０８２"] {
            assert_eq!(secret.step_of(text, now), None, "{text}");
        }
    }

    #[test]
    fn an_app_can_read_the_secret() {
        let secret = TotpSecret(*b"12345678901234567890");
        assert_eq!(secret.reveal_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            secret.reveal_uri("Skep: acme", "rosa"),
            "otpauth://totp/Skep%20%20acme:rosa?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Skep%20%20acme"
        );
        assert_eq!(format!("{secret:?}"), "TotpSecret(****)");
    }

    #[test]
    fn recovery_codes_can_be_typed_in_many_ways() {
        let codes = RecoveryCode::generate_all(&Clock::system());
        assert_eq!(codes.len(), 10);
        let (code, hash) = (codes[0].reveal(), codes[0].hash());
        assert_eq!(code.len(), 19);
        assert_eq!(hash_of_readable(&code.to_uppercase()), hash);
        assert_eq!(hash_of_readable(&code.replace('-', " ")), hash);
        assert_eq!(hash_of_readable(&code.replace('0', "O")), hash);
        assert_ne!(codes[1].hash(), hash);
        assert_eq!(format!("{:?}", codes[0]), "RecoveryCode(****)");
    }
}
