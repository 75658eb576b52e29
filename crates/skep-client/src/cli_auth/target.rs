//! What a config says about whom credentials are for.

use super::flow::Flow;
use super::{AuthConfig, Server};
use crate::BaseUrl;

impl Flow {
    /// The server that logs people in.
    pub(super) fn server(&self) -> Server {
        Server::of(&self.config.api_url)
    }

    /// The repository's whole name: `hexpm`, or `hexpm:acme` for an organization's.
    pub(super) fn repository(&self) -> String {
        let name = &self.config.repo_name;
        match &self.config.repo_organization {
            Some(organization) => format!("{name}:{organization}"),
            None => name.clone(),
        }
    }

    /// What is configured for the repository and those above it, nearest first: `acme:a:b`, `acme:a`, `acme`.
    pub(super) fn configs(&self) -> impl Iterator<Item = AuthConfig> {
        let parent = |name: &String| name.rsplit_once(':').map(|(parent, _)| parent.to_owned());
        let names = std::iter::successors(Some(self.repository()), parent);
        names.filter_map(|name| self.source.auth_config(&name))
    }

    /// The API that exchanges the repository's key, if it is to be exchanged and there is one: a key never
    /// goes to the API of somebody else than the repository's owner unless a URL says so.
    pub(super) fn exchange_url(&self) -> Option<&BaseUrl> {
        if !self.config.exchanges_keys() {
            return None;
        }
        let own = || self.is_own_repository().then_some(&self.config.api_url);
        self.config.oauth_exchange_url.as_ref().or_else(own)
    }

    /// Whether the repository belongs to the server that logs people in: the nearest configured repository
    /// says so, or else both are at one origin, or they are hex.pm's.
    pub(super) fn is_own_repository(&self) -> bool {
        if let Some(server) = self.configs().find_map(|config| config.server) {
            return server == self.server();
        }
        let api = self.config.api_url.origin();
        let repo = self.config.repo_url.origin();
        api == repo || (api == "https://hex.pm:443" && repo == "https://repo.hex.pm:443")
    }
}
