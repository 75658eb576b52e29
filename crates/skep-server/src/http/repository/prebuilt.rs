//! What a caller who may gets from a prebuilt repository: the seller's own files, byte for byte.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use skep_formats::checksum::Sha256;

use super::answer::{Answered, BINARY, PEM, with_validators};
use super::{Visit, package_and_version};
use crate::catalog::entry::PackageEntry;
use crate::delivery::Way;
use crate::files::{TreeEntry, TreePath};
use crate::http::call::File;
use crate::http::messages::Level;
use crate::http::{empty, files, is_known, text};
use crate::licensing::check::{self, Allowed, Asked, Caller, Denied};
use crate::prebuilt::{Prebuilt, Registry, Resource};

impl Visit<'_> {
    /// The file, or why not.
    pub(super) async fn serve_prebuilt(
        &self,
        caller: &Caller<'_>,
        prebuilt: &Prebuilt,
    ) -> Result<Answered, Denied> {
        let Some(registry) = prebuilt.current() else {
            tracing::error!(repository = self.repository, "nothing is loaded yet");
            return Ok(unavailable().into());
        };
        let response = match self.call.file {
            File::Names => self.prebuilt_index(caller, &registry, &registry.names),
            File::Versions => self.prebuilt_index(caller, &registry, &registry.versions),
            File::Package(name) => self.prebuilt_package(caller, &registry, name),
            File::Tarball(name) => {
                let file_name = name.strip_suffix(".tar").unwrap_or_default();
                return self.prebuilt_tarball(caller, &registry, file_name).await;
            }
            File::Docs(name) => {
                let file_name = name.strip_suffix(".tar.gz").unwrap_or_default();
                let of = (prebuilt, &*registry);
                return self.prebuilt_docs(caller, of, file_name).await;
            }
            File::PublicKey => self.prebuilt_key(caller, prebuilt, &registry),
            File::Policy(name) => {
                check::check_prebuilt(caller, &Asked::Index, self.now)?;
                Err(Denied::NoSuchPolicy {
                    policy: name.to_owned(),
                })
            }
        };
        response.map(Answered::from)
    }

    fn prebuilt_index(
        &self,
        caller: &Caller<'_>,
        registry: &Registry,
        file: &Resource,
    ) -> Result<Response, Denied> {
        let packages = registry.packages().map(|package| &package.entry);
        check::check_prebuilt_index(caller, packages, self.now)?;
        Ok(self.resource(file, BINARY))
    }

    fn prebuilt_package(
        &self,
        caller: &Caller<'_>,
        registry: &Registry,
        name: &str,
    ) -> Result<Response, Denied> {
        let package = registry.package(name);
        let asked = Asked::Package {
            repository: self.repository,
            name,
            entry: package.map(|package| &package.entry),
        };
        let allowed = check::check_prebuilt(caller, &asked, self.now)?;
        let (Allowed::Package(visible), Some(package)) = (allowed, package) else {
            return Err(Denied::NoSuchPackage {
                package: name.to_owned(),
            });
        };
        let notices = self.notices(caller, &package.entry, &visible);
        let mut response = self.resource(&package.file, BINARY);
        if !notices.is_empty() {
            self.tell(&mut response, || notices, Level::Warn);
        }
        Ok(response)
    }

    async fn prebuilt_tarball(
        &self,
        caller: &Caller<'_>,
        registry: &Registry,
        file_name: &str,
    ) -> Result<Answered, Denied> {
        self.check_prebuilt_release(caller, registry, file_name)?;
        match registry.release(file_name) {
            Some((_, release)) => Ok(self.deliver(&release.tarball, None).await),
            // The check has refused it.
            None => Ok(unavailable().into()),
        }
    }

    fn check_prebuilt_release(
        &self,
        caller: &Caller<'_>,
        registry: &Registry,
        file_name: &str,
    ) -> Result<(), Denied> {
        let (package, version) = package_and_version(self.call.file);
        let (package, version) = (package.unwrap_or_default(), version.unwrap_or_default());
        let entry: Option<&PackageEntry> = registry.package(package).map(|it| &it.entry);
        let asked = Asked::Release {
            repository: self.repository,
            package,
            version,
            entry,
            release: registry.release(file_name).map(|(_, release)| release),
        };
        check::check_prebuilt(caller, &asked, self.now).map(drop)
    }

    /// Documentation is in no registry: it is there or not, and nobody signed it.
    async fn prebuilt_docs(
        &self,
        caller: &Caller<'_>,
        (prebuilt, registry): (&Prebuilt, &Registry),
        file_name: &str,
    ) -> Result<Answered, Denied> {
        self.check_prebuilt_release(caller, registry, file_name)?;
        let Some((package, release)) = registry.release(file_name) else {
            return Ok(unavailable().into());
        };
        let (name, version) = (package.entry.name().clone(), release.version().clone());
        let path = TreePath::Docs(name, version);
        match prebuilt.source().tree.head(&path).await {
            Ok(None) => Err(Denied::NoDocs {
                package: package.entry.name().to_string(),
                version: release.version_text().to_owned(),
            }),
            Ok(Some(found)) => Ok(self.docs(prebuilt, &path, docs_etag(&found)).await),
            Err(error) => Ok(files::unreadable(&error).into()),
        }
    }

    async fn docs(&self, prebuilt: &Prebuilt, path: &TreePath, etag: HeaderValue) -> Answered {
        if is_known(self.call.headers, &etag) {
            return with_validators(empty(StatusCode::NOT_MODIFIED), etag).into();
        }
        match self.stream_docs(prebuilt, path, etag).await {
            Ok(response) => Answered {
                response,
                way: Some(Way::Direct),
            },
            Err(error) => files::unreadable(&error).into(),
        }
    }

    async fn stream_docs(
        &self,
        prebuilt: &Prebuilt,
        path: &TreePath,
        etag: HeaderValue,
    ) -> Result<Response, crate::files::FilesError> {
        let file = prebuilt.source().tree.open_file(path, None).await?;
        let body = match *self.call.method {
            Method::HEAD => Body::empty(),
            _ => Body::from_stream(file.stream),
        };
        let mut response = with_validators(Response::new(body), etag);
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(file.size_bytes));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(path.content_type()));
        Ok(response)
    }

    /// As [`Visit::public_key`], in the form that the seller's own file has.
    fn prebuilt_key(
        &self,
        caller: &Caller<'_>,
        prebuilt: &Prebuilt,
        registry: &Registry,
    ) -> Result<Response, Denied> {
        if let Caller::UnknownKey { is_mistyped } = caller {
            return Err(Denied::UnknownKey {
                is_mistyped: *is_mistyped,
            });
        }
        if let Some(file) = &registry.public_key {
            return Ok(self.resource(file, PEM));
        }
        let source = prebuilt.source();
        let etag = HeaderValue::try_from(format!("\"{}\"", source.fingerprint));
        let etag = etag.expect("a fingerprint in quotes is a header value");
        let mut response =
            self.unless_known(etag, || source.public_key.to_pem().into_bytes().into());
        response.headers_mut().insert(CONTENT_TYPE, PEM);
        Ok(response)
    }

    fn resource(&self, file: &Resource, content_type: HeaderValue) -> Response {
        let mut response = self.unless_known(file.etag.clone(), || file.body.clone().into());
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }
}

/// A store without an `ETag` has a time and a size.
fn docs_etag(found: &TreeEntry) -> HeaderValue {
    let (time, size_bytes) = (found.modified_at.micros(), found.size_bytes);
    let stamp = Sha256::of(format!("{:?} {time} {size_bytes}", found.etag).as_bytes());
    let etag = HeaderValue::try_from(format!("\"{stamp}\""));
    etag.expect("hexadecimal digits in quotes are a header value")
}

/// Without a `Retry-After`: on a 503 with one, mix asks again in a loop until its time is up.
fn unavailable() -> Response {
    text(
        StatusCode::SERVICE_UNAVAILABLE,
        "This repository cannot be served just now; try again in some minutes.\n",
    )
}
