//! Metadata as JSON, which databases and APIs keep it in.

use serde_json::{Map, Value};

use super::{Metadata, Requirement};
use crate::terms::{Atom, Term};

impl Metadata {
    /// The metadata as a JSON object. Requirements and links are objects by name.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for (key, term) in self.to_fields() {
            let value = match key.as_str() {
                "requirements" => requirements(&self.requirements),
                "links" => pairs(&term, plain),
                "extra" => nested(&term),
                _ => plain(&term),
            };
            object.insert(key, value);
        }
        Value::Object(object)
    }
}

fn requirements(requirements: &[Requirement]) -> Value {
    let mut object = Map::new();
    for requirement in requirements {
        let mut fields = Map::new();
        fields.insert("app".to_owned(), requirement.app.as_str().into());
        fields.insert("optional".to_owned(), requirement.optional.into());
        if let Some(repository) = &requirement.repository {
            fields.insert("repository".to_owned(), repository.as_str().into());
        }
        let versions = requirement.requirement.as_str().into();
        fields.insert("requirement".to_owned(), versions);
        object.insert(requirement.name.clone(), Value::Object(fields));
    }
    Value::Object(object)
}

fn plain(term: &Term) -> Value {
    match term {
        Term::Atom(Atom::True) => Value::Bool(true),
        Term::Atom(Atom::False) => Value::Bool(false),
        Term::Atom(Atom::Nil | Atom::Undefined | Atom::Null) => Value::Null,
        Term::Integer(number) => Value::from(*number),
        Term::Binary(bytes) => Value::from(String::from_utf8_lossy(bytes)),
        Term::List(items) | Term::Tuple(items) => items.iter().map(plain).collect(),
        Term::Map(_) => pairs(term, plain),
    }
}

/// Pairs within pairs become objects within objects.
fn nested(term: &Term) -> Value {
    pairs(term, nested)
}

fn pairs(term: &Term, value: fn(&Term) -> Value) -> Value {
    let Some(pairs) = term.as_pairs() else {
        return plain(term);
    };
    let key = |term: &Term| term.as_text().unwrap_or_else(|| term.to_string());
    let pairs = pairs.into_iter();
    Value::Object(pairs.map(|(name, term)| (key(name), value(term))).collect())
}
