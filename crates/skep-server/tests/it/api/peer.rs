//! Gleam's library against our server: publish, docs, retire, revert, owners, keys.

use hexpm::{ApiError, Config, OwnerLevel, RetirementReason};
use skep_server::accounts::role::Role;

use crate::support::{TestApp, tarball};

struct Peer {
    app: TestApp,
    config: Config,
}

impl Peer {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let uri = |path: &str| format!("{}{path}", app.url).parse().unwrap();
        let config = Config {
            api_base: uri("/api/"),
            repository_base: uri("/repo/"),
        };
        Self { app, config }
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let (parts, body) = request.into_parts();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await
            .unwrap();
        let mut response = http::Response::builder().status(answer.status());
        *response.headers_mut().unwrap() = answer.headers().clone();
        response
            .body(answer.bytes().await.unwrap().to_vec())
            .unwrap()
    }

    async fn publish(&self, key: &str, tarball: Vec<u8>, replace: bool) -> Result<(), ApiError> {
        let request = hexpm::api_publish_package_request(tarball, key, &self.config, replace);
        hexpm::api_publish_package_response(self.send(request).await)
    }
}

#[tokio::test]
async fn gleams_library_publishes_and_takes_back() {
    let peer = Peer::new().await;
    let key = &peer.app.member("rosa", Role::Publisher).await;
    let config = &peer.config;
    let first = tarball("alpha", "1.0.0", "one");
    peer.publish(key, first, false).await.unwrap();
    let second = tarball("alpha", "1.0.0", "two");
    let refused = peer.publish(key, second.clone(), false).await.unwrap_err();
    assert!(matches!(refused, ApiError::NotReplacing), "{refused:?}");
    peer.publish(key, second, true).await.unwrap();
    let refused = peer
        .publish("wrong", tarball("alpha", "1.0.1", ""), false)
        .await;
    assert!(
        matches!(refused, Err(ApiError::InvalidApiKey)),
        "{refused:?}"
    );

    let docs = include_bytes!("../../../../../testdata/golden/docs/valid.tar.gz").to_vec();
    let request = hexpm::api_publish_docs_request("alpha", "1.0.0", docs, key, config).unwrap();
    hexpm::api_publish_docs_response(peer.send(request).await).unwrap();
    let request = hexpm::api_remove_docs_request("alpha", "1.0.0", key, config).unwrap();
    hexpm::api_remove_docs_response(peer.send(request).await).unwrap();

    let reason = RetirementReason::Security;
    let message = Some("a hole in it");
    let request = hexpm::api_retire_release_request("alpha", "1.0.0", reason, message, key, config);
    hexpm::api_retire_release_response(peer.send(request).await).unwrap();
    let request = hexpm::api_get_package_release_request("alpha", "1.0.0", Some(key), config);
    let response = peer.send(request).await;
    let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["retirement"]["reason"], "security");
    let release = hexpm::api_get_package_release_response(response).unwrap();
    assert_eq!(release.meta.app, "alpha");
    let request = hexpm::api_unretire_release_request("alpha", "1.0.0", key, config);
    hexpm::api_unretire_release_response(peer.send(request).await).unwrap();

    let request = hexpm::api_revert_release_request("alpha", "1.0.0", key, config).unwrap();
    hexpm::api_revert_release_response(peer.send(request).await).unwrap();
    let request = hexpm::api_revert_release_request("alpha", "1.0.0", key, config).unwrap();
    let gone = hexpm::api_revert_release_response(peer.send(request).await);
    assert!(matches!(gone, Err(ApiError::NotFound)), "{gone:?}");
}

#[tokio::test]
async fn gleams_library_changes_owners_and_keys() {
    let peer = Peer::new().await;
    let config = &peer.config;
    let key = &peer.app.member("rosa", Role::Publisher).await;
    peer.app.member("vic", Role::Viewer).await;
    peer.publish(key, tarball("alpha", "1.0.0", ""), false)
        .await
        .unwrap();
    let level = OwnerLevel::Maintainer;
    let request = hexpm::api_add_owner_request("alpha", "vic@seller.example", level, key, config);
    hexpm::api_add_owner_response(peer.send(request).await).unwrap();
    let request = hexpm::api_transfer_owner_request("alpha", "vic", key, config);
    hexpm::api_transfer_owner_response(peer.send(request).await).unwrap();
    let request = hexpm::api_remove_owner_request("alpha", "rosa", key, config);
    let refused = hexpm::api_remove_owner_response(peer.send(request).await);
    assert!(refused.is_err(), "rosa is none anymore");

    let request = hexpm::api_remove_api_key_request("test", key, config);
    hexpm::api_remove_api_key_response(peer.send(request).await).unwrap();
    let request = hexpm::api_remove_api_key_request("test", key, config);
    let refused = hexpm::api_remove_api_key_response(peer.send(request).await);
    assert!(
        matches!(refused, Err(ApiError::InvalidCredentials)),
        "{refused:?}"
    );
}
