//! What a request names and nobody knows.

use std::borrow::Cow;
use std::fmt;

/// A customer, product, license or key that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} `{given}`: `{hint}` shows what is there")]
pub struct Unknown {
    kind: &'static str,
    given: String,
    hint: Cow<'static, str>,
}

impl Unknown {
    /// No such customer, by address or id.
    #[must_use]
    pub fn customer(given: impl fmt::Display) -> Self {
        Self::new("customer", given, "skep customer list")
    }

    /// No such product, by slug.
    #[must_use]
    pub fn product(given: impl fmt::Display) -> Self {
        Self::new("product", given, "skep product list")
    }

    /// No such license, by id or external id.
    #[must_use]
    pub fn license(given: impl fmt::Display) -> Self {
        let mut unknown = Self::new("license", given, "skep license list");
        if let Some(hint) = licenses_of(&unknown.given) {
            unknown.hint = hint.into();
        }
        unknown
    }

    /// No such license key, by id.
    #[must_use]
    pub fn key(given: impl fmt::Display) -> Self {
        Self::new("license key", given, "skep key list LICENSE")
    }

    /// Whether it is a product.
    #[must_use]
    pub fn is_product(&self) -> bool {
        self.kind == "product"
    }

    /// What is missing, without the command that shows what is there.
    #[must_use]
    pub fn plain(&self) -> String {
        format!("there is no {} `{}`", self.kind, self.given)
    }

    fn new(kind: &'static str, given: impl fmt::Display, hint: &'static str) -> Self {
        Self {
            kind,
            given: given.to_string().chars().take(120).collect(),
            hint: hint.into(),
        }
    }
}

/// What lists the licenses of a customer, for somebody who gave an address where a license belongs.
fn licenses_of(given: &str) -> Option<String> {
    let is_address = given.contains('@') && !given.contains(char::is_whitespace);
    is_address.then(|| format!("skep license list --customer {given}"))
}
