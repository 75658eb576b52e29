//! One row of an import, and what is wrong with it by itself.

use std::collections::HashMap;
use std::fmt;

use crate::clock::Timestamp;
use crate::licensing::customers::parse_email;
use crate::licensing::key::{Form, KeyHash, LicenseKey};
use crate::licensing::license::Terms;
use crate::licensing::plan::Plan;
use crate::licensing::product::{Product, Slug};
use crate::licensing::terms::{self, Dates};
use crate::licensing::unknown::Unknown;

/// A date of a row: absent, or parsed by whoever reads the file, or the sentence that says why not.
pub type GivenDate = Result<Option<Timestamp>, String>;

/// A license of an older system. Absent texts are empty.
#[derive(Clone, Default)]
pub struct ImportRow {
    /// Where it stands in the file.
    pub line: u64,
    /// What is wrong with the line as such; then nothing else of it counts.
    pub malformed: Option<String>,
    /// The customer's address.
    pub customer_email: String,
    /// What to call them, if they are not there yet; their address when empty.
    pub customer_name: String,
    /// Slugs of products, separated by spaces or semicolons.
    pub product: String,
    /// The plan.
    pub plan: String,
    /// When it starts.
    pub starts_at: Option<GivenDate>,
    /// When access ends.
    pub access_until: Option<GivenDate>,
    /// When updates end.
    pub updates_until: Option<GivenDate>,
    /// Grace days, a number.
    pub grace_days: String,
    /// The key, in clear.
    pub key: String,
    /// Or its SHA-256, 64 hexadecimal digits.
    pub key_sha256: String,
    /// What to call the key.
    pub key_label: String,
    /// The license's name in the seller's own system.
    pub external_id: String,
    /// Notes.
    pub notes: String,
}

impl fmt::Debug for ImportRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRow")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// A shorter key can be guessed.
const SAFE_CHARACTERS: usize = 16;

/// The key of a row.
pub(super) enum GivenKey {
    Clear(LicenseKey),
    Hash(KeyHash),
}

impl GivenKey {
    pub(super) fn hash(&self) -> KeyHash {
        match self {
            Self::Clear(key) => key.hash(),
            Self::Hash(hash) => *hash,
        }
    }

    /// What the seller should know of it.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Clear(key) if key.reveal().len() < SAFE_CHARACTERS => Some(format!(
                "the key has only {} characters and can be guessed: rotate it soon",
                key.reveal().len()
            )),
            Self::Clear(_) | Self::Hash(_) => None,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::Clear(key) => key.hint(),
            Self::Hash(_) => String::new(),
        }
    }
}

/// A row that is right by itself.
pub(super) struct Checked {
    pub(super) line: u64,
    pub(super) email: String,
    pub(super) name: Option<String>,
    pub(super) products: Vec<Product>,
    pub(super) plan: Plan,
    pub(super) terms: Terms,
    pub(super) key: Option<GivenKey>,
    pub(super) key_label: String,
    pub(super) external_id: Option<String>,
    pub(super) notes: String,
}

/// Keeps what went wrong and goes on.
struct Problems(Vec<String>);

impl Problems {
    fn take<T>(&mut self, result: Result<T, impl fmt::Display>) -> Option<T> {
        result
            .map_err(|problem| self.0.push(problem.to_string()))
            .ok()
    }
}

pub(super) fn check(
    row: &ImportRow,
    known: &HashMap<Slug, Product>,
    now: Timestamp,
) -> (Option<Checked>, Vec<String>) {
    if let Some(problem) = &row.malformed {
        return (None, vec![problem.clone()]);
    }
    let mut problems = Problems(Vec::new());
    let email = problems.take(match row.customer_email.trim() {
        "" => Err("customer_email is empty".to_owned()),
        text => parse_email(text).map_err(|error| format!("customer_email: {error}")),
    });
    let products = products(row, known, &mut problems);
    let plan = problems.take(match row.plan.trim() {
        "" => Err("plan is empty: use subscription, perpetual, lifetime or trial".to_owned()),
        text => text
            .parse::<Plan>()
            .map_err(|error| format!("plan: {error}")),
    });
    let dates = dates(row, &mut problems);
    let terms = plan
        .zip(dates)
        .and_then(|(plan, dates)| problems.take(terms::resolve(plan, &dates, now)));
    let key = problems.take(key(row));
    let checked = (|| {
        Some(Checked {
            line: row.line,
            email: email?,
            name: text(&row.customer_name),
            products: products?,
            plan: plan?,
            terms: terms?,
            key: key?,
            key_label: text(&row.key_label).unwrap_or_else(|| "imported".to_owned()),
            external_id: text(&row.external_id),
            notes: row.notes.trim().to_owned(),
        })
    })();
    (checked, problems.0)
}

fn text(column: &str) -> Option<String> {
    Some(column.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn products(
    row: &ImportRow,
    known: &HashMap<Slug, Product>,
    problems: &mut Problems,
) -> Option<Vec<Product>> {
    let separators = |c: char| c.is_whitespace() || c == ';' || c == ',';
    let slugs: Vec<&str> = row
        .product
        .split(separators)
        .filter(|slug| !slug.is_empty())
        .collect();
    if slugs.is_empty() {
        problems.0.push("product is empty".to_owned());
        return None;
    }
    let find = |text: &str| {
        let slug: Slug = text.parse().map_err(|error| format!("product: {error}"))?;
        known
            .get(&slug)
            .cloned()
            .ok_or_else(|| Unknown::product(slug).to_string())
    };
    let found: Vec<_> = slugs.iter().map(|slug| problems.take(find(slug))).collect();
    found.into_iter().collect()
}

fn dates(row: &ImportRow, problems: &mut Problems) -> Option<Dates> {
    let mut date = |name: &str, given: &Option<GivenDate>| {
        let given = given.clone().unwrap_or(Ok(None));
        problems.take(given.map_err(|problem| format!("{name}: {problem}")))
    };
    let starts_at = date("starts_at", &row.starts_at);
    let access_until = date("access_until", &row.access_until);
    let updates_until = date("updates_until", &row.updates_until);
    let grace_days = problems.take(match row.grace_days.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| format!("grace_days: `{text}` is not a number of days")),
    });
    Some(Dates {
        starts_at: starts_at?,
        access_until: access_until?,
        updates_until: updates_until?,
        grace_days: grace_days?,
    })
}

/// The key itself is in none of the sentences.
fn key(row: &ImportRow) -> Result<Option<GivenKey>, String> {
    let clear = match row.key.trim() {
        "" => None,
        text if !text.chars().all(|c| c.is_ascii_graphic()) || text.len() > 512 => {
            return Err(
                "key has a space or another character that clients cannot send, or more than 512"
                    .to_owned(),
            );
        }
        text if LicenseKey::form(text) == Form::Mistyped => {
            return Err(
                "key begins like one of Skep's, but its checksum is wrong: a character is mistyped"
                    .to_owned(),
            );
        }
        text => Some(LicenseKey::from_text(text)),
    };
    let hash = match row.key_sha256.trim() {
        "" => None,
        text => {
            let hash = text
                .parse()
                .map_err(|_| "key_sha256 is not 64 hexadecimal digits".to_owned())?;
            Some(KeyHash(hash))
        }
    };
    match (clear, hash) {
        (Some(clear), Some(hash)) if clear.hash() != hash => {
            Err("key and key_sha256 are of different keys".to_owned())
        }
        (Some(clear), _) => Ok(Some(GivenKey::Clear(clear))),
        (None, Some(hash)) => Ok(Some(GivenKey::Hash(hash))),
        (None, None) => Ok(None),
    }
}
