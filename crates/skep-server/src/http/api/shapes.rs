//! Packages, releases and users as the API writes them: names and shapes are what mix, Gleam and
//! Renovate read.

use serde_json::{Map, Value, json};
use skep_formats::registry::Retirement;
use skep_formats::version::Version;

use crate::accounts::user::User;
use crate::catalog::owners::Owner;
use crate::catalog::packages::PackageDetails;
use crate::catalog::release::{Package, Release};
use crate::catalog::retire::reason_name;
use crate::catalog::search::updated_at;
use crate::config::Config;

/// Where the API has things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Urls<'a>(pub(crate) &'a Config);

impl Urls<'_> {
    /// A path of the API as a URL.
    pub(crate) fn api(self, path: &str) -> String {
        format!("{}/api{path}", self.0.server.url)
    }

    /// A package.
    pub(crate) fn package(self, package: &Package) -> String {
        let Package {
            repository, name, ..
        } = package;
        if self.0.default_repository().name == *repository {
            self.api(&format!("/packages/{name}"))
        } else {
            self.api(&format!("/repos/{repository}/packages/{name}"))
        }
    }

    /// A release.
    pub(crate) fn release(self, package: &Package, version: &Version) -> String {
        format!("{}/releases/{version}", self.package(package))
    }

    /// The documentation of a release, as customers fetch it.
    pub(crate) fn docs(self, package: &Package, version: &Version) -> String {
        let repository = self.0.repository_url(&package.repository);
        format!("{repository}/docs/{}-{version}.tar.gz", package.name)
    }

    /// A user.
    pub(crate) fn user(self, username: &str) -> String {
        self.api(&format!("/users/{username}"))
    }
}

/// A package with its releases, the newest version first.
pub(crate) fn package(
    config: &Config,
    details: &PackageDetails,
    downloads: Value,
    owners: Option<&[Owner]>,
) -> Value {
    let urls = Urls(config);
    let (package, latest) = (&details.package, details.latest());
    let url = urls.package(package);
    let newest = details.releases.last().map_or(latest, |newest| newest);
    let stable = details
        .releases
        .iter()
        .rev()
        .find(|release| !release.version.is_pre());
    let with_docs = details
        .releases
        .iter()
        .rev()
        .find(|release| release.docs.is_some());
    let mut value = json!({
        "repository": package.repository,
        "name": package.name,
        "inserted_at": package.created_at,
        "updated_at": updated_at(details),
        "url": url,
        "html_url": url,
        "docs_html_url": with_docs.map(|release| urls.docs(package, &release.version)),
        "latest_version": newest.version.to_string(),
        "latest_stable_version": stable.map(|release| release.version.to_string()),
        "configs": configs(config, package, latest, &details.metadata),
        "meta": {
            "description": details.metadata.get("description"),
            "licenses": details.metadata.get("licenses").cloned().unwrap_or_else(|| json!([])),
            "links": details.metadata.get("links").cloned().unwrap_or_else(|| json!({})),
            "maintainers": [],
        },
        "releases": details.releases.iter().rev().map(|release| json!({
            "version": release.version.to_string(),
            "url": urls.release(package, &release.version),
            "has_docs": release.docs.is_some(),
            "inserted_at": release.published_at,
        })).collect::<Vec<_>>(),
        "retirements": details.releases.iter().filter_map(|release| {
            let shown = retirement(release.retirement.as_ref()?);
            Some((release.version.to_string(), shown))
        }).collect::<Map<_, _>>(),
        "downloads": downloads,
    });
    if let Some(owners) = owners {
        let owners = owners.iter().map(|owner| minimal_owner(config, owner));
        value["owners"] = owners.collect();
    }
    value
}

fn retirement(retirement: &Retirement) -> Value {
    json!({"reason": reason_name(retirement.reason), "message": retirement.message})
}

