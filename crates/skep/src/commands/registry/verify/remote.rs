//! A repository on a server.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response};
use skep_client::repository::{self, AuthKey, MAX_RESOURCE_BYTES, MAX_TARBALL_BYTES, Repository};
use skep_client::transport::{Transport, TransportError};
use skep_formats::key::PublicKey;
use skep_formats::registry::{Package, Versions, VersionsEntry};
use tokio::task::JoinSet;
use url::Url;

use super::super::folder::Resource;
use super::super::report::Fault;
use super::checks::{check_index, check_key, check_package, check_tarball, open_names};
use super::{Expected, Findings};

/// How many packages are checked at the same time, as mix does.
const CONNECTIONS: usize = 8;

const USER_AGENT: &str = concat!("skep/", env!("CARGO_PKG_VERSION"));

/// What every check needs.
struct Source {
    transport: Transport,
    repository: Repository,
    name: String,
    key: PublicKey,
    versions: Versions,
}

pub(super) async fn verify(
    url: &Url,
    auth_key: Option<&Path>,
    expected: &Expected,
) -> anyhow::Result<Findings> {
    let transport = Transport::new(USER_AGENT)?;
    let repository = open(url, auth_key)?;
    let mut findings = Findings::default();
    let get = async |request| transport.send(request, MAX_RESOURCE_BYTES).await;
    let own = get(repository::public_key_request(&repository)).await?;
    let own = repository::public_key_response(own);
    let key = choose_key(own, expected, &mut findings)?;
    findings.key = key.fingerprint();
    let names = get(repository::names_request(&repository)).await?;
    let status = names.status();
    anyhow::ensure!(
        status.is_success(),
        "the server answered `{status}` to `names`"
    );
    let names = open_names(names.body(), &key, expected).context("`names` cannot be used")?;
    let versions = get(repository::versions_request(&repository)).await?;
    let versions = repository::versions_response(versions, &key, &names.repository)?;
    findings.faults.extend(check_index(&names, &versions));
    findings.repository.clone_from(&names.repository);
    findings.packages = versions.packages.len();
    let source = Source {
        transport,
        repository,
        name: names.repository,
        key,
        versions,
    };
    check_all(source, &mut findings).await?;
    Ok(findings)
}

fn open(url: &Url, auth_key: Option<&Path>) -> anyhow::Result<Repository> {
    let repository = Repository::new(url)?;
    let Some(path) = auth_key else {
        return Ok(repository);
    };
    let key = AuthKey::new(fs_err::read_to_string(path)?.trim());
    let key = key.with_context(|| format!("`{}` holds no key", path.display()))?;
    Ok(repository.with_auth_key(key))
}

/// The key that is expected, else the repository's own.
fn choose_key(
    own: Result<PublicKey, skep_client::Error>,
    expected: &Expected,
    findings: &mut Findings,
) -> anyhow::Result<PublicKey> {
    let Some(key) = &expected.key else {
        return Ok(own?);
    };
    findings.faults.extend(match own {
        Ok(own) => check_key(&own, expected),
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
    async fn send(
        &self,
        request: Request<Bytes>,
        limit: u64,
    ) -> Result<Response<Bytes>, TransportError> {
        self.transport.send(request, limit).await
    }

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
        let resource = Resource::Package(name);
        let request = repository::package_request(&self.repository, name);
        let response = self.send(request, MAX_RESOURCE_BYTES).await;
        let response = response.map_err(|error| Fault::new(resource, &error))?;
        repository::package_response(response, &self.key, &self.name, name)
            .map_err(|error| Fault::new(resource, &error))
    }

    async fn tarball(&self, name: &str, version: &str) -> Result<Bytes, Fault> {
        let resource = Resource::Tarball(name, version);
        let request = repository::tarball_request(&self.repository, name, version);
        let response = self.send(request, MAX_TARBALL_BYTES).await;
        let response = response.map_err(|error| Fault::new(resource, &error))?;
        repository::tarball_response(response, name, version)
            .map_err(|error| Fault::new(resource, &error))
    }
}
