//! How a customer who has a new key puts it into every place where the old one is.

/// A license key that takes the place of another, or stands beside it.
pub(crate) struct KeyChange<'a> {
    /// The repository's name.
    pub(crate) repository: &'a str,
    /// Its URL.
    pub(crate) url: &'a str,
    /// The new key.
    pub(crate) key: &'a str,
}

impl KeyChange<'_> {
    /// A line for each place.
    pub(crate) fn render(&self) -> String {
        let Self {
            repository,
            url,
            key,
        } = self;
        let (host, secret) = (host(url), secret_name(repository));
        format!(
            "mix            mix hex.repo set {repository} --auth-key {key}\n\
             rebar3         repo_key => <<\"{key}\">> in ~/.config/rebar3/rebar.config\n\
             ~/.netrc       password {key}, below `machine {host}`\n\
             CI and bots    the secret {secret}, wherever one was set"
        )
    }
}

/// What a `~/.netrc` calls the server: its host, without the port.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// `ACME_LICENSE_KEY`
pub(super) fn secret_name(repository: &str) -> String {
    let upper = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let name: String = repository.chars().map(upper).collect();
    format!("{name}_LICENSE_KEY")
}
