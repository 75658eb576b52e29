//! Packages to sell: a module that both mix and rebar3 can build.

use skep_formats::tarball::{Limits, Metadata, create};

/// A release, about to be published.
#[derive(Debug)]
pub(crate) struct Package {
    name: String,
    version: String,
    description: String,
}

impl Package {
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            description: "A thing worth its price".to_owned(),
        }
    }

    /// The same with another description, and so with other bytes.
    pub(crate) fn described(self, description: &str) -> Self {
        Self {
            description: description.to_owned(),
            ..self
        }
    }

    /// `NAME-VERSION.tar`
    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}.tar", self.name, self.version)
    }

    /// The tarball as a build tool would make it.
    pub(crate) fn tarball(&self) -> Vec<u8> {
        let files = self.files();
        let mut metadata = Metadata::new(&self.name, &self.version);
        metadata.app = Some(self.name.clone());
        metadata.description = Some(self.description.clone());
        metadata.build_tools = vec!["rebar3".to_owned(), "mix".to_owned()];
        metadata.files = files.iter().map(|(path, _)| path.clone()).collect();
        metadata.licenses = vec!["Commercial".to_owned()];
        let files = files
            .into_iter()
            .map(|(path, content)| (path, 0o644, content));
        create(&metadata, files, &Limits::default())
            .expect("a valid package")
            .tarball
    }

    fn files(&self) -> Vec<(String, String)> {
        let Self { name, version, .. } = self;
        vec![
            ("rebar.config".to_owned(), "{deps, []}.\n".to_owned()),
            (
                format!("src/{name}.app.src"),
                format!(
                    "{{application, {name}, [{{vsn, \"{version}\"}}, {{applications, [kernel, stdlib]}}]}}.\n"
                ),
            ),
            (
                format!("src/{name}.erl"),
                format!("-module({name}).\n-export([version/0]).\nversion() -> \"{version}\".\n"),
            ),
        ]
    }
}
