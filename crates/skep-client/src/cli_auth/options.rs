/// What the credentials are used for. Which of them are found does not depend on it; servers decide what
/// they allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Only looking.
    Read,
    /// Changing something.
    Write,
}

/// How far to go for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether to try without credentials if there are none. Unset, [`with_repo`](super::with_repo) does and
    /// [`with_api`](super::with_api) does not.
    pub optional: Option<bool>,
    /// Whether somebody may be asked to log in. Unset, they may, except by [`with_repo`](super::with_repo)
    /// before the repository has refused a request.
    pub auth_inline: Option<bool>,
    /// Whether a browser may be opened for the login.
    pub open_browser: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            optional: None,
            auth_inline: None,
            open_browser: true,
        }
    }
}
