//! The file and the environment as one flat table of keys, which writes down what is read from it.

mod gather;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use self::gather::{flatten, overlay};
use super::error::ConfigError;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The configuration file; `None` when it was given as a text.
    File(Option<PathBuf>),
    /// An environment variable.
    Environment(String),
    /// What was typed.
    CommandLine,
    /// Not set.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(Some(path)) => write!(f, "{}", path.display()),
            Self::File(None) => f.write_str("skep.toml"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::CommandLine => f.write_str("command line"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One value with where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key with its section: `server.listen`.
    pub key: String,
    /// The value; `****` for a secret, nothing where there is none.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Number(i64),
    List(Vec<String>),
}

/// A value with its key and origin, for messages about it.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) key: String,
    pub(super) value: T,
    pub(super) origin: Origin,
}

impl<T: fmt::Display> Found<T> {
    /// The value is no good.
    pub(super) fn bad(&self, problem: impl Into<String>) -> ConfigError {
        let (key, origin) = (self.key.clone(), self.origin.clone());
        ConfigError::Value {
            key,
            origin,
            given: self.value.to_string(),
            problem: problem.into(),
        }
    }
}

/// All values that are set, by their full key.
pub(super) struct Values {
    values: BTreeMap<String, (Value, Origin)>,
    read: RefCell<Vec<Setting>>,
}

impl Values {
    pub(super) fn new(
        text: &str,
        path: Option<&Path>,
        environment: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let origin = Origin::File(path.map(Path::to_path_buf));
        let table: toml::Table =
            text.parse()
                .map_err(|error: toml::de::Error| ConfigError::Syntax {
                    origin: origin.clone(),
                    problem: error.to_string().trim_end().to_owned(),
                })?;
        let mut values = BTreeMap::new();
        flatten("", &toml::Value::Table(table), &origin, &mut values)?;
        for (name, value) in environment {
            overlay(name, value, &mut values)?;
        }
        Ok(Self {
            values,
            read: RefCell::default(),
        })
    }

    /// How many entries an array of tables has.
    pub(super) fn count(&self, section: &str) -> usize {
        let index = |key: &String| {
            key.strip_prefix(section)?
                .strip_prefix('.')?
                .split('.')
                .next()?
                .parse()
                .ok()
        };
        self.values
            .keys()
            .filter_map(index)
            .max()
            .map_or(0, |last: usize| last + 1)
    }

    pub(super) fn is_set(&self, section: &str) -> bool {
        let inside = |key: &String| {
            key.strip_prefix(section)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.values.keys().any(inside)
    }

    /// What is set for a key, without writing down that it was read; an empty text counts as not set.
    pub(super) fn peek(&self, key: &str) -> Option<(String, Origin)> {
        let (value, origin) = self.values.get(key)?;
        let shown = match value {
            Value::Text(text) if text.is_empty() => return None,
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::List(list) => list.join(", "),
        };
        Some((shown, origin.clone()))
    }

    /// A text; an empty one counts as not set.
    pub(super) fn text(&self, key: &str) -> Result<Option<Found<String>>, ConfigError> {
        let found = self.peek_text(key)?;
        if let Some(found) = &found {
            self.note(key, &found.value, &found.origin);
        }
        Ok(found)
    }

    /// A text that nobody may see, or the contents of the file that `KEY_file` names.
    pub(super) fn secret(
        &self,
        key: &str,
        base_dir: &Path,
    ) -> Result<Option<Found<String>>, ConfigError> {
        let file_key = format!("{key}_file");
        let found = match (self.peek_text(key)?, self.text(&file_key)?) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::Twice {
                    key: key.to_owned(),
                });
            }
            (None, None) => return Ok(None),
            (Some(found), None) => found,
            (None, Some(file)) => {
                let text =
                    fs_err::read_to_string(base_dir.join(&file.value)).map_err(|source| {
                        ConfigError::SecretFile {
                            key: file_key.clone(),
                            source,
                        }
                    })?;
                Found {
                    key: file_key,
                    value: text.trim().to_owned(),
                    origin: file.origin,
                }
            }
        };
        self.note(key, "****", &found.origin);
        Ok(Some(found))
    }

    pub(super) fn number(
        &self,
        key: &str,
        default: u64,
        allowed: RangeInclusive<u64>,
    ) -> Result<u64, ConfigError> {
        let Some((value, origin)) = self.values.get(key) else {
            self.note(key, &default.to_string(), &Origin::Default);
            return Ok(default);
        };
        let wrong = || self.wrong_type(key, origin, "a whole number");
        let number = match value {
            Value::Number(number) => *number,
            Value::Text(text) => text.trim().parse().map_err(|_| wrong())?,
            Value::List(_) => return Err(wrong()),
        };
        let found = Found {
            key: key.to_owned(),
            value: number,
            origin: origin.clone(),
        };
        let number = u64::try_from(number)
            .ok()
            .filter(|number| allowed.contains(number));
        let number = number.ok_or_else(|| {
            let (least, most) = (allowed.start(), allowed.end());
            found.bad(format!("it must be from {least} to {most}"))
        })?;
        self.note(key, &number.to_string(), origin);
        Ok(number)
    }

    pub(super) fn list(&self, key: &str) -> Result<Option<Found<Vec<String>>>, ConfigError> {
        let Some((value, origin)) = self.values.get(key) else {
            self.note(key, "", &Origin::Default);
            return Ok(None);
        };
        let Value::List(list) = value else {
            return Err(self.wrong_type(key, origin, "a list of texts"));
        };
        self.note(key, &list.join(", "), origin);
        Ok(Some(Found {
            key: key.to_owned(),
            value: list.clone(),
            origin: origin.clone(),
        }))
    }

    /// Writes down a value, replacing what was written for the same key.
    pub(super) fn note(&self, key: &str, value: &str, origin: &Origin) {
        let mut read = self.read.borrow_mut();
        read.retain(|setting| setting.key != key);
        read.push(Setting {
            key: key.to_owned(),
            value: value.to_owned(),
            origin: origin.clone(),
        });
    }

    pub(super) fn into_settings(self) -> Vec<Setting> {
        self.read.into_inner()
    }

    fn peek_text(&self, key: &str) -> Result<Option<Found<String>>, ConfigError> {
        match self.values.get(key) {
            None => Ok(None),
            Some((Value::Text(text), _)) if text.is_empty() => Ok(None),
            Some((Value::Text(text), origin)) => Ok(Some(Found {
                key: key.to_owned(),
                value: text.clone(),
                origin: origin.clone(),
            })),
            Some((_, origin)) => Err(self.wrong_type(key, origin, "a text in quotes")),
        }
    }

    fn wrong_type(&self, key: &str, origin: &Origin, wanted: &'static str) -> ConfigError {
        ConfigError::WrongType {
            key: key.to_owned(),
            origin: origin.clone(),
            wanted,
        }
    }
}
