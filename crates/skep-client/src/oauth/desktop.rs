//! What a login uses of the machine it runs on. For programs that a person runs, not for services.

/// Why no browser was opened. The login goes on: the page's address was shown.
#[derive(Debug, thiserror::Error)]
pub enum OpenBrowserError {
    /// Not a page: a program that opens addresses would take it for something else.
    #[error("`{0}` is not the address of a web page")]
    NotAPage(String),
    /// No program that opens addresses, or none that could be started.
    #[error("no browser could be opened")]
    NoOpener(#[source] std::io::Error),
}

/// Opens the page `url` in the person's browser, with the first program that does so on this system. Comes back at
/// once: that program runs on by itself, also after this one has ended. Whether a page appears nobody can tell, so show
/// the address too.
///
/// # Errors
/// There is no such program, as on a machine without a screen, or `url` is not `http` or `https`.
pub fn open_browser(url: &str) -> Result<(), OpenBrowserError> {
    let is_page =
        |uri: http::Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    if !url.parse().is_ok_and(is_page) {
        return Err(OpenBrowserError::NotAPage(url.to_owned()));
    }
    open::that_detached(url).map_err(OpenBrowserError::NoOpener)
}

/// The name of this machine, up to its first dot: what a token is called if nobody says otherwise. `None` if the machine
/// has no name that can be shown.
pub fn host_name() -> Option<String> {
    let name = gethostname::gethostname().into_string().ok()?;
    let name = name.split('.').next().unwrap_or_default();
    let is_plain = !name.is_empty() && !name.contains(char::is_control);
    is_plain.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_are_opened() {
        for url in [
            "file:///etc/passwd",
            "calc.exe",
            "https:",
            "javascript:alert(1)",
            "-h",
            "",
        ] {
            let error = open_browser(url).unwrap_err();
            assert!(matches!(error, OpenBrowserError::NotAPage(_)), "{url}");
        }
    }

    #[test]
    fn the_host_name_is_short() {
        assert!(host_name().is_none_or(|name| !name.contains('.')));
    }
}
