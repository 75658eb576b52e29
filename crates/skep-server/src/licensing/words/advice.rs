//! What to do: the end of a text.

use super::Words;

impl Words<'_> {
    /// The whole line: an `add` that failed leaves an entry without a public key, and `mix hex.repo
    /// set` fails on that one.
    pub(super) fn set_key(&self) -> String {
        let line = self
            .source
            .as_ref()
            .map_or_else(String::new, |(url, fingerprint)| {
                format!(
                    "with `mix hex.repo add {} {url} --fetch-public-key {fingerprint} --auth-key KEY`, ",
                    self.repository
                )
            });
        format!(
            "Set it {line}as repo_key in rebar.config, or in ~/.netrc.{}",
            self.get_key()
        )
    }

    /// For whoever had one that worked: their entry is whole.
    pub(super) fn new_key(&self) -> String {
        format!(
            "Set the new one with `mix hex.repo set {} --auth-key NEW_KEY`.{}",
            self.repository,
            self.get_key()
        )
    }

    fn get_key(&self) -> String {
        match self.renew_url {
            Some(url) => format!(" Keys: {url}"),
            None => format!(" For a key, ask {}", self.seller()),
        }
    }

    pub(super) fn add(&self, package: &str) -> String {
        match self.renew_url {
            Some(url) => format!(" Add {package} at {url}"),
            None => format!(" To add {package}, ask {}", self.seller()),
        }
    }

    pub(super) fn renew(&self) -> String {
        match self.renew_url {
            Some(url) => format!(" Renew at {url}"),
            None => format!(" To renew, ask {}", self.seller()),
        }
    }

    pub(super) fn help(&self) -> String {
        match (self.support, self.renew_url) {
            (Some(support), Some(url)) => format!(" For help, ask {support} or see {url}"),
            (None, Some(url)) => format!(" For help, see {url}"),
            (_, None) => format!(" For help, ask {}", self.seller()),
        }
    }

    pub(super) fn questions(&self) -> String {
        format!(" Questions: ask {}", self.seller())
    }

    fn seller(&self) -> &str {
        self.support.unwrap_or("the seller")
    }
}
