//! What people are told: one text for each denial and each notice, the same for the customer in the
//! terminal and for the seller who asks `skep license explain`. ASCII, dated, with what to do.

mod advice;

use crate::app::App;
use crate::clock::Timestamp;
use crate::licensing::check::{Denied, Notice};

/// What the texts take from the seller's configuration.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    /// The repository asked, as customers have added it.
    pub repository: &'a str,
    /// Its URL and the fingerprint of its key; `None` when there is no such repository.
    pub source: Option<(String, &'a str)>,
    /// Where to renew and to find keys.
    pub renew_url: Option<&'a str>,
    /// Whom to ask.
    pub support: Option<&'a str>,
}

impl<'a> Words<'a> {
    /// The words for whoever asks a repository, even one that is not there.
    #[must_use]
    pub fn new(app: &'a App, repository: &'a str) -> Self {
        let messages = &app.config.messages;
        let mut known = app.config.repositories.iter();
        let source = known
            .find(|known| known.name.as_str() == repository)
            .and_then(|known| {
                let (_, fingerprint) = app.public_key(&known.name)?;
                Some((app.config.repository_url(&known.name), fingerprint))
            });
        Self {
            repository,
            source,
            renew_url: messages.renew_url.as_ref().map(url::Url::as_str),
            support: messages.support.as_deref(),
        }
    }

    /// Why not, and what to do: one or two sentences on one line.
    #[must_use]
    pub fn denial(&self, denied: &Denied) -> String {
        match denied {
            Denied::NoCredential => self.needs_key(""),
            Denied::ForeignToken => self.needs_key(
                "This is another server's token (of hex.pm, perhaps), not a license key. ",
            ),
            Denied::UnknownKey { is_mistyped: false } => {
                self.unknown_key("Unknown or incorrect license key")
            }
            Denied::UnknownKey { is_mistyped: true } => self
                .unknown_key("Incorrect license key (a character is wrong, missing or too many)"),
            Denied::KeyRevoked { since } => self.dead_key("was revoked", *since),
            Denied::KeyExpired {
                since,
                was_rotated: false,
            } => self.dead_key("expired", *since),
            Denied::KeyExpired {
                since,
                was_rotated: true,
            } => self.dead_key("was replaced by a new one and expired", *since),
            Denied::LicenseRevoked { since } => self.license(
                &format!("was revoked on {}", since.date()),
                self.questions(),
            ),
            Denied::LicenseSuspended { since } => self.license(
                &format!("has been suspended since {}", since.date()),
                self.help(),
            ),
            Denied::LicenseEnded {
                access_until,
                closed_at,
            } => self.license(&ended(*access_until, *closed_at), self.renew()),
            Denied::LicenseNotStarted { starts_at } => {
                self.license(&format!("starts on {}", starts_at.date()), self.questions())
            }
            Denied::NotCovered {
                package,
                covers,
                more,
                elsewhere: None,
            } => format!(
                "Package {package} not allowed: your license covers {}.{}",
                list(covers, *more),
                self.add(package)
            ),
            Denied::NotCovered {
                package,
                elsewhere: Some(other),
                ..
            } => format!(
                "Package {package} not allowed in the repository {}: your license covers {package} in the repository {other}. Take it from there",
                self.repository,
            ),
            Denied::UpdatesEnded {
                updates_until,
                package,
                version,
                published_at,
            } => {
                let newer = newer(package, version.as_deref(), *published_at);
                format!(
                    "Updates ended on {}: {newer}.{}",
                    updates_until.date(),
                    self.renew()
                )
            }
            Denied::WindowInPrebuilt { updates_until } => format!(
                "Your license sees releases published until {}, and the repository {} cannot show a part of its releases.{}",
                updates_until.date(),
                self.repository,
                self.questions()
            ),
            Denied::IndexNotCovered => format!(
                "The repository {} has one list of packages for everybody, and your license does not cover all of them. The packages it covers are served by their names.",
                self.repository
            ),
            Denied::NoSuchPackage { package } => {
                format!(
                    "The repository {} has no package {package}.{}",
                    self.repository,
                    self.questions()
                )
            }
            Denied::NoSuchRelease { package, version } => {
                format!(
                    "Package {package} has no release {version}.{}",
                    self.questions()
                )
            }
            Denied::NoDocs { package, version } => {
                format!("Release {package} {version} has no documentation.")
            }
            Denied::NoSuchPolicy { policy } => format!(
                "The repository {} has no policy `{policy}`.",
                self.repository
            ),
            Denied::TokenExpired { since } => format!(
                "This access token expired at {since}: get another one for the key or the login it came from."
            ),
            Denied::TokenRevoked => "This access token was given up, or what it stood for is gone: log in again, or get another one for the key it came from.".to_owned(),
            Denied::TokenElsewhere { scope } => format!(
                "This access token is not for the repository {}: its scope is `{scope}`.",
                self.repository
            ),
            Denied::ApiKeyClosed(closed) => format!("This {closed}: make another one."),
            Denied::UserDisabled { username } => format!("The account {username} is disabled."),
            Denied::NotForRepository { permissions } => format!(
                "This API key or token may not fetch from the repository {}: its permissions are `{permissions}`. Use one with `repository:{}` or `repositories`.",
                self.repository, self.repository
            ),
            Denied::NoSuchRepository { repository } => {
                format!("There is no repository `{repository}` here.")
            }
        }
    }

