//! What a package depends on.

use std::collections::BTreeMap;

use crate::registry::Dependency;
use crate::terms::{Atom, Term};

use super::{Metadata, MetadataError};

/// A package's dependency on another, as its metadata says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The package.
    pub name: String,
    /// The OTP application in it, which is usually called the same.
    pub app: String,
    /// Whether the package works without it.
    pub optional: bool,
    /// The versions that will do, like `~> 1.0`.
    pub requirement: String,
    /// The repository the package is in; nothing for the one this package is in.
    pub repository: Option<String>,
}

/// What the registry of `repository` says about the dependencies of a release, sorted by name. The
/// application and whether it is optional are always said; a repository only if it is another one.
pub fn dependencies(metadata: &Metadata, repository: &str) -> Vec<Dependency> {
    let mut requirements: Vec<&Requirement> = metadata.requirements.iter().collect();
    requirements.sort_by(|a, b| a.name.cmp(&b.name));
    let dependency = |requirement: &Requirement| Dependency {
        package: requirement.name.clone(),
        requirement: requirement.requirement.clone(),
        optional: Some(requirement.optional),
        app: Some(requirement.app.clone()),
        repository: requirement
            .repository
            .clone()
            .filter(|other| other != repository),
    };
    requirements.into_iter().map(dependency).collect()
}

impl Requirement {
    /// The requirements in a metadata term: pairs of name and fields, or a list of fields with the
    /// name among them, as old tools wrote it. What comes twice counts as it was last.
    pub(super) fn list(term: &Term) -> Result<Vec<Self>, MetadataError> {
        let named = match term.as_list() {
            Some([Term::List(_), ..]) => None,
            _ => term.as_pairs(),
        };
        let mut found = BTreeMap::new();
        if let Some(named) = named {
            for (name, fields) in named {
                let name = name.as_text().ok_or(MetadataError::Requirements)?;
                found.insert(name.clone(), Self::from_fields(name, fields)?);
            }
        } else {
            for fields in term.as_list().ok_or(MetadataError::Requirements)? {
                let name = field(fields, "name").and_then(Term::as_text);
                let name = name.ok_or(MetadataError::Requirements)?;
                found.insert(name.clone(), Self::from_fields(name, fields)?);
            }
        }
        Ok(found.into_values().collect())
    }

    fn from_fields(name: String, fields: &Term) -> Result<Self, MetadataError> {
        fields.as_pairs().ok_or(MetadataError::Requirements)?;
        let text = |key| field(fields, key).and_then(Term::as_text);
        let Some(requirement) = text("requirement") else {
            return Err(MetadataError::RequirementWithoutVersion(name));
        };
        Ok(Self {
            app: text("app").unwrap_or_else(|| name.clone()),
            optional: field(fields, "optional") == Some(&Term::Atom(Atom::True)),
            requirement,
            repository: text("repository"),
            name,
        })
    }

    pub(super) fn to_term(&self) -> Term {
        let pair = |key: &str, value| Term::Tuple(vec![Term::text(key), value]);
        let mut fields = vec![
            pair("app", Term::text(self.app.as_str())),
            pair("optional", Term::boolean(self.optional)),
        ];
        if let Some(repository) = &self.repository {
            fields.push(pair("repository", Term::text(repository.as_str())));
        }
        let requirement = Term::text(self.requirement.as_str());
        fields.push(pair("requirement", requirement));
        pair(&self.name, Term::List(fields))
    }
}

/// The field `key`, as it was last.
fn field<'a>(fields: &'a Term, key: &str) -> Option<&'a Term> {
    let pairs = fields.as_pairs()?;
    let matches = |name: &Term| matches!(name, Term::Binary(name) if name == key.as_bytes());
    let found = pairs.into_iter().rev().find(|(name, _)| matches(name));
    found.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_names_other_repositories_only() {
        let requirement = |name: &str, repository: Option<&str>| Requirement {
            name: name.to_owned(),
            app: format!("{name}_app"),
            optional: false,
            requirement: "~> 1.0".to_owned(),
            repository: repository.map(str::to_owned),
        };
        let mut metadata = Metadata::new("ab", "1.0.0");
        metadata.requirements = vec![
            requirement("z", Some("hexpm")),
            requirement("b", Some("acme")),
            requirement("a", None),
        ];
        let found = dependencies(&metadata, "acme");
        let found: Vec<_> = found
            .iter()
            .map(|dependency| {
                (
                    dependency.package.as_str(),
                    dependency.repository.as_deref(),
                )
            })
            .collect();
        assert_eq!(found, [("a", None), ("b", None), ("z", Some("hexpm"))]);
    }
}
