//! Which program is asking: the only place where clients differ. What each of them sends, and what
//! it does with our answers, was observed; a rule here without such an observation is a guess.

use http::HeaderMap;
use http::header::USER_AGENT;

/// Versions longer than this are noise.
const LONGEST_VERSION: usize = 32;

/// The program that sent a request, as its `User-Agent` tells. Borrows from the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client<'a> {
    /// Which program.
    pub(crate) kind: Kind,
    /// Its version; `None` for Hex 2.1 and 2.2, which do not tell.
    pub(crate) version: Option<&'a str>,
    /// Elixir's version.
    pub(crate) elixir: Option<&'a str>,
    /// OTP's version.
    pub(crate) otp: Option<&'a str>,
    /// Whether it says that it runs in continuous integration.
    pub(crate) is_ci: bool,
}

/// The programs we can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// mix, with any version of Hex; Dependabot looks like Hex 2.1.
    Mix,
    /// rebar3.
    Rebar3,
    /// Gleam.
    Gleam,
    /// Renovate.
    Renovate,
    /// curl.
    Curl,
    /// Skep's own client.
    Skep,
    /// Anything else.
    Other,
}

impl Kind {
    /// The program's name in usage records.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Rebar3 => "rebar3",
            Self::Gleam => "gleam",
            Self::Renovate => "renovate",
            Self::Curl => "curl",
            Self::Skep => "skep",
            Self::Other => "other",
        }
    }
}

impl<'a> Client<'a> {
    /// The client that sent these headers.
    #[must_use]
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        Self::parse(
            headers
                .get(USER_AGENT)
                .and_then(|value| value.to_str().ok())
                .unwrap_or(""),
        )
    }

    /// The client with this `User-Agent`.
    #[must_use]
    pub(crate) fn parse(user_agent: &'a str) -> Self {
        let mut client = Self {
            kind: Kind::Other,
            version: None,
            elixir: None,
            otp: None,
            is_ci: false,
        };
        let mut words = user_agent.split_ascii_whitespace().peekable();
        while let Some(word) = words.next() {
            let word = word.trim_start_matches('(').trim_end_matches([')', ',']);
            let (name, version) = word
                .split_once('/')
                .map_or((word, None), |(name, version)| (name, Some(version)));
            let version = version.filter(|version| is_version(version));
            match name {
                "hex" | "Hex" => (client.kind, client.version) = (Kind::Mix, version),
                "rebar3" => (client.kind, client.version) = (Kind::Rebar3, version),
                // Alone it is Hex 2.1 or 2.2; rebar3 and newer Hex name themselves after it.
                "hex_core" if client.kind == Kind::Other => client.kind = Kind::Mix,
                "Gleam" | "gleam" => {
                    client.kind = Kind::Gleam;
                    let next = words
                        .peek()
                        .map(|next| next.trim_start_matches('v'))
                        .filter(|next| is_version(next));
                    client.version = version.or(next);
                }
                // Gleam's own library.
                "hexpm" => client.kind = Kind::Gleam,
                "RenovateBot" | "Renovate" | "renovate" => {
                    (client.kind, client.version) = (Kind::Renovate, version)
                }
                "curl" => (client.kind, client.version) = (Kind::Curl, version),
                "skep" => (client.kind, client.version) = (Kind::Skep, version),
                "elixir" | "Elixir" => client.elixir = version,
                "OTP" => client.otp = version,
                "CI" => client.is_ci = true,
                _ => {}
            }
        }
        client
    }

    /// Whether this is mix. On `/packages` it hides the text of a 401, 403 and 404 and gives wrong
    /// advice instead, but prints the one of a 402.
    #[must_use]
    pub(crate) fn is_mix(&self) -> bool {
        self.kind == Kind::Mix
    }

    /// Whether it crashes, without showing a text, when its license key is not exchanged for a token. The
    /// repository's refusals it does show.
    #[must_use]
    pub(crate) fn hides_refused_exchange(&self) -> bool {
        self.is_mix()
    }

    /// Whether it asks its user before it takes a release back, and has no way to say "all the same".
    #[must_use]
    pub(crate) fn asks_before_reverting(&self) -> bool {
        matches!(self.kind, Kind::Mix | Kind::Rebar3 | Kind::Gleam)
    }

    /// Whether it prints `x-hex-message`. Hex 2.1 to 2.4 crash on one and hang for a minute; Hex 2.1
    /// and 2.2 do not tell their version. Nobody else looks at it.
    #[must_use]
    pub(crate) fn copes_with_messages(&self) -> bool {
        if !self.is_mix() {
            return false;
        }
        match self.version.and_then(major_and_minor) {
            Some((2, minor)) => minor == 0 || minor >= 5,
            Some((major, _)) => major > 2,
            None => false,
        }
    }

    /// Whether it keeps `Authorization` to itself when it is redirected to another host. mix and rebar3
    /// send it along; Gleam's HTTP library and our own client drop it, and so does curl since 7.58.
    #[must_use]
    pub(crate) fn drops_authorization(&self) -> bool {
        match self.kind {
            Kind::Gleam | Kind::Skep => true,
            Kind::Curl => self
                .version
                .and_then(major_and_minor)
                .is_some_and(|version| version >= (7, 58)),
            Kind::Mix | Kind::Rebar3 | Kind::Renovate | Kind::Other => false,
        }
    }
}

