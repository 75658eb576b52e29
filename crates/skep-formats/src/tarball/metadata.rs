//! `metadata.config`: what a package says about itself.

mod json;

use std::collections::{BTreeMap, BTreeSet};

use super::Requirement;
use crate::terms::{self, Term, TermsError};

/// What a package says about itself. Fields of another shape than expected are kept in `other`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// The package.
    pub name: String,
    /// The release.
    pub version: String,
    /// The OTP application.
    pub app: Option<String>,
    /// A text for people.
    pub description: Option<String>,
    /// The versions of Elixir it works with, like `~> 1.14`.
    pub elixir: Option<String>,
    /// The tools that can build it, like `mix`.
    pub build_tools: Vec<String>,
    /// The files in it.
    pub files: Vec<String>,
    /// Its licenses, as SPDX identifiers in new packages.
    pub licenses: Vec<String>,
    /// Names and addresses of pages.
    pub links: BTreeMap<String, String>,
    /// The packages it depends on, sorted by name.
    pub requirements: Vec<Requirement>,
    /// Everything else, by key.
    pub other: BTreeMap<String, Term>,
    /// The lists above that are written although they are empty.
    written_empty: BTreeSet<&'static str>,
}

/// Why a text is not a package's metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Not Erlang terms.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// No terms at all.
    #[error("the metadata is empty")]
    Empty,
    /// A term that is not a pair of key and value.
    #[error("the metadata is not in key-value format: `{0}` is not a pair with a text as its key")]
    NotKeyValue(String),
    /// `name` or `version` is not there or not a text.
    #[error("the metadata has no `{0}`")]
    Missing(&'static str),
    /// `requirements` has a shape that nobody writes.
    #[error("the `requirements` are not a list of packages with their fields")]
    Requirements,
    /// A dependency that does not say which versions will do.
    #[error("the requirement on `{0}` has no version requirement")]
    RequirementWithoutVersion(String),
}

/// Files that tell which tool builds a package, for metadata that does not.
const BUILD_TOOL_FILES: [(&str, &str); 5] = [
    ("Makefile", "make"),
    ("Makefile.win", "make"),
    ("mix.exs", "mix"),
    ("rebar", "rebar3"),
    ("rebar.config", "rebar3"),
];

