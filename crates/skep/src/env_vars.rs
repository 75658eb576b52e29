//! The only reader of the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use skep_client::Secret;

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

/// Every `SKEP_SECTION__KEY`, and what the providers of buckets call their credentials.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn config_overrides() -> Vec<(String, String)> {
    std::env::vars()
        .filter(|(name, _)| is_of_config(name))
        .collect()
}

/// `SKEP_AUTH_KEY`: the key of a repository that is being added or imported.
pub(crate) fn auth_key() -> Option<Secret> {
    secret("SKEP_AUTH_KEY")
}

/// `SKEP_API_KEY`: an API key for the server that a command names.
pub(crate) fn api_key() -> Option<Secret> {
    secret("SKEP_API_KEY")
}

/// An empty variable is as none: that is what a secret is that CI does not give to a fork.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
fn secret(name: &str) -> Option<Secret> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| Secret::from(value))
}

/// `$XDG_CONFIG_HOME/skep`, or what this system has in its place.
///
/// # Errors
/// Nobody knows where this user's files are.
pub(crate) fn config_folder() -> anyhow::Result<PathBuf> {
    let folders = etcetera::choose_base_strategy()
        .map_err(|_| anyhow::anyhow!("there is no home directory to keep anything in: set HOME"))?;
    Ok(folders.config_dir().join("skep"))
}

fn is_of_config(name: &str) -> bool {
    let is_value = name.starts_with("SKEP_") && name.contains("__");
    is_value
        || ["AWS_", "GOOGLE_", "AZURE_"]
            .iter()
            .any(|of| name.starts_with(of))
}