    /// What a caller who may should know, in one line.
    #[must_use]
    pub fn notice(&self, notice: &Notice) -> String {
        match notice {
            Notice::Grace {
                access_until,
                closes_at,
            } => format!(
                "Your license for {} ended on {}; it still works until {}.{}",
                self.repository,
                access_until.date(),
                closes_at.date(),
                self.renew()
            ),
            Notice::Ending { access_until } => {
                format!(
                    "Your license for {} ends on {}.{}",
                    self.repository,
                    access_until.date(),
                    self.renew()
                )
            }
            Notice::KeyRotated {
                expires_at: Some(expires_at),
            } => format!(
                "This license key has been replaced by a new one and stops working on {}. {}",
                expires_at.date(),
                self.new_key()
            ),
            Notice::KeyRotated { expires_at: None } => {
                format!(
                    "This license key has been replaced by a new one. {}",
                    self.new_key()
                )
            }
            Notice::KeyExpiring { expires_at } => {
                format!(
                    "This license key expires on {}. {}",
                    expires_at.date(),
                    self.new_key()
                )
            }
            Notice::UpdatesEnding { updates_until } => format!(
                "Your license for {} gets releases published until {}.{}",
                self.repository,
                updates_until.date(),
                self.renew()
            ),
            Notice::UpdatesEnded {
                updates_until,
                package,
                hidden,
            } => format!(
                "{} not shown: updates ended on {}. If your lock file has a hidden one, `mix deps.update {package}` locks an older one.{}",
                newer_releases(*hidden, package),
                updates_until.date(),
                self.renew()
            ),
            Notice::NoLongerCovered { package } => format!(
                "Your license does not cover {package} anymore; the releases you have used stay available.{}",
                self.questions()
            ),
        }
    }

    fn needs_key(&self, why: &str) -> String {
        format!(
            "{why}A license key is needed for the repository {}. {}",
            self.repository,
            self.set_key()
        )
    }

    fn unknown_key(&self, what: &str) -> String {
        format!(
            "{what} for the repository {}. {}",
            self.repository,
            self.set_key()
        )
    }

    fn dead_key(&self, what: &str, since: Timestamp) -> String {
        format!(
            "This license key {what} on {}. {}",
            since.date(),
            self.new_key()
        )
    }

    fn license(&self, what: &str, then: String) -> String {
        format!("Your license for {} {what}.{then}", self.repository)
    }
}

fn ended(access_until: Timestamp, closed_at: Timestamp) -> String {
    let grace = if closed_at > access_until {
        format!(", its grace on {}", closed_at.date())
    } else {
        String::new()
    };
    format!("ended on {}{grace}", access_until.date())
}

fn newer(package: &str, version: Option<&str>, published_at: Timestamp) -> String {
    match version {
        Some(version) => format!(
            "{package} {version} was published on {}",
            published_at.date()
        ),
        None => format!(
            "the first release of {package} was published on {}",
            published_at.date()
        ),
    }
}

fn newer_releases(number: usize, package: &str) -> String {
    match number {
        1 => format!("1 newer release of {package} is"),
        _ => format!("{number} newer releases of {package} are"),
    }
}

fn list(names: &[String], more: usize) -> String {
    match (names, more) {
        ([], _) => "no packages of this repository".to_owned(),
        (names, 0) => names.join(", "),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests;
