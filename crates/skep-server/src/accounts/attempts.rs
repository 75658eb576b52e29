//! Guesses are limited: for one account from one address, for one account from addresses it was never
//! used from, and for one address. The counts are in the database, so they hold across nodes.
//!
//! An attempt is counted before it is looked at, so that many at once are not looked at together, and
//! taken back when it was right. Nobody is locked out for good: delays end, an account's own addresses
//! do not suffer from what others try elsewhere, and a one-time link (`skep user reset-password`)
//! starts anew.

use std::net::IpAddr;

use crate::app::App;
use crate::clock::{DAY_SECONDS, Timestamp};
use crate::db::attempts::Count;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::UserId;
use crate::licensing::limits::group_of;
use crate::secret_text::KeyHash;

/// What is guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user's password.
    Password,
    /// A code of the second factor.
    Code,
    /// The code that a tool shows to whoever logs it in.
    UserCode,
    /// The code of a one-time link.
    Link,
    /// What a tool gets its next token with.
    Token,
}

/// Whose secret is guessed.
#[derive(Clone, Copy, Debug)]
pub enum Account<'a> {
    /// Nobody's in particular.
    Any,
    /// A user's.
    User(UserId),
    /// That of a user who does not exist, by the name that was given.
    Name(&'a str),
}

/// Why an attempt is not looked at.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// There were too many.
    #[error("too many failed attempts: try again in {retry_after_seconds} seconds")]
    TooMany {
        /// When the next one is looked at; at least 1.
        retry_after_seconds: u32,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// An attempt that was counted as wrong. Say [`was_right`](Self::was_right) if it was not.
#[derive(Clone, Debug)]
#[must_use = "an attempt counts as wrong until it is said to have been right"]
pub struct Attempt {
    kind: Kind,
    subjects: Vec<Subject>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Subject {
    name: String,
    rule: Rule,
}

/// So many attempts are free; after each further one the delay doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    free: i64,
    first_delay_seconds: i64,
    longest_delay_seconds: i64,
    /// Without another attempt for so long, all are forgotten.
    forget_after_seconds: i64,
}

/// One account, one address: at most about a hundred guesses a day.
const PAIR: Rule = Rule {
    free: 5,
    first_delay_seconds: 30,
    longest_delay_seconds: 900,
    forget_after_seconds: DAY_SECONDS,
};
/// One account, all addresses that it was never used from.
const ACCOUNT: Rule = Rule {
    free: 20,
    first_delay_seconds: 5,
    longest_delay_seconds: 300,
    forget_after_seconds: DAY_SECONDS,
};
/// One address, all accounts that were never used from there. An office has one address.
const ADDRESS: Rule = Rule {
    free: 30,
    first_delay_seconds: 10,
    longest_delay_seconds: 900,
    forget_after_seconds: DAY_SECONDS / 4,
};

impl Rule {
    fn delay_seconds(self, count: i64) -> i64 {
        if count < self.free {
            return 0;
        }
        let doublings = u32::try_from(count - self.free).unwrap_or(u32::MAX).min(20);
        (self.first_delay_seconds << doublings).min(self.longest_delay_seconds)
    }

    /// When the next attempt is looked at; `None` = now. A clock that was set back locks nobody out.
    fn blocked_until(self, count: Count, now: Timestamp) -> Option<Timestamp> {
        let until = count.last_at.plus_seconds(self.delay_seconds(count.count));
        (now >= count.last_at && now < until).then_some(until)
    }
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::UserCode => "user_code",
            Self::Link => "link",
            Self::Token => "token",
        }
    }
}

