//! The same calls made by another client of the same API.

use hexpm::{OwnerLevel as PeerLevel, RetirementReason as PeerReason};
use http::Request;
use serde_json::Value;

use super::config;
use crate::api::keys::{self, Permission};
use crate::api::owners::OwnerLevel;
use crate::api::releases::RetirementReason;
use crate::api::{docs, owners, releases};
use crate::http_client::Body;
use crate::{Error, repository};

const KEY: &str = "the-key";

fn peer() -> hexpm::Config {
    hexpm::Config {
        api_base: "https://example.com/api/".parse().unwrap(),
        repository_base: "https://example.com/repo/".parse().unwrap(),
    }
}

/// Method, path and body are equal, and so are the credentials.
fn check(own: Result<Request<Body>, Error>, peer: &Request<Vec<u8>>) {
    let own = own.unwrap();
    assert_eq!((own.method(), own.uri()), (peer.method(), peer.uri()));
    let authorization = |headers: &http::HeaderMap| headers.get("authorization").cloned();
    assert_eq!(
        authorization(own.headers()),
        authorization(peer.headers()),
        "{}",
        own.uri()
    );
    let value = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
    match (value(own.body().bytes()), value(peer.body())) {
        (None, None) => assert_eq!(own.body().bytes(), peer.body()),
        (own, peer) => assert_eq!(own, peer),
    }
}

#[test]
fn releases_and_docs_are_asked_for_alike() {
    let (own, peer) = (config(), peer());
    check(
        releases::get_request(&own, "alpha", "1.0.0"),
        &hexpm::api_get_package_release_request("alpha", "1.0.0", Some(KEY), &peer),
    );
    for replace in [true, false] {
        check(
            releases::publish_by_metadata_request(&own, "tarball", replace),
            &hexpm::api_publish_package_request(b"tarball".to_vec(), KEY, &peer, replace),
        );
    }
    check(
        releases::delete_request(&own, "alpha", "1.0.0"),
        &hexpm::api_revert_release_request("alpha", "1.0.0", KEY, &peer).unwrap(),
    );
    check(
        docs::publish_request(&own, "alpha", "1.0.0", "pages"),
        &hexpm::api_publish_docs_request("alpha", "1.0.0", b"pages".to_vec(), KEY, &peer).unwrap(),
    );
    check(
        docs::delete_request(&own, "alpha", "1.0.0"),
        &hexpm::api_remove_docs_request("alpha", "1.0.0", KEY, &peer).unwrap(),
    );
}

#[test]
fn retirements_are_asked_for_alike() {
    let (own, peer) = (config(), peer());
    let reasons = [
        (RetirementReason::Other, PeerReason::Other),
        (RetirementReason::Invalid, PeerReason::Invalid),
        (RetirementReason::Security, PeerReason::Security),
        (RetirementReason::Deprecated, PeerReason::Deprecated),
        (RetirementReason::Renamed, PeerReason::Renamed),
    ];
    for (reason, peer_reason) in reasons {
        for message in [None, Some("use 1.0.1")] {
            check(
                releases::retire_request(&own, "alpha", "1.0.0", reason, message),
                &hexpm::api_retire_release_request(
                    "alpha",
                    "1.0.0",
                    peer_reason.clone(),
                    message,
                    KEY,
                    &peer,
                ),
            );
        }
    }
    check(
        releases::unretire_request(&own, "alpha", "1.0.0"),
        &hexpm::api_unretire_release_request("alpha", "1.0.0", KEY, &peer),
    );
}

#[test]
fn owners_and_keys_are_asked_for_alike() {
    let (own, peer) = (config(), peer());
    check(
        owners::add_request(&own, "alpha", "jo", OwnerLevel::Full, false),
        &hexpm::api_add_owner_request("alpha", "jo", PeerLevel::Full, KEY, &peer),
    );
    check(
        owners::add_request(&own, "alpha", "jo", OwnerLevel::Maintainer, false),
        &hexpm::api_add_owner_request("alpha", "jo", PeerLevel::Maintainer, KEY, &peer),
    );
    check(
        owners::add_request(&own, "alpha", "jo", OwnerLevel::Full, true),
        &hexpm::api_transfer_owner_request("alpha", "jo", KEY, &peer),
    );
    check(
        owners::remove_request(&own, "alpha", "jo"),
        &hexpm::api_remove_owner_request("alpha", "jo", KEY, &peer),
    );
    let write = [Permission::new("api", Some("write"))];
    check(
        keys::add_with_password_request(&own, "jo", &"hunter2".into(), "laptop", &write),
        &hexpm::api_create_api_key_request("jo", "hunter2", "laptop", &peer),
    );
    check(
        keys::delete_request(&own, "laptop"),
        &hexpm::api_remove_api_key_request("laptop", KEY, &peer),
    );
}

#[test]
fn files_of_a_repository_are_asked_for_alike() {
    let (mut own, peer) = (config(), peer());
    own.repo_key = Some(KEY.into());
    check(
        repository::versions_request(&own),
        &hexpm::repository_v2_get_versions_request(Some(KEY), &peer),
    );
    check(
        repository::package_request(&own, "alpha"),
        &hexpm::repository_v2_get_package_request("alpha", Some(KEY), &peer),
    );
    check(
        repository::tarball_request(&own, "alpha", "1.0.0"),
        &hexpm::repository_get_package_tarball_request("alpha", "1.0.0", Some(KEY), &peer),
    );
}
