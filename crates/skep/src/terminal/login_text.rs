//! What somebody reads who is to confirm a login.

use skep_client::oauth::DeviceAuthorization;

/// Where to confirm `login`, and what; at `now`, in Unix seconds.
pub(super) fn text(login: &DeviceAuthorization, now: i64) -> String {
    let minutes = login.expires_at.saturating_sub(now).max(0) / 60;
    let name = login.name.as_deref().map_or_else(String::new, |name| {
        format!(" The login will be called `{name}` there.")
    });
    format!(
        "To log in, open\n\n  {}\n\nand compare the code: {}\nIt counts for {minutes} minutes.{name}",
        login.verification_uri_complete,
        code(&login.user_code)
    )
}

/// A code as servers' pages show it: in two halves, if it is a usual one.
fn code(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((first, second)) if second.len() == 4 && code.is_ascii() => {
            format!("{first}-{second}")
        }
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_two_halves() {
        assert_eq!(code("ABCD2345"), "ABCD-2345");
        for other in ["ABCD-2345", "ABC", "", "ÄBCD2345", "ABCDE23456"] {
            assert_eq!(code(other), other);
        }
    }
}