/// Counts an attempt, or refuses to look at it. One that is refused is not counted: whoever goes on
/// trying does not make it worse.
///
/// # Errors
/// There were too many.
pub async fn begin(
    app: &App,
    kind: Kind,
    account: Account<'_>,
    address: IpAddr,
) -> Result<Attempt, AttemptError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let attempt = Attempt {
            kind,
            subjects: subjects(tx, account, address).await?,
        };
        for Subject { name, rule } in &attempt.subjects {
            let forgotten = now.plus_seconds(-rule.forget_after_seconds);
            let count = db::attempts::lock(tx, (kind.as_str(), name), now, forgotten).await?;
            if let Some(until) = rule.blocked_until(count, now) {
                let left = (until.micros() - now.micros() + 999_999) / 1_000_000;
                return Err(AttemptError::TooMany {
                    retry_after_seconds: u32::try_from(left).unwrap_or(1).max(1),
                });
            }
        }
        for Subject { name, .. } in &attempt.subjects {
            db::attempts::increment(tx, (kind.as_str(), name), now).await?;
        }
        Ok(attempt)
    })
}

/// What an attempt counts against, always in the same order: two of them never wait for each other.
async fn subjects(
    tx: &mut Tx,
    account: Account<'_>,
    address: IpAddr,
) -> Result<Vec<Subject>, DbError> {
    let address = group_of(address);
    let (name, is_known) = match account {
        Account::Any => (None, false),
        Account::User(id) => {
            let is_known = db::attempts::is_known_address(tx, id, address).await?;
            (Some(id.to_string()), is_known)
        }
        // A name may be a password in the wrong field: not the text itself.
        Account::Name(name) => (Some(KeyHash::of(name).0.to_string()), false),
    };
    let pair = name
        .as_ref()
        .map(|name| (format!("pair:{name}|{address}"), PAIR));
    let rest = [
        name.map(|name| (format!("account:{name}"), ACCOUNT)),
        Some((format!("address:{address}"), ADDRESS)),
    ];
    let rest = rest.into_iter().flatten().filter(|_| !is_known);
    let all = pair.into_iter().chain(rest);
    Ok(all.map(|(name, rule)| Subject { name, rule }).collect())
}

impl Attempt {
    /// Takes the attempt back; the account's count for this address starts anew.
    pub async fn was_right(&self, app: &App) -> Result<(), DbError> {
        in_tx!(app.db, |tx| self.was_right_in(tx).await)
    }

    /// The same in a transaction.
    pub(crate) async fn was_right_in(&self, tx: &mut Tx) -> Result<(), DbError> {
        for Subject { name, rule } in &self.subjects {
            let of = (self.kind.as_str(), name.as_str());
            if *rule == PAIR {
                db::attempts::delete(tx, of).await?;
            } else {
                db::attempts::decrement(tx, of).await?;
            }
        }
        Ok(())
    }
}

/// Notes that a user has been at an address, password, second factor and all.
pub(crate) async fn remember_address(
    tx: &mut Tx,
    user: UserId,
    address: IpAddr,
    now: Timestamp,
) -> Result<(), DbError> {
    db::attempts::upsert_known_address(tx, user, group_of(address), now).await
}

/// Forgets every wrong attempt on an account.
pub(crate) async fn forget(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    db::attempts::delete_of_account(tx, &user.to_string()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    #[test]
    fn delays_double_up_to_a_quarter_of_an_hour() {
        let delays = |rule: Rule, counts: &[i64]| {
            let delays = counts.iter().map(|count| rule.delay_seconds(*count));
            delays.collect::<Vec<_>>()
        };
        assert_eq!(
            delays(PAIR, &[0, 4, 5, 6, 7, 9, 10, 11, 1_000_000]),
            [0, 0, 30, 60, 120, 480, 900, 900, 900]
        );
        assert_eq!(delays(ACCOUNT, &[19, 20, 26, 27]), [0, 5, 300, 300]);
    }

    #[test]
    fn a_delay_ends_and_a_clock_set_back_does_not_make_it_longer() {
        let count = Count {
            count: 5,
            last_at: NOW,
        };
        assert_eq!(PAIR.blocked_until(count, NOW), Some(NOW.plus_seconds(30)));
        assert!(PAIR.blocked_until(count, NOW.plus_seconds(29)).is_some());
        assert_eq!(PAIR.blocked_until(count, NOW.plus_seconds(30)), None);
        assert_eq!(PAIR.blocked_until(count, NOW.plus_seconds(-1)), None);
    }
}
