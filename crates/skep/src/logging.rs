//! Logs on stderr. Nothing that is logged may hold a key or a token: the server's tests search for them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::server::LogFormat;
use crate::env_vars;

/// Starts logging. `default` says how much, unless SKEP_LOG does.
///
/// # Errors
/// SKEP_LOG is not a filter.
pub(crate) fn start(format: LogFormat, default: &str) -> anyhow::Result<()> {
    let filter = match env_vars::log_filter() {
        None => EnvFilter::new(default),
        Some(text) => EnvFilter::try_new(&text).map_err(|_| {
            anyhow::anyhow!(
                "SKEP_LOG is `{text}`, which is not a filter: use info, debug or skep_server=debug"
            )
        })?,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would say so on stderr, and panic when that is what is gone: a terminal was closed.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => builder.with_target(false).finish().try_init()?,
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}
