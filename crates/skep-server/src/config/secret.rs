use std::fmt;

/// A text that must not be seen: its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// The URL of a database, which may hold a password: `Display` and `Debug` hide that.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    pub(super) fn new(url: String) -> Self {
        Self(url)
    }

    /// The whole URL, for the one place that connects.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The file of a SQLite database.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<&std::path::Path> {
        self.0.strip_prefix("sqlite:").map(std::path::Path::new)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sqlite_file().is_some() {
            return f.write_str(&self.0);
        }
        // A password can be in the user part and in the query (`?password=`): show neither.
        match url::Url::parse(&self.0) {
            Ok(url) => {
                let user = if url.username().is_empty() {
                    String::new()
                } else {
                    format!("{}:****@", url.username())
                };
                let port = url
                    .port()
                    .map(|port| format!(":{port}"))
                    .unwrap_or_default();
                write!(
                    f,
                    "{}://{user}{}{port}{}",
                    url.scheme(),
                    url.host_str().unwrap_or_default(),
                    url.path()
                )
            }
            Err(_) => f.write_str("postgres://****"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
