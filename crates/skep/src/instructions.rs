//! What a seller sends to a customer: exact lines for every tool, with nothing to fill in.

use std::fmt::Write;

mod key_change;

pub(crate) use key_change::KeyChange;
use key_change::{host, secret_name};

/// All that the lines need.
pub(crate) struct Instructions<'a> {
    /// The repository's name: what `mix hex.repo add` must call it.
    pub(crate) repository: &'a str,
    /// Its URL, as `https://hex.acme.example/repo`.
    pub(crate) url: &'a str,
    /// The fingerprint of its key.
    pub(crate) fingerprint: &'a str,
    /// Its public key.
    pub(crate) public_key: &'a str,
    /// The license key.
    pub(crate) key: &'a str,
    /// Packages the license sees, with the newest version of each where there is one.
    pub(crate) packages: &'a [(String, Option<String>)],
}

impl Instructions<'_> {
    /// Everything, one part a tool.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        for (heading, body) in self.projects().into_iter().chain(self.automation()) {
            let _ = write!(text, "# {heading}\n\n{}\n\n", body.trim_end());
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// What developers need.
    fn projects(&self) -> Vec<(String, String)> {
        let part = |heading: &str, body| (heading.to_owned(), body);
        vec![
            part(
                "mix: add the repository, once on each machine",
                self.mix_repository(),
            ),
            part("mix.exs: the dependency", self.mix_dependency()),
            part(
                "rebar3: ~/.config/rebar3/rebar.config, once on each machine",
                self.rebar3_repository(),
            ),
            part(
                "rebar3: rebar.config, the dependency",
                self.rebar3_dependency(),
            ),
            part(
                "rebar3: when it gets no package. It hides what the server says; curl shows what is wrong",
                self.rebar3_trouble(),
            ),
        ]
    }

    /// What builds and bots need.
    fn automation(&self) -> Vec<(String, String)> {
        let part = |heading: &str, body| (heading.to_owned(), body);
        let secret = secret_name(self.repository);
        let actions = format!("GitHub Actions: with the key as the secret {secret}");
        let dependabot = format!(".github/dependabot.yml: with the Dependabot secret {secret}");
        let renovate = format!("renovate.json: with Renovate's secret {secret}");
        vec![
            part(
                "Instead of the key in Hex's configuration: ~/.netrc",
                self.netrc(),
            ),
            part(
                "Dockerfile: the key comes from that ~/.netrc and is never in the image",
                self.docker(),
            ),
            (actions, self.github_actions()),
            (dependabot, self.dependabot()),
            (renovate, self.renovate()),
            part("When the key changes", self.key_change()),
        ]
    }

    fn mix_repository(&self) -> String {
        format!(
            "mix hex.repo add {} {} \\\n  --fetch-public-key {} \\\n  --auth-key {}",
            self.repository, self.url, self.fingerprint, self.key
        )
    }

    fn mix_dependency(&self) -> String {
        if self.packages.is_empty() {
            return format!(
                "# as soon as there is a package: {{:NAME, \">= 0.0.0\", repo: \"{}\"}}",
                self.repository
            );
        }
        let lines = self.packages.iter().map(|(package, version)| {
            let requirement = version
                .as_deref()
                .map_or_else(|| ">= 0.0.0".to_owned(), requirement);
            format!(
                "{{:{package}, \"{requirement}\", repo: \"{}\"}}",
                self.repository
            )
        });
        lines.collect::<Vec<_>>().join(",\n")
    }

    fn rebar3_repository(&self) -> String {
        format!(
            "{{hex, [{{repos, [\n  #{{name => <<\"{}\">>,\n    repo_url => <<\"{}\">>,\n    repo_key => <<\"{}\">>,\n    repo_public_key => <<\"{}\">>}}\n]}}]}}.",
            self.repository,
            self.url,
            self.key,
            self.public_key.trim_end().replace('\n', "\\n"),
        )
    }

    fn rebar3_dependency(&self) -> String {
        let names: Vec<String> = self
            .packages
            .iter()
            .map(|(package, version)| match version {
                Some(version) => format!("{{{package}, \"{}\"}}", requirement(version)),
                None => package.clone(),
            })
            .collect();
        format!("{{deps, [{}]}}.", names.join(", "))
    }

    fn rebar3_trouble(&self) -> String {
        let (url, key) = (self.url, self.key);
        let path = match self.packages.first() {
            Some((package, _)) => format!("packages/{package}"),
            None => "names".to_owned(),
        };
        format!("curl -H \"authorization: {key}\" {url}/{path}\nDEBUG=1 rebar3 get-deps")
    }

    /// On three lines: curl and git would also take it on one, but Hex then ignores the whole file.
    fn netrc(&self) -> String {
        format!(
            "machine {}\nlogin license\npassword {}\n\nmix hex.repo add {} {} --fetch-public-key {}",
            host(self.url),
            self.key,
            self.repository,
            self.url,
            self.fingerprint
        )
    }

    fn docker(&self) -> String {
        format!(
            "# syntax=docker/dockerfile:1\nRUN mix hex.repo add {} {} --fetch-public-key {}\nRUN --mount=type=secret,id=netrc,target=/root/.netrc mix deps.get\n\n# and then\ndocker build --secret id=netrc,src=$HOME/.netrc .",
            self.repository, self.url, self.fingerprint
        )
    }

    fn github_actions(&self) -> String {
        let secret = secret_name(self.repository);
        format!(
            "- run: mix hex.repo add {} {} --fetch-public-key {} --auth-key \"${secret}\"\n  env:\n    {secret}: ${{{{ secrets.{secret} }}}}\n- run: mix deps.get",
            self.repository, self.url, self.fingerprint
        )
    }

    fn dependabot(&self) -> String {
        let (name, url, fingerprint) = (self.repository, self.url, self.fingerprint);
        // mix.exs is code: with a private registry Dependabot runs it only when told to.
        format!(
            "version: 2\nregistries:\n  {name}:\n    type: hex-repository\n    repo: {name}\n    url: {url}\n    \
             auth-key: ${{{{secrets.{secret}}}}}\n    public-key-fingerprint: {fingerprint}\nupdates:\n  \
             - package-ecosystem: mix\n    directory: \"/\"\n    registries: [{name}]\n    \
             insecure-external-code-execution: allow\n    schedule:\n      interval: weekly",
            secret = secret_name(self.repository)
        )
    }

    fn renovate(&self) -> String {
        let value = serde_json::json!({
            "hostRules": [{
                "matchHost": self.url,
                "authType": "Token-Only",
                "token": format!("{{{{ secrets.{} }}}}", secret_name(self.repository)),
            }],
            "packageRules": [{
                "matchDatasources": ["hex"],
                "matchPackageNames": self.packages.iter().map(|(package, _)| package).collect::<Vec<_>>(),
                "registryUrls": [self.url],
            }],
        });
        format!("{value:#}")
    }

    fn key_change(&self) -> String {
        let (repository, url) = (self.repository, self.url);
        KeyChange {
            repository,
            url,
            key: "NEW_KEY",
        }
        .render()
    }
}

