//! A repository on a server.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use bytes::Bytes;
use skep_client::http_client::HttpClient as _;
use skep_client::repository::{self, fetch};
use skep_client::transport::Transport;
use skep_client::{BaseUrl, Config, Error, Secret};
use skep_formats::key::PublicKey;
use skep_formats::registry::{Package, Versions, VersionsEntry};
use tokio::task::JoinSet;
use url::Url;

use super::super::folder::Resource;
use super::super::report::Fault;
use super::checks::{check_index, check_key, check_package, check_tarball, open_names};
use super::{Expected, Findings};
use crate::remote::{USER_AGENT, transport};

/// How many packages are checked at the same time, as mix does.
const CONNECTIONS: usize = 8;

/// What every check needs.
struct Source {
    transport: Transport,
    config: Config,
    versions: Versions,
}

pub(super) async fn verify(
    url: &Url,
    auth_key: Option<&Path>,
    expected: &Expected,
) -> anyhow::Result<Findings> {
    let transport = transport()?;
    let mut config = config_for(url, auth_key)?;
    let mut findings = Findings::default();
    let own = fetch::public_key(&transport, &config, None).await;
    let key = choose_key(own, expected, &mut findings)?;
    findings.key = key.fingerprint();
    let names = transport.send(repository::names_request(&config)?).await?;
    let status = names.status();
    anyhow::ensure!(
        status.is_success(),
        "the server answered `{status}` to `names`"
    );
    let names = open_names(names.body(), &key, expected).context("`names` cannot be used")?;
    config.repo_public_key = Some(key);
    config.repo_name.clone_from(&names.repository);
    let versions = fetch::versions(&transport, &config).await?;
    findings.faults.extend(check_index(&names, &versions));
    findings.repository = names.repository;
    findings.packages = versions.packages.len();
    let source = Source {
        transport,
        config,
        versions,
    };
    check_all(source, &mut findings).await?;
    Ok(findings)
}

fn config_for(url: &Url, auth_key: Option<&Path>) -> anyhow::Result<Config> {
    let url = BaseUrl::parse(url.as_str())?;
    let mut config = Config {
        repo_url: url.clone(),
        // Nothing is asked of the API.
        api_url: url,
        user_agent_fragment: USER_AGENT.to_owned(),
        ..Config::default()
    };
    if let Some(path) = auth_key {
        let key = Secret::from(fs_err::read_to_string(path)?.trim());
        let usable = key.to_header("the key");
        usable.with_context(|| format!("`{}` holds no key", path.display()))?;
        config.repo_key = Some(key);
    }
    Ok(config)
}

/// The key that is expected, else the repository's own.
fn choose_key(
    own: Result<PublicKey, Error>,
    expected: &Expected,
    findings: &mut Findings,
) -> anyhow::Result<PublicKey> {
    let Some(key) = &expected.key else {
        return Ok(own?);
    };
    findings.faults.extend(match own {
        Ok(own) => check_key(&own, expected),
        Err(Error::Send(error)) => return Err(error.into()),
        Err(error) => Some(Fault::new(Resource::PublicKey, &error)),
    });
    Ok(key.clone())
}

async fn check_all(source: Source, findings: &mut Findings) -> anyhow::Result<()> {
    let source = Arc::new(source);
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (source, next) = (source.clone(), next.clone());
        workers.spawn(async move {
            let (mut releases, mut faults) = (0, Vec::new());
            while let Some(entry) = source
                .versions
                .packages
                .get(next.fetch_add(1, Ordering::Relaxed))
            {
                releases += source.check(entry, &mut faults).await;
            }
            (releases, faults)
        });
    }
    while let Some(done) = workers.join_next().await {
        let (releases, faults) = done.context("a check failed")?;
        findings.releases += releases;
        findings.faults.extend(faults);
    }
    Ok(())
}

impl Source {
    /// Checks a package and gives the number of its releases.
    async fn check(&self, entry: &VersionsEntry, faults: &mut Vec<Fault>) -> usize {
        let package = match self.package(&entry.name).await {
            Ok(package) => package,
            Err(fault) => {
                faults.push(fault);
                return 0;
            }
        };
        faults.extend(check_package(&package, entry));
        for release in &package.releases {
            let fault = match self.tarball(&entry.name, &release.version).await {
                Ok(tarball) => check_tarball(&tarball[..], &entry.name, release),
                Err(fault) => Some(fault),
            };
            faults.extend(fault);
        }
        package.releases.len()
    }

    async fn package(&self, name: &str) -> Result<Package, Fault> {
        let package = fetch::package(&self.transport, &self.config, name).await;
        package.map_err(|error| Fault::new(Resource::Package(name), &error))
    }

    async fn tarball(&self, name: &str, version: &str) -> Result<Bytes, Fault> {
        let fault = |error: Error| Fault::new(Resource::Tarball(name, version), &error);
        let request = repository::tarball_request(&self.config, name, version).map_err(fault)?;
        let response = self.transport.send(request).await;
        let response = response.map_err(|error| fault(error.into()))?;
        repository::unverified_tarball_response(&self.config, response, name, version)
            .map_err(fault)
    }
}
