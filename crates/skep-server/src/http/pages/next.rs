//! Where a login leads to: one of our own pages, never anywhere else.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A page that asks for a login first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Next(String);

const ACCOUNT: &str = "/account";
const DEVICE: &str = "/oauth/device";
const LONGEST: usize = 200;

impl Next {
    /// What a link or a form says. Anything that is not one of our pages is the account.
    pub(super) fn from_text(text: &str) -> Self {
        let path = text.split('?').next().unwrap_or_default();
        let is_below_account = path
            .strip_prefix(ACCOUNT)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_plain = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'/' | b'-' | b'_' | b'?' | b'=' | b'%' | b'&')
        };
        let is_ours = (is_below_account || path == DEVICE)
            && text.len() <= LONGEST
            && text.bytes().all(is_plain)
            && !text.contains("//");
        Self(if is_ours { text } else { ACCOUNT }.to_owned())
    }

    /// The page itself.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// A page on the way there.
    pub(super) fn through(&self, page: &str) -> String {
        if self.0 == ACCOUNT {
            return page.to_owned();
        }
        format!(
            "{page}?next={}",
            utf8_percent_encode(&self.0, NON_ALPHANUMERIC)
        )
    }
}

impl Default for Next {
    fn default() -> Self {
        Self(ACCOUNT.to_owned())
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_our_own_pages() {
        for text in [
            "/account",
            "/account/keys",
            "/oauth/device",
            "/oauth/device?user_code=BCDF-GHJK",
        ] {
            assert_eq!(Next::from_text(text).as_str(), text);
        }
        let device = Next::from_text("/oauth/device?user_code=BCDFGHJK");
        assert_eq!(
            device.through("/login"),
            "/login?next=%2Foauth%2Fdevice%3Fuser%5Fcode%3DBCDFGHJK"
        );
        assert_eq!(Next::default().through("/login"), "/login");
    }

    #[test]
    fn and_nowhere_else() {
        let long = format!("/account/{}", "a".repeat(500));
        for text in [
            "",
            "/",
            "account",
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/account//evil.example",
            "/account\\..\\evil",
            "/account@evil.example",
            "/accountevil.example",
            "/account:evil",
            "/account/../logout",
            "/account\r\nlocation: https://evil.example",
            "/account?next=https://evil.example",
            "/account#evil",
            "/oauth/device/x",
            "/oauth/token",
            "/login",
            "/logout",
            "javascript:alert(1)",
            "/account\u{2028}",
            &long,
        ] {
            assert_eq!(Next::from_text(text).as_str(), "/account", "{text}");
        }
    }
}