fn is_version(text: &str) -> bool {
    text.len() <= LONGEST_VERSION
        && text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_'))
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX_2_0: &str = "Hex/2.0.6 (Elixir/1.14.0) (OTP/25.2.3)";
    const HEX_2_1: &str = "hex_core/0.10.0 (httpc) (OTP/25) (erts/13.1.5)";
    const HEX_2_3: &str = "hex_core/0.12.0 hex/2.3.1 (elixir/1.14.0) (OTP/25) (erts/13.1.5)";
    const HEX_2_5: &str =
        "hex_core/0.19.0 hex/2.5.2-dev (elixir/1.14.0) (CI) (OTP/25) (erts/13.1.5)";
    const REBAR3: &str = "hex_core/0.7.1 (rebar3/3.19.0) (httpc) (OTP/25) (erts/13.1.5)";

    fn shape(user_agent: &str) -> String {
        let client = Client::parse(user_agent);
        let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
        let (version, elixir, otp) = (text(client.version), text(client.elixir), text(client.otp));
        let ci = if client.is_ci { " ci" } else { "" };
        let messages = if client.copes_with_messages() {
            " messages"
        } else {
            ""
        };
        format!(
            "{} {version} elixir {elixir} otp {otp}{ci}{messages}",
            client.kind.as_str()
        )
    }

    #[test]
    fn every_observed_user_agent_is_told_apart() {
        assert_eq!(
            shape(HEX_2_0),
            "mix 2.0.6 elixir 1.14.0 otp 25.2.3 messages"
        );
        assert_eq!(shape(HEX_2_1), "mix - elixir - otp 25");
        assert_eq!(shape(HEX_2_3), "mix 2.3.1 elixir 1.14.0 otp 25");
        assert_eq!(
            shape(HEX_2_5),
            "mix 2.5.2-dev elixir 1.14.0 otp 25 ci messages"
        );
        assert_eq!(shape(REBAR3), "rebar3 3.19.0 elixir - otp 25");
        assert_eq!(shape("Gleam v1.6.3"), "gleam 1.6.3 elixir - otp -");
        assert_eq!(shape("gleam/1.6.3"), "gleam 1.6.3 elixir - otp -");
        assert_eq!(shape("hexpm (5.1.1)"), "gleam - elixir - otp -");
        assert_eq!(shape("curl/7.88.1"), "curl 7.88.1 elixir - otp -");
        assert_eq!(
            shape("RenovateBot/39.1.0 (https://github.com/renovatebot/renovate)"),
            "renovate 39.1.0 elixir - otp -"
        );
        assert_eq!(shape(""), "other - elixir - otp -");
        assert_eq!(
            shape("Mozilla/5.0 (X11; Linux x86_64)"),
            "other - elixir - otp -"
        );
    }

    #[test]
    fn messages_go_only_to_versions_that_survive_them() {
        let copes = |version: &str| {
            Client::parse(&format!("hex_core/0.19.0 hex/{version} (elixir/1.14.0)"))
                .copes_with_messages()
        };
        assert!(copes("2.0.6") && copes("2.5.0") && copes("2.10.1") && copes("3.0.0"));
        assert!(
            !copes("2.1.1") && !copes("2.4.2") && !copes("1.0.1") && !copes("two") && !copes("")
        );
    }

    #[test]
    fn only_clients_that_were_seen_to_drop_their_key_are_trusted_to() {
        let drops = |user_agent: &str| Client::parse(user_agent).drops_authorization();
        for keeps_it in [
            HEX_2_0,
            HEX_2_1,
            HEX_2_3,
            HEX_2_5,
            REBAR3,
            "",
            "curl/7.57.0",
        ] {
            assert!(!drops(keeps_it), "{keeps_it}");
        }
        for drops_it in ["Gleam v1.6.3", "curl/7.88.1", "curl/8.0.0", "skep/0.1.0"] {
            assert!(drops(drops_it), "{drops_it}");
        }
    }

    #[test]
    fn what_is_no_version_is_left_out() {
        let long = format!("curl/1{}", ".1".repeat(40));
        assert_eq!(Client::parse(&long).version, None);
        assert_eq!(Client::parse("curl/7.8;DROP").version, None);
    }
}