/// A release with what its tarball says.
pub(crate) fn release(
    config: &Config,
    package: &Package,
    release: &Release,
    (metadata, publisher, downloads): (&Value, Option<&User>, u64),
) -> Value {
    let urls = Urls(config);
    let url = urls.release(package, &release.version);
    let requirements = release.dependencies.iter().map(|dependency| {
        let app = dependency.app.as_ref().unwrap_or(&dependency.package);
        let mut fields = json!({
            "app": app,
            "requirement": dependency.requirement,
            "optional": dependency.optional.unwrap_or(false),
        });
        if let Some(repository) = &dependency.repository {
            fields["repository"] = json!(repository);
        }
        (dependency.package.clone(), fields)
    });
    json!({
        "version": release.version.to_string(),
        "checksum": release.outer_checksum,
        "has_docs": release.docs.is_some(),
        "inserted_at": release.published_at,
        "updated_at": release.updated_at,
        "retirement": release.retirement.as_ref().map(retirement),
        "package_url": urls.package(package),
        "url": url,
        "html_url": url,
        "docs_html_url": release.docs.map(|_| urls.docs(package, &release.version)),
        "requirements": requirements.collect::<Map<_, _>>(),
        "configs": configs(config, package, release, metadata),
        "meta": {
            "app": metadata.get("app"),
            "build_tools": metadata.get("build_tools"),
            "elixir": metadata.get("elixir"),
        },
        "downloads": downloads,
        "publisher": publisher.map(|user| minimal_user(config, user)),
    })
}

/// What to write into a project to use a release.
fn configs(config: &Config, package: &Package, release: &Release, metadata: &Value) -> Value {
    let (name, version) = (&package.name, &release.version);
    let app = metadata
        .get("app")
        .and_then(Value::as_str)
        .filter(|app| *app != name.as_str());
    let repository = if config.repositories.len() > 1 || package.repository.as_str() != "hexpm" {
        format!(", repo: \"{}\"", package.repository)
    } else {
        String::new()
    };
    let wanted = mix_requirement(version);
    let mix = match app {
        None => format!("{{:{name}, \"{wanted}\"{repository}}}"),
        Some(app) => format!(
            "{{{}, \"{wanted}\", hex: :{name}{repository}}}",
            atom(":", app, '"')
        ),
    };
    let rebar = match app {
        None => format!("{{{name}, \"{version}\"}}"),
        Some(app) => format!(
            "{{{}, \"{version}\", {{pkg, {name}}}}}",
            atom("", app, '\'')
        ),
    };
    json!({
        "mix.exs": mix,
        "rebar.config": rebar,
        "erlang.mk": format!("dep_{name} = hex {version}"),
    })
}

/// An atom, in quotes where it needs them.
fn atom(colon: &str, text: &str, quote: char) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain {
        format!("{colon}{text}")
    } else {
        format!("{colon}{quote}{text}{quote}")
    }
}

/// Up to the next release that may break something.
fn mix_requirement(version: &Version) -> String {
    let Version { major, minor, .. } = version;
    if version.is_pre() || *major == 0 {
        format!("~> {version}")
    } else {
        format!("~> {major}.{minor}")
    }
}

/// A user as everybody sees them.
pub(crate) fn minimal_user(config: &Config, user: &User) -> Value {
    json!({
        "username": user.username,
        "email": user.email,
        "url": Urls(config).user(&user.username),
    })
}

fn minimal_owner(config: &Config, owner: &Owner) -> Value {
    json!({
        "username": owner.username,
        "email": owner.email,
        "url": Urls(config).user(&owner.username),
    })
}

/// An owner of a package.
pub(crate) fn owner(config: &Config, owner: &Owner) -> Value {
    let mut value = minimal_owner(config, owner);
    value["full_name"] = Value::Null;
    value["handles"] = json!({});
    value["inserted_at"] = json!(owner.created_at);
    value["updated_at"] = json!(owner.created_at);
    value["level"] = json!(owner.level);
    value
}

/// A user with the packages they own: (repository, name).
pub(crate) fn user(config: &Config, user: &User, owned: &[(String, String)]) -> Value {
    let url = |repository: &str, name: &str| {
        if config.default_repository().name.as_str() == repository {
            Urls(config).api(&format!("/packages/{name}"))
        } else {
            Urls(config).api(&format!("/repos/{repository}/packages/{name}"))
        }
    };
    let packages = owned.iter().map(|(repository, name)| {
        let url = url(repository, name);
        json!({"name": name, "repository": repository, "url": url, "html_url": url})
    });
    let owned = owned
        .iter()
        .map(|(repository, name)| (name.clone(), Value::from(url(repository, name))));
    let mut value = minimal_user(config, user);
    value["full_name"] = Value::Null;
    value["handles"] = json!({});
    value["inserted_at"] = json!(user.created_at);
    value["updated_at"] = json!(user.disabled_at.unwrap_or(user.created_at));
    value["packages"] = packages.collect();
    value["owned_packages"] = Value::Object(owned.collect());
    value
}
