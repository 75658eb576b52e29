//! Users: who may do everything should have a second factor.

use super::Check;
use crate::accounts::role::Role;
use crate::db::{self, Db};

const NAME: &str = "users";

/// Nothing when there are none: nobody has to publish over HTTP.
pub(super) async fn examine(db: &Db) -> Option<Check> {
    let users = async { db::users::list(&mut db.read().await?).await }.await;
    let users = match users {
        Ok(users) => users,
        Err(error) => {
            let advice = "restore the database from a backup if this stays";
            return Some(Check::fail(NAME, error.to_string(), advice));
        }
    };
    let enabled: Vec<_> = users.iter().filter(|user| !user.is_disabled()).collect();
    let weak = enabled
        .iter()
        .filter(|user| user.role == Role::Owner && user.has_password && !user.has_totp);
    let weak: Vec<&str> = weak.map(|user| user.username.as_str()).collect();
    match (enabled.len(), weak.is_empty()) {
        (0, _) => None,
        (1, true) => Some(Check::ok(
            NAME,
            "1 user, not an owner with a password alone",
        )),
        (count, true) => Some(Check::ok(
            NAME,
            format!("{count} users; no owner with a password alone"),
        )),
        (_, false) => Some(Check::warn(
            NAME,
            format!(
                "{} may do everything with a password alone",
                weak.join(", ")
            ),
            "set up two-factor authentication at /account",
        )),
    }
}
