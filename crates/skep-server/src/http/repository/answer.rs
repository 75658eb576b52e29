//! What a caller who may gets.

use std::sync::Arc;

use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderValue, StatusCode};

use super::{Visit, package_and_version};
use crate::app::Signer;
use crate::catalog::entry::{PackageEntry, Visible};
use crate::catalog::views::{IndexKind, View, ViewError};
use crate::delivery::Way;
use crate::http::call::File;
use crate::http::messages::Level;
use crate::http::{empty, is_known, text};
use crate::licensing::check::{self, Allowed, Asked, Caller, Denied};
use crate::snapshot::{FoundRelease, Snapshot};

/// Clients may keep it and ask whether it is still right; a cache in between may not give it to others.
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");
pub(super) const BINARY: HeaderValue = HeaderValue::from_static("application/octet-stream");
pub(super) const PEM: HeaderValue = HeaderValue::from_static("application/x-pem-file");

/// What a caller who may gets, and how, where that is a file from the storage.
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) way: Option<Way>,
}

impl From<Response> for Answered {
    fn from(response: Response) -> Self {
        Self {
            response,
            way: None,
        }
    }
}

impl Visit<'_> {
    /// The file, or why not.
    pub(super) async fn serve(
        &self,
        caller: &Caller<'_>,
        snapshot: &Arc<Snapshot>,
    ) -> Result<Answered, Denied> {
        if let Some(prebuilt) = self.prebuilt {
            return Box::pin(self.serve_prebuilt(caller, prebuilt)).await;
        }
        let Some(signer) = self.signer else {
            check::check(caller, &Asked::Index, self.now)?;
            return Err(Denied::NoSuchRepository {
                repository: self.repository.to_owned(),
            });
        };
        let response = match self.call.file {
            File::Names => Box::pin(self.index(caller, snapshot, signer, IndexKind::Names)).await,
            File::Versions => {
                Box::pin(self.index(caller, snapshot, signer, IndexKind::Versions)).await
            }
            File::Package(name) => Box::pin(self.package(caller, snapshot, signer, name)).await,
            File::Tarball(name) => {
                let file_name = name.strip_suffix(".tar").unwrap_or_default();
                return self.release_file(caller, snapshot, file_name).await;
            }
            File::Docs(name) => {
                let file_name = name.strip_suffix(".tar.gz").unwrap_or_default();
                return self.release_file(caller, snapshot, file_name).await;
            }
            File::PublicKey => self.public_key(caller, signer),
            File::Policy(name) => {
                check::check(caller, &Asked::Index, self.now)?;
                Err(Denied::NoSuchPolicy {
                    policy: name.to_owned(),
                })
            }
        };
        response.map(Answered::from)
    }

    /// Everybody may verify what they have; only a key that was never issued is told so, because this
    /// is the first thing that `mix hex.repo add` asks for.
    fn public_key(&self, caller: &Caller<'_>, signer: &Signer) -> Result<Response, Denied> {
        if let Caller::UnknownKey { is_mistyped } = caller {
            return Err(Denied::UnknownKey {
                is_mistyped: *is_mistyped,
            });
        }
        let etag = HeaderValue::try_from(format!("\"{}\"", signer.fingerprint));
        let etag = etag.expect("a fingerprint in quotes is a header value");
        let mut response =
            self.unless_known(etag, || signer.public_key.to_pem().into_bytes().into());
        response.headers_mut().insert(CONTENT_TYPE, PEM);
        Ok(response)
    }

    async fn index(
        &self,
        caller: &Caller<'_>,
        snapshot: &Arc<Snapshot>,
        signer: &Arc<Signer>,
        kind: IndexKind,
    ) -> Result<Response, Denied> {
        check::check(caller, &Asked::Index, self.now)?;
        let seen_by = match caller {
            Caller::Known(entitlement) => Some(entitlement.license),
            Caller::Member => None,
            Caller::Nobody
            | Caller::ForeignToken
            | Caller::UnknownKey { .. }
            | Caller::Barred(_) => return Err(Denied::NoCredential),
        };
        let view = self
            .node
            .views
            .index(signer, kind, self.repository, snapshot, seen_by)
            .await;
        Ok(self.view(view))
    }

    async fn package(
        &self,
        caller: &Caller<'_>,
        snapshot: &Snapshot,
        signer: &Arc<Signer>,
        name: &str,
    ) -> Result<Response, Denied> {
        let entry = snapshot.package(self.repository, name);
        let asked = Asked::Package {
            repository: self.repository,
            name,
            entry: entry.map(Arc::as_ref),
        };
        let allowed = check::check(caller, &asked, self.now)?;
        let (Allowed::Package(visible), Some(entry)) = (allowed, entry) else {
            return Err(Denied::NoSuchPackage {
                package: name.to_owned(),
            });
        };
        let notices = self.notices(caller, entry, &visible);
        let mut response = self.view(self.node.views.package(signer, entry, visible).await);
        if !notices.is_empty() {
            self.tell(&mut response, || notices, Level::Warn);
        }
        Ok(response)
    }

    /// What the caller should know, in one line; empty when there is nothing, or nobody to read it.
    pub(super) fn notices(
        &self,
        caller: &Caller<'_>,
        entry: &PackageEntry,
        visible: &Visible,
    ) -> String {
        let Caller::Known(entitlement) = caller else {
            return String::new();
        };
        if !self.client.copes_with_messages() {
            return String::new();
        }
        let words = self.words();
        let notices = check::notices(entitlement, entry, visible, self.now);
        notices
            .iter()
            .map(|notice| words.notice(notice))
            .collect::<Vec<_>>()
            .join(" ")
    }

    async fn release_file(
        &self,
        caller: &Caller<'_>,
        snapshot: &Snapshot,
        file_name: &str,
    ) -> Result<Answered, Denied> {
        let (package, version) = package_and_version(self.call.file);
        let (package, version) = (package.unwrap_or_default(), version.unwrap_or_default());
        let found = snapshot.release(self.repository, file_name);
        let release = found.map(FoundRelease::release);
        let entry = found.map(FoundRelease::package);
        let asked = Asked::Release {
            repository: self.repository,
            package,
            version,
            entry: entry.or_else(|| snapshot.package(self.repository, package).map(Arc::as_ref)),
            release,
        };
        check::check(caller, &asked, self.now)?;
        let file = found.and_then(|found| match self.call.file {
            File::Docs(_) => Some((found.release().docs.as_ref()?, None)),
            _ => Some((&found.release().tarball, Some(found.tarball_url()))),
        });
        match file {
            Some((file, last_url)) => Ok(self.deliver(file, last_url).await),
            None => Err(Denied::NoDocs {
                package: package.to_owned(),
                version: version.to_owned(),
            }),
        }
    }

    fn view(&self, view: Result<View, ViewError>) -> Response {
        match view {
            Ok(view) => {
                let mut response = self.unless_known(view.etag, || view.body.into());
                response.headers_mut().insert(CONTENT_TYPE, BINARY);
                response
            }
            Err(error) => {
                tracing::error!(%error, "a view cannot be served");
                internal()
            }
        }
    }

    /// The body with its `ETag`, or 304 when the client has it.
    pub(super) fn unless_known(
        &self,
        etag: HeaderValue,
        body: impl FnOnce() -> axum::body::Body,
    ) -> Response {
        let response = if is_known(self.call.headers, &etag) {
            empty(StatusCode::NOT_MODIFIED)
        } else {
            Response::new(body())
        };
        with_validators(response, etag)
    }
}

pub(super) fn with_validators(mut response: Response, etag: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(ETAG, etag);
    headers.insert(CACHE_CONTROL, REVALIDATE);
    headers.insert(VARY, HeaderValue::from_static("authorization"));
    response
}

pub(super) fn internal() -> Response {
    text(
        StatusCode::INTERNAL_SERVER_ERROR,
        "This cannot be served just now; please tell the seller.\n",
    )
}
