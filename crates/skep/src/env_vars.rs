//! The only reader of the environment.

use std::ffi::OsString;
use std::path::PathBuf;

/// `SKEP_CONFIG`: the configuration file, unless `--config` names one.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn config_file() -> Option<PathBuf> {
    std::env::var_os("SKEP_CONFIG")
        .filter(|path: &OsString| !path.is_empty())
        .map(PathBuf::from)
}

/// `SKEP_LOG`: what is logged, in the words of tracing's filters (`info`, `skep_server=debug`).
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn log_filter() -> Option<String> {
    std::env::var("SKEP_LOG")
        .ok()
        .filter(|filter| !filter.is_empty())
}

/// Every `SKEP_SECTION__KEY`: values of the configuration.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn config_overrides() -> Vec<(String, String)> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("SKEP_") && name.contains("__"))
        .collect()
}
