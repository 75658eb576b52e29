//! Users for tests, and what they send.

use skep_client::transport::Transport;
use skep_client::{Config, http_client::Body, http_client::HttpClient};
use skep_formats::tarball::{Limits, Metadata, create};
use skep_server::accounts::role::Role;

use super::TestApp;

impl TestApp {
    /// A user with an API key for everything of the Hex API; gives the key.
    pub(crate) async fn member(&self, name: &str, role: Role) -> String {
        self.member_with(name, role, "api repositories").await
    }

    /// The same with other permissions, as scopes.
    pub(crate) async fn member_with(&self, name: &str, role: Role, scopes: &str) -> String {
        self.user(name, role).await;
        self.api_key(name, scopes).await
    }

    /// Our own client, with a key.
    pub(crate) fn client(&self, key: &str) -> Config {
        let (repo, api) = (format!("{}/repo", self.url), format!("{}/api", self.url));
        let mut config = Config::new(&repo, &api).expect("its URLs");
        config.api_key = Some(key.into());
        config
    }

    /// Sends a request of our own client.
    pub(crate) async fn call(
        &self,
        request: Result<http::Request<Body>, skep_client::Error>,
    ) -> http::Response<bytes::Bytes> {
        let transport = Transport::new("skep-client/test").expect("a transport");
        let request = request.expect("a request");
        transport.send(request).await.expect("an answer")
    }
}

/// A package that can be published. `note` makes tarballs of one version differ.
pub(crate) fn tarball(name: &str, version: &str, note: &str) -> Vec<u8> {
    tarball_of(&metadata(name, version), note)
}

/// Metadata that obeys the rules.
pub(crate) fn metadata(name: &str, version: &str) -> Metadata {
    let mut metadata = Metadata::new(name, version);
    metadata.app = Some(name.to_owned());
    metadata.build_tools = vec!["mix".to_owned()];
    metadata.files = vec!["mix.exs".to_owned()];
    metadata.description = Some(format!("The package {name}"));
    metadata.licenses = vec!["Apache-2.0".to_owned()];
    metadata
}

/// A tarball with this metadata.
pub(crate) fn tarball_of(metadata: &Metadata, note: &str) -> Vec<u8> {
    let files = [("mix.exs", 0o644, note)];
    create(metadata, files, &Limits::default())
        .expect("a package")
        .tarball
}
