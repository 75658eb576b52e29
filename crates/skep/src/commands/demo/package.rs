//! The package that the demonstration sells. Elixir and Erlang projects can both use it.

use skep_formats::tarball::{CreateError, Limits, Metadata, create};

/// What it is called.
pub(super) const NAME: &str = "skep_demo";
/// Its only version.
pub(super) const VERSION: &str = "1.0.0";

const FILES: [(&str, &str); 4] = [
    (
        "mix.exs",
        "defmodule SkepDemo.MixProject do\n  use Mix.Project\n\n  def project do\n    \
         [app: :skep_demo, version: \"1.0.0\", deps: []]\n  end\nend\n",
    ),
    ("rebar.config", "{deps, []}.\n"),
    (
        "src/skep_demo.app.src",
        "{application, skep_demo, [\n  {description, \"Bought with skep demo\"},\n  {vsn, \"1.0.0\"},\n  \
         {applications, [kernel, stdlib]}\n]}.\n",
    ),
    (
        "src/skep_demo.erl",
        "-module(skep_demo).\n-export([hello/0]).\n\nhello() ->\n    \
         io:format(\"This code was bought, and came through a Hex repository of its own.~n\").\n",
    ),
];

/// The tarball, as a build tool would make it.
pub(super) fn tarball() -> Result<Vec<u8>, CreateError> {
    let mut metadata = Metadata::new(NAME, VERSION);
    metadata.app = Some(NAME.to_owned());
    metadata.description = Some("What `skep demo` sells".to_owned());
    metadata.build_tools = vec!["mix".to_owned(), "rebar3".to_owned()];
    metadata.files = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
    metadata.licenses = vec!["Apache-2.0".to_owned()];
    let files = FILES.iter().map(|(path, content)| (*path, 0o644, *content));
    create(&metadata, files, &Limits::default()).map(|created| created.tarball)
}
