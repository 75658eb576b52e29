//! From the file's tables and the environment's variables to one flat table.

use std::collections::BTreeMap;

use super::{Origin, Value};
use crate::config::error::ConfigError;
use crate::config::keys;

pub(super) fn flatten(
    key: &str,
    value: &toml::Value,
    origin: &Origin,
    values: &mut BTreeMap<String, (Value, Origin)>,
) -> Result<(), ConfigError> {
    let join = |part: &str| {
        if key.is_empty() {
            part.to_owned()
        } else {
            format!("{key}.{part}")
        }
    };
    let flat = match value {
        toml::Value::Table(table) if table.is_empty() && !keys::is_section(key) => None,
        toml::Value::Table(table) => {
            return table
                .iter()
                .try_for_each(|(part, value)| flatten(&join(part), value, origin, values));
        }
        toml::Value::Array(array) if array.iter().any(toml::Value::is_table) => {
            let mut entries = array.iter().enumerate();
            return entries.try_for_each(|(index, value)| {
                flatten(&join(&index.to_string()), value, origin, values)
            });
        }
        toml::Value::Array(array) => {
            let texts = array.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>().map(Value::List)
        }
        toml::Value::String(text) => Some(Value::Text(text.clone())),
        toml::Value::Integer(number) => Some(Value::Number(*number)),
        toml::Value::Float(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) => None,
    };
    insert(key, flat, origin, values)
}

pub(super) fn overlay(
    name: &str,
    value: &str,
    values: &mut BTreeMap<String, (Value, Origin)>,
) -> Result<(), ConfigError> {
    // Variables with a single underscore (SKEP_CONFIG) are the commands' own.
    let Some(rest) = name
        .strip_prefix("SKEP_")
        .filter(|rest| rest.contains("__"))
    else {
        return Ok(());
    };
    let key = rest.to_ascii_lowercase().replace("__", ".");
    let value = if keys::is_list(&key) {
        Value::List(
            value
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    } else {
        Value::Text(value.to_owned())
    };
    // The secret and its file are one setting: the environment's form replaces the file's.
    let other = key
        .strip_suffix("_file")
        .map_or_else(|| format!("{key}_file"), str::to_owned);
    if matches!(values.get(&other), Some((_, Origin::File(_)))) {
        values.remove(&other);
    }
    insert(
        &key,
        Some(value),
        &Origin::Environment(name.to_owned()),
        values,
    )
}

fn insert(
    key: &str,
    value: Option<Value>,
    origin: &Origin,
    values: &mut BTreeMap<String, (Value, Origin)>,
) -> Result<(), ConfigError> {
    let (key, origin) = (key.to_owned(), origin.clone());
    if !keys::is_known(&key) {
        let nearest = keys::nearest(&key);
        return Err(ConfigError::UnknownKey {
            key,
            origin,
            nearest,
        });
    }
    let value = value.ok_or_else(|| ConfigError::WrongType {
        key: key.clone(),
        origin: origin.clone(),
        wanted: "a text in quotes, a whole number or a list of texts",
    })?;
    values.insert(key, (value, origin));
    Ok(())
}
