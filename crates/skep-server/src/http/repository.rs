//! The repository, as mix, rebar3 and Gleam read it: its files below `/repo`.

mod answer;
mod caller;
mod deliver;
mod prebuilt;
mod refusal;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, StatusCode};
use skep_formats::name::RepositoryName;

use self::answer::Answered;
use self::caller::Identity;
use crate::app::Signer;
use crate::clock::{Stopwatch, Timestamp};
use crate::delivery::Way;
use crate::http::address::client_address;
use crate::http::call::{Call, File};
use crate::http::client::Client;
use crate::http::error;
use crate::licensing::check::Caller;
use crate::licensing::limits::OverLimit;
use crate::licensing::words::Words;
use crate::metrics::Kind;
use crate::node::Node;
use crate::prebuilt::Prebuilt;
use crate::snapshot::Snapshot;
use crate::usage::{self, FileKind};

/// A request on its way through this room.
struct Visit<'a> {
    node: &'a Node,
    call: Call<'a>,
    client: Client<'a>,
    now: Timestamp,
    /// The repository asked, even one that is not there.
    repository: &'a str,
    /// Its name; `None` when there is no such repository.
    name: Option<&'a RepositoryName>,
    /// Who signs for it; `None` when there is no such repository, or it is prebuilt.
    signer: Option<&'a Arc<Signer>>,
    /// What was built and signed elsewhere; `None` for a managed repository.
    prebuilt: Option<&'a Arc<Prebuilt>>,
    /// Where the request is from, behind proxies that are trusted.
    address: IpAddr,
    /// Whom messages are counted for: a known key, else an address.
    told_as: [u8; 16],
}

/// Answers a request for a file of a repository.
pub(crate) async fn answer(node: &Node, call: Call<'_>) -> Response {
    let stopwatch = Stopwatch::start();
    let address = client_address(
        call.peer,
        call.headers,
        &node.app.config.server.trusted_proxies,
    );
    let mut visit = Visit::new(node, call, address);
    let identity = Identity::of(node, call.headers, visit.name);
    let snapshot = node.snapshot.load_full();
    let Answered { response, way } = match identity.caller(&snapshot, visit.now) {
        Caller::UnknownKey { .. } => Box::pin(visit.answer_later(&identity)).await,
        caller => visit.answer_to(&identity, &caller, &snapshot).await,
    };
    let (kind, status) = (metrics_kind(call.file), response.status().as_u16());
    (node.metrics.requests).answered(kind, status, way, stopwatch.elapsed());
    if *call.method == Method::HEAD {
        without_body(response)
    } else {
        response
    }
}

impl<'a> Visit<'a> {
    fn new(node: &'a Node, call: Call<'a>, address: IpAddr) -> Self {
        let config = &node.app.config;
        let repository = match call.repository {
            None => Some(config.default_repository()),
            Some(name) => config
                .repositories
                .iter()
                .find(|repository| repository.name.as_str() == name),
        };
        Self {
            node,
            call,
            client: Client::of(call.headers),
            now: node.app.clock.now(),
            repository: repository
                .map(|found| found.name.as_str())
                .or(call.repository)
                .unwrap_or_default(),
            name: repository.map(|found| &found.name),
            signer: repository.and_then(|found| node.app.signer(&found.name)),
            prebuilt: repository.and_then(|found| node.app.prebuilt(&found.name)),
            address,
            told_as: address_bytes(address),
        }
    }

