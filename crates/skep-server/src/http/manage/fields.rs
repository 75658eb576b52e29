//! The fields of a body or of a query: each is read once, and what nobody read is refused. A misspelt
//! `acces_until` that is taken for "for ever" would be an expensive mistake.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::http::api::ApiError;
use crate::licensing::dates;
use crate::licensing::licenses::Edit;

/// Before this moment no license of a Hex package can have been sold.
const EARLIEST: Timestamp = Timestamp::from_seconds(0);

/// Fields that are still to be read.
#[derive(Debug)]
pub(super) struct Fields {
    values: Map<String, Value>,
    /// The field that these are in: `customer.`
    prefix: String,
    /// In a query everything is text.
    is_query: bool,
}

impl Fields {
    /// The fields of a body.
    pub(super) fn of_body(body: Value) -> Result<Self, ApiError> {
        refuse_nul(&body)?;
        match body {
            Value::Object(values) => Ok(Self {
                values,
                prefix: String::new(),
                is_query: false,
            }),
            _ => Err(ApiError::bad_request(
                "the body has to be a map of fields: `{\"name\": …}`",
            )),
        }
    }

    /// The parameters of a query.
    pub(super) fn of_query(query: Option<&str>) -> Result<Self, ApiError> {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut values = Map::new();
        for (name, value) in pairs {
            let value = Value::String(value.into_owned());
            if values.insert(name.to_string(), value).is_some() {
                return Err(ApiError::invalid(&name, "is given twice"));
            }
        }
        let values = Value::Object(values);
        refuse_nul(&values)?;
        let mut fields = Self::of_body(values)?;
        fields.is_query = true;
        Ok(fields)
    }

    /// The name of a field as errors show it.
    pub(super) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn invalid(&self, name: &str, text: impl Into<String>) -> ApiError {
        ApiError::invalid(&self.named(name), text)
    }

    /// `null` is as good as nothing, except where [`edit`](Self::edit) asks.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// A field that may be left out.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<Option<T>, ApiError> {
        let value = self.take(name);
        let parsed = value.as_ref().map(parse).transpose();
        parsed.map_err(|text| self.invalid(name, text))
    }

    /// A field that has to be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, ApiError> {
        let found = self.optional(name, parse)?;
        found.ok_or_else(|| self.invalid(name, "is missing"))
    }

    /// A field that keeps (left out), sets or clears (`null`) a value.
    pub(super) fn edit<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<Edit<T>, ApiError> {
        match self.values.get(name) {
            None => Ok(Edit::Keep),
            Some(Value::Null) => {
                self.values.remove(name);
                Ok(Edit::Clear)
            }
            Some(_) => Ok(self.optional(name, parse)?.map_or(Edit::Keep, Edit::Set)),
        }
    }

    /// A list that may be left out: then it is empty.
    pub(super) fn list<T: FromStr<Err: Display>>(
        &mut self,
        name: &str,
    ) -> Result<Vec<T>, ApiError> {
        let found = self.optional(name, |value| match value {
            Value::Array(values) => values.iter().map(parsed).collect(),
            _ => Err("has to be a list of texts".to_owned()),
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Fields inside a field.
    pub(super) fn inside(&mut self, name: &str) -> Result<Self, ApiError> {
        let prefix = format!("{}.", self.named(name));
        self.required(name, |value| match value {
            Value::Object(values) => Ok(Self {
                values: values.clone(),
                prefix,
                is_query: false,
            }),
            _ => Err("has to be a map of fields".to_owned()),
        })
    }

    /// A whole number of at most `most`.
    pub(super) fn number(&mut self, name: &str, most: u32) -> Result<Option<u32>, ApiError> {
        let is_query = self.is_query;
        self.optional(name, |value| {
            let number = match value {
                Value::String(text) if is_query => text.parse().ok(),
                // 3.0 is the same number in JSON.
                value => value.as_u64().or_else(|| whole(value)),
            };
            number
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| *number <= most)
                .ok_or_else(|| format!("has to be a whole number from 0 to {most}"))
        })
    }

    /// Yes or no; no when left out.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, ApiError> {
        let is_query = self.is_query;
        let found = self.optional(name, |value| match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if is_query && text == "true" => Ok(true),
            Value::String(text) if is_query && text == "false" => Ok(false),
            _ => Err("has to be true or false".to_owned()),
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Nothing else may be there.
    pub(super) fn done(self) -> Result<(), ApiError> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) => {
                let kind = if self.is_query { "parameter" } else { "field" };
                Err(self.invalid(name, format!("is not a {kind} of this request")))
            }
        }
    }
}

fn whole(value: &Value) -> Option<u64> {
    let number = value.as_f64()?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it has just been checked"
    )]
    is_whole.then_some(number as u64)
}

/// A text.
pub(super) fn text(value: &Value) -> Result<String, String> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| "has to be a text".to_owned())
}

/// A text that means something.
pub(super) fn parsed<T: FromStr<Err: Display>>(value: &Value) -> Result<T, String> {
    let text = value.as_str().ok_or("has to be a text")?;
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A date that ends something.
pub(super) fn end(value: &Value) -> Result<Timestamp, String> {
    date(value, dates::parse_end)
}

/// A date that begins something.
pub(super) fn start(value: &Value) -> Result<Timestamp, String> {
    date(value, dates::parse_start)
}

fn date(
    value: &Value,
    parse: fn(&str) -> Result<Timestamp, dates::DateError>,
) -> Result<Timestamp, String> {
    let text = value.as_str().ok_or("has to be a text with a date")?;
    let at = parse(text).map_err(|error| error.to_string())?;
    if at < EARLIEST {
        return Err(format!("`{text}` is before 1970"));
    }
    Ok(at)
}

/// PostgreSQL keeps no texts with a NUL in them, and none of ours means anything.
fn refuse_nul(value: &Value) -> Result<(), ApiError> {
    let refused = || ApiError::bad_request("the request has a NUL character in a text");
    match value {
        Value::String(text) if text.contains('\0') => Err(refused()),
        Value::Array(values) => values.iter().try_for_each(refuse_nul),
        Value::Object(values) if values.keys().any(|name| name.contains('\0')) => Err(refused()),
        Value::Object(values) => values.values().try_for_each(refuse_nul),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
