use std::path::PathBuf;

use super::values::Origin;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file there.
    #[error("there is no configuration at `{}`; `skep init` makes one, `--config FILE` or SKEP_CONFIG names another", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file cannot be read; the cause names it.
    #[error("the configuration cannot be read")]
    Read {
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{origin} is not valid TOML: {problem}")]
    Syntax {
        /// The file.
        origin: Origin,
        /// What the parser says, with line and column.
        problem: String,
    },
    /// A key that means nothing, most likely mistyped.
    #[error("`{key}` ({origin}) is not a configuration key{}", nearest.map(|known| format!("; is it `{known}`?")).unwrap_or_default())]
    UnknownKey {
        /// The key with its section.
        key: String,
        /// Where it is set.
        origin: Origin,
        /// The known key it looks like.
        nearest: Option<&'static str>,
    },
    /// A number where a text belongs, or the like.
    #[error("`{key}` ({origin}) must be {wanted}")]
    WrongType {
        /// The key with its section.
        key: String,
        /// Where it is set.
        origin: Origin,
        /// What belongs there.
        wanted: &'static str,
    },
    /// The right type, but no good.
    #[error("`{key}` is `{given}` ({origin}): {problem}")]
    Value {
        /// The key with its section.
        key: String,
        /// Where it is set.
        origin: Origin,
        /// The value; `****` for a secret.
        given: String,
        /// What is wrong, and what would do.
        problem: String,
    },
    /// A key that has to be there.
    #[error("`{key}` is missing: {why}")]
    Required {
        /// The key with its section.
        key: String,
        /// What it is for.
        why: &'static str,
    },
    /// Both the secret and the file that holds it are set.
    #[error("both `{key}` and `{key}_file` are set: keep one")]
    Twice {
        /// The key with its section.
        key: String,
    },
    /// A file that should hold a secret cannot be read; the cause names it.
    #[error("the file of `{key}` cannot be read")]
    SecretFile {
        /// The key with its section, as it is set.
        key: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
}