impl Metadata {
    /// Metadata of a package and release, and nothing else.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            ..Self::default()
        }
    }

    /// Reads the text of `metadata.config`, also as old tools wrote it.
    pub fn from_terms(text: &[u8]) -> Result<Self, MetadataError> {
        let terms = terms::parse(text)?;
        if terms.is_empty() {
            return Err(MetadataError::Empty);
        }
        let mut fields = BTreeMap::new();
        for term in terms {
            let (key, value) = into_field(term).map_err(|term| {
                let shown = term.to_string().chars().take(64).collect();
                MetadataError::NotKeyValue(shown)
            })?;
            fields.insert(key, value);
        }
        Self::from_fields(fields)
    }

    fn from_fields(mut fields: BTreeMap<String, Term>) -> Result<Self, MetadataError> {
        let mut metadata = Self {
            name: take_text(&mut fields, "name").ok_or(MetadataError::Missing("name"))?,
            version: take_text(&mut fields, "version").ok_or(MetadataError::Missing("version"))?,
            app: take_text(&mut fields, "app"),
            description: take_text(&mut fields, "description"),
            elixir: take_text(&mut fields, "elixir"),
            ..Self::default()
        };
        if let Some(term) = fields.remove("requirements") {
            metadata.requirements = Requirement::list(&term)?;
            metadata.note_empty("requirements", metadata.requirements.is_empty());
        }
        let has_files = fields.contains_key("files");
        metadata.files = metadata.take_texts(&mut fields, "files");
        metadata.licenses = metadata.take_texts(&mut fields, "licenses");
        if let Some(Term::List(_)) = fields.get("build_tools") {
            metadata.build_tools = metadata.take_texts(&mut fields, "build_tools");
        } else if has_files {
            fields.remove("build_tools");
            metadata.build_tools = guess_build_tools(&metadata.files);
            metadata.note_empty("build_tools", metadata.build_tools.is_empty());
        }
        if let Some(links) = fields.get("links").and_then(text_pairs) {
            fields.remove("links");
            metadata.note_empty("links", links.is_empty());
            metadata.links = links;
        }
        metadata.other = fields;
        Ok(metadata)
    }

    /// The text of `metadata.config`. Equal metadata gives equal text.
    pub fn to_terms(&self) -> String {
        let pair = |(key, value): (String, Term)| Term::Tuple(vec![Term::text(key), value]);
        let terms: Vec<Term> = self.to_fields().into_iter().map(pair).collect();
        terms::print(&terms)
    }

    fn to_fields(&self) -> BTreeMap<String, Term> {
        let mut fields = self.other.clone();
        let mut put = |key: &str, value: Term| drop(fields.insert(key.to_owned(), value));
        put("name", Term::text(self.name.as_str()));
        put("version", Term::text(self.version.as_str()));
        let texts = [
            ("app", &self.app),
            ("description", &self.description),
            ("elixir", &self.elixir),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                put(key, Term::text(text.as_str()));
            }
        }
        let link = |(name, url): (&String, &String)| {
            Term::Tuple(vec![Term::text(name.as_str()), Term::text(url.as_str())])
        };
        let lists = [
            ("build_tools", text_list(&self.build_tools)),
            ("files", text_list(&self.files)),
            ("licenses", text_list(&self.licenses)),
            ("links", self.links.iter().map(link).collect()),
            (
                "requirements",
                self.requirements.iter().map(Requirement::to_term).collect(),
            ),
        ];
        for (key, items) in lists {
            if !items.is_empty() || self.written_empty.contains(key) {
                put(key, Term::List(items));
            }
        }
        fields
    }

    fn note_empty(&mut self, key: &'static str, is_empty: bool) {
        if is_empty {
            self.written_empty.insert(key);
        }
    }

    /// Takes a list of texts; leaves anything else where it is.
    fn take_texts(
        &mut self,
        fields: &mut BTreeMap<String, Term>,
        key: &'static str,
    ) -> Vec<String> {
        let texts = fields.get(key).and_then(Term::as_list);
        let texts = texts.and_then(|items| items.iter().map(Term::as_text).collect());
        let texts: Option<Vec<String>> = texts;
        if let Some(texts) = &texts {
            fields.remove(key);
            self.note_empty(key, texts.is_empty());
        }
        texts.unwrap_or_default()
    }
}

/// Key and value of a pair; gives back any other term.
fn into_field(term: Term) -> Result<(String, Term), Term> {
    let Term::Tuple(mut items) = term else {
        return Err(term);
    };
    match items.as_mut_slice() {
        [Term::Binary(key), value] => {
            let value = std::mem::replace(value, Term::Integer(0));
            Ok((text(std::mem::take(key)), value))
        }
        _ => Err(Term::Tuple(items)),
    }
}

/// Text in UTF-8; what is not is replaced.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn take_text(fields: &mut BTreeMap<String, Term>, key: &str) -> Option<String> {
    match fields.get_mut(key)? {
        Term::Binary(bytes) => {
            let bytes = std::mem::take(bytes);
            fields.remove(key);
            Some(text(bytes))
        }
        _ => None,
    }
}

fn text_pairs(term: &Term) -> Option<BTreeMap<String, String>> {
    let pairs = term.as_pairs()?.into_iter();
    pairs
        .map(|(key, value)| Some((key.as_text()?, value.as_text()?)))
        .collect()
}

fn text_list(texts: &[String]) -> Vec<Term> {
    texts.iter().map(|text| Term::text(text.as_str())).collect()
}

fn guess_build_tools(files: &[String]) -> Vec<String> {
    let is_there = |name: &str| {
        let plain = |file: &String| file.strip_prefix("./").unwrap_or(file) == name;
        files.iter().any(plain)
    };
    let mut tools: Vec<String> = Vec::new();
    for (file, tool) in BUILD_TOOL_FILES {
        if is_there(file) && tools.last().is_none_or(|last| last != tool) {
            tools.push(tool.to_owned());
        }
    }
    tools
}

#[cfg(test)]
mod tests;