    fn words(&self) -> Words<'a> {
        Words::new(&self.node.app, self.repository)
    }

    /// Answers whoever has a key that the snapshot does not know, when the feed has been read once more.
    async fn answer_later(&mut self, identity: &Identity<'_>) -> Answered {
        match identity.look_again(self.node, self.address, self.now).await {
            Ok(snapshot) => {
                let caller = identity.caller(&snapshot, self.now);
                self.answer_to(identity, &caller, &snapshot).await
            }
            Err(too_many) => {
                self.record(&Caller::Nobody, StatusCode::TOO_MANY_REQUESTS, None);
                self.too_many(too_many).into()
            }
        }
    }

    async fn answer_to(
        &mut self,
        identity: &Identity<'_>,
        caller: &Caller<'_>,
        snapshot: &Arc<Snapshot>,
    ) -> Answered {
        if let Caller::Known(_) | Caller::Member | Caller::Barred(_) = caller {
            let own = identity.credential.first_bytes();
            self.told_as = own.unwrap_or(self.told_as);
        }
        if let Caller::Member = caller {
            identity.note_use(self.node, snapshot, self.now);
        }
        if let Err(over_limit) = self.count_license(caller) {
            self.record(caller, StatusCode::TOO_MANY_REQUESTS, None);
            return self.too_many(over_limit).into();
        }
        match self.serve(caller, snapshot).await {
            Ok(answered) => {
                self.record(caller, answered.response.status(), answered.way);
                answered
            }
            Err(denied) => {
                self.record(caller, error::status(&denied), None);
                self.refusal(&denied).into()
            }
        }
    }

    /// The license's own limit, where the seller has set one.
    fn count_license(&self, caller: &Caller<'_>) -> Result<(), OverLimit> {
        match caller {
            Caller::Known(entitlement) => {
                (self.node.limits).count_license(entitlement.license.id, self.now)
            }
            Caller::Nobody
            | Caller::ForeignToken
            | Caller::UnknownKey { .. }
            | Caller::Member
            | Caller::Barred(_) => Ok(()),
        }
    }

    /// Counts the request. Names that somebody unknown made up are not worth remembering.
    fn record(&self, caller: &Caller<'_>, status: StatusCode, delivery: Option<Way>) {
        let Some(file) = file_kind(self.call.file) else {
            return;
        };
        let known = match caller {
            Caller::Known(entitlement) => entitlement.key.map(|key| (key.id, key.license)),
            Caller::Nobody
            | Caller::ForeignToken
            | Caller::UnknownKey { .. }
            | Caller::Member
            | Caller::Barred(_) => None,
        };
        let is_somebody = matches!(caller, Caller::Known(_) | Caller::Member);
        let (package, version) = match self.name {
            Some(_) if is_somebody => package_and_version(self.call.file),
            _ => (None, None),
        };
        let client = usage::Client {
            name: self.client.kind.as_str(),
            version: self.client.version,
            elixir: self.client.elixir,
            otp: self.client.otp,
            is_ci: self.client.is_ci,
        };
        // Days are kept for ever: strangers cannot fill them with names of repositories.
        let is_named = self.name.is_some() || is_somebody;
        let repository = if is_named { self.repository } else { "" };
        let status = status.as_u16();
        let request = usage::Request {
            caller: known,
            repository,
            file,
            package,
            version,
            status,
            delivery,
            // Whose copy is shared is a question about keys: nobody else's address is kept.
            address: known.and_then(|_| self.node.usage.address(self.address)),
            client,
        };
        self.node.usage.record(&request, self.now);
    }
}

/// How usage calls a file; `None` for what is not counted.
const fn file_kind(file: File<'_>) -> Option<FileKind> {
    match file {
        File::Names => Some(FileKind::Names),
        File::Versions => Some(FileKind::Versions),
        File::Package(_) => Some(FileKind::Package),
        File::Tarball(_) => Some(FileKind::Tarball),
        File::Docs(_) => Some(FileKind::Docs),
        File::Policy(_) => Some(FileKind::Policy),
        File::PublicKey => None,
    }
}

/// How metrics call a file.
const fn metrics_kind(file: File<'_>) -> Kind {
    match file {
        File::Names => Kind::Names,
        File::Versions => Kind::Versions,
        File::Package(_) => Kind::Package,
        File::Tarball(_) => Kind::Tarball,
        File::Docs(_) => Kind::Docs,
        File::PublicKey => Kind::PublicKey,
        File::Policy(_) => Kind::Policy,
    }
}

/// The package and the version in the name of a file.
fn package_and_version(file: File<'_>) -> (Option<&str>, Option<&str>) {
    match file {
        File::Package(name) => (Some(name), None),
        File::Tarball(name) => split(name.strip_suffix(".tar").unwrap_or(name)),
        File::Docs(name) => split(name.strip_suffix(".tar.gz").unwrap_or(name)),
        File::Names | File::Versions | File::PublicKey | File::Policy(_) => (None, None),
    }
}

// A package's name has no hyphen: the first one ends it.
fn split(name: &str) -> (Option<&str>, Option<&str>) {
    name.split_once('-')
        .map_or((Some(name), None), |(package, version)| {
            (Some(package), Some(version))
        })
}

fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// The same headers, with the length that the body would have.
fn without_body(response: Response) -> Response {
    use axum::body::HttpBody;
    let length = response.body().size_hint().exact();
    let (mut parts, _) = response.into_parts();
    if let Some(length) = length
        && !parts.headers.contains_key(CONTENT_LENGTH)
        && parts.status != StatusCode::NOT_MODIFIED
    {
        parts
            .headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hyphen_ends_the_package() {
        let check = |file, package, version| {
            assert_eq!(package_and_version(file), (Some(package), version))
        };
        check(
            File::Tarball("al_pha-1.0.0-rc.1.tar"),
            "al_pha",
            Some("1.0.0-rc.1"),
        );
        check(File::Docs("alpha-1.0.0.tar.gz"), "alpha", Some("1.0.0"));
        check(File::Tarball("alpha.tar"), "alpha", None);
        check(File::Package("alpha"), "alpha", None);
    }
}