/// What to write for a package whose newest version is this: `~> 1.2` for 1.2.3, the version itself for a pre-release.
fn requirement(version: &str) -> String {
    if version.contains('-') {
        return format!("~> {version}");
    }
    let mut numbers = version.split('.');
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => format!("~> {major}.{minor}"),
        _ => format!(">= {version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: Instructions<'static> = Instructions {
        repository: "acme",
        url: "https://hex.acme.example/repo",
        fingerprint: "SHA256:abc",
        public_key: "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n",
        key: "skl_example",
        packages: &[],
    };

    #[test]
    fn the_lines_have_nothing_to_fill_in_but_a_later_key() {
        let packages = [
            ("acme_pro".to_owned(), Some("1.2.3".to_owned())),
            ("acme_web".to_owned(), None),
        ];
        insta::assert_snapshot!(
            Instructions {
                packages: &packages,
                ..ACME
            }
            .render()
        );
    }

    #[test]
    fn without_a_package_yet_the_lines_are_still_valid() {
        let text = ACME.render();
        for line in [
            "# as soon as there is a package: {:NAME, \">= 0.0.0\", repo: \"acme\"}",
            "{deps, []}.",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn a_netrc_entry_names_the_host_without_its_port() {
        assert_eq!(host(ACME.url), "hex.acme.example");
        assert_eq!(host("http://127.0.0.1:4000/repo"), "127.0.0.1");
    }

    #[test]
    fn the_requirement_follows_the_newest_version() {
        assert_eq!(requirement("1.2.3"), "~> 1.2");
        assert_eq!(requirement("2.0.0-rc.1"), "~> 2.0.0-rc.1");
    }
}
