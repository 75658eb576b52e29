//! The demonstration's customer: a project for mix and one for rebar3, ready to fetch the package, and
//! the commands that do it.

use std::io;
use std::path::Path;

use super::package::{NAME, VERSION};

/// What a customer of the demonstration has been told.
pub(super) struct Customer<'a> {
    /// The folder of the customer's projects.
    pub(super) folder: &'a Path,
    /// The repository's name.
    pub(super) repository: &'a str,
    /// Its URL.
    pub(super) url: &'a str,
    /// The fingerprint of its key.
    pub(super) fingerprint: &'a str,
    /// Its public key.
    pub(super) public_key: &'a str,
    /// The license key.
    pub(super) key: &'a str,
}

impl Customer<'_> {
    /// Writes both projects.
    pub(super) fn write_projects(&self) -> io::Result<()> {
        let (mix, rebar3) = (self.folder.join("mix"), self.folder.join("rebar3"));
        fs_err::create_dir_all(&mix)?;
        fs_err::create_dir_all(&rebar3)?;
        let Self {
            repository,
            url,
            key,
            ..
        } = self;
        fs_err::write(
            mix.join("mix.exs"),
            format!(
                "defmodule Buyer.MixProject do\n  use Mix.Project\n\n  def project do\n    \
                 [app: :buyer, version: \"1.0.0\", deps: deps()]\n  end\n\n  defp deps do\n    \
                 [{{:{NAME}, \"~> 1.0\", repo: \"{repository}\"}}]\n  end\nend\n"
            ),
        )?;
        let public_key = self.public_key.trim_end().replace('\n', "\\n");
        fs_err::write(
            rebar3.join("rebar.config"),
            format!(
                "{{deps, [{{{NAME}, \"~> 1.0\"}}]}}.\n\n{{hex, [{{repos, [\n  #{{name => <<\"{repository}\">>,\n    \
                 repo_url => <<\"{url}\">>,\n    repo_key => <<\"{key}\">>,\n    \
                 repo_public_key => <<\"{public_key}\">>}}\n]}}]}}.\n"
            ),
        )
    }

    /// What to paste into another terminal. Whatever these commands leave behind is in the folder.
    pub(super) fn commands(&self) -> String {
        let Self {
            repository,
            url,
            key,
            fingerprint,
            ..
        } = self;
        let folder = self.folder.display();
        let tarball = format!("{url}/tarballs/{NAME}-{VERSION}.tar");
        format!(
            "# With curl: the package for whoever has the license key, and an explanation for everybody else\n\
             curl -sS -H 'authorization: {key}' -o {folder}/{NAME}.tar {tarball}\n\
             tar -tf {folder}/{NAME}.tar\n\
             curl -sS {tarball}\n\
             \n\
             # With mix (Elixir), in a project that depends on {NAME}\n\
             cd {folder}/mix\n\
             HEX_HOME={folder}/hex mix hex.repo add {repository} {url} --fetch-public-key {fingerprint} --auth-key {key}\n\
             HEX_HOME={folder}/hex mix deps.get\n\
             HEX_HOME={folder}/hex mix run -e ':{NAME}.hello()'\n\
             \n\
             # With rebar3 (Erlang), the same\n\
             cd {folder}/rebar3\n\
             REBAR_CACHE_DIR={folder}/rebar3-cache rebar3 compile\n\
             erl -noshell -pa _build/default/lib/{NAME}/ebin -s {NAME} hello -s init stop"
        )
    }
}
