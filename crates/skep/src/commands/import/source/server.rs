//! A repository on a server: ours, hex.pm's, anybody's.

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use skep_client::http_client::{Body, HttpClient as _, MaxResponseBytes};
use skep_client::repository::{self, fetch};
use skep_client::transport::Transport;
use skep_client::{BaseUrl, Config, Error, Secret};
use skep_formats::key::PublicKey;
use skep_formats::name::PackageName;
use skep_formats::version::Version;
use skep_server::clock::Timestamp;
use url::Url;

use super::{Fetched, check_fingerprint};
use crate::cli::moving::Import;
use crate::env_vars;
use crate::output::hint;
use crate::remote::{USER_AGENT, transport};

pub(super) struct ServerSource {
    transport: Transport,
    config: Config,
}

impl ServerSource {
    pub(super) fn open(url: &Url, arguments: &Import) -> anyhow::Result<Self> {
        let url = BaseUrl::parse(url.as_str())?;
        let repo_key = match &arguments.auth_key_file {
            Some(path) => {
                let key = Secret::from(fs_err::read_to_string(path)?.trim());
                let usable = key.to_header("the key");
                usable.with_context(|| format!("`{}` holds no key", path.display()))?;
                Some(key)
            }
            None => env_vars::auth_key(),
        };
        let config = Config {
            repo_url: url.clone(),
            // Nothing is asked of the API.
            api_url: url,
            user_agent_fragment: USER_AGENT.to_owned(),
            repo_key,
            ..Config::default()
        };
        Ok(Self {
            transport: transport()?,
            config,
        })
    }

    /// The key that was given, else the server's own if it has the fingerprint that was typed: whoever
    /// answers there could have made it.
    pub(super) async fn key(
        &self,
        given: Option<PublicKey>,
        fingerprint: Option<&str>,
    ) -> anyhow::Result<PublicKey> {
        if let Some(key) = given {
            return Ok(key);
        }
        let key = fetch::public_key(&self.transport, &self.config, None).await;
        let key = key.map_err(|error| self.explained(error))?;
        if fingerprint.is_none() {
            let found = key.fingerprint();
            let error = anyhow::anyhow!(
                "whether `{}` is the right server only its key tells, and none was given",
                self.config.repo_url
            );
            return Err(hint(
                error,
                format!(
                    "its key is `{found}`: if that is the one you know, add --fetch-public-key {found}"
                ),
            ));
        }
        check_fingerprint(&key, fingerprint)?;
        Ok(key)
    }

    pub(super) async fn index(&self, path: &str) -> anyhow::Result<Bytes> {
        let request = match path.split_once('/') {
            Some((_, name)) => repository::package_request(&self.config, name)?,
            None if path == "names" => repository::names_request(&self.config)?,
            None => repository::versions_request(&self.config)?,
        };
        let response = self.send(request).await?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response.into_body());
        }
        let error = anyhow::anyhow!(
            "the server answered `{status}` to `{path}`{}",
            words(&response)
        );
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => hint(error, WANTS_KEY),
            _ => error,
        })
    }

    pub(super) async fn tarball(
        &self,
        package: &PackageName,
        version: &Version,
        most: u64,
    ) -> anyhow::Result<Fetched> {
        let (name, version) = (package.as_str(), version.to_string());
        let request = repository::tarball_request(&self.config, name, &version)?;
        let response = self.send(limited(request, most)).await?;
        let modified_at = response.headers().get(header::LAST_MODIFIED);
        let modified_at = modified_at
            .and_then(|text| text.to_str().ok())
            .and_then(Timestamp::from_http_date);
        let config = &self.config;
        let bytes = repository::unverified_tarball_response(config, response, name, &version)?;
        Ok(Fetched { bytes, modified_at })
    }

    pub(super) async fn docs(
        &self,
        package: &PackageName,
        version: &Version,
        most: u64,
    ) -> anyhow::Result<Option<Bytes>> {
        let (name, version) = (package.as_str(), version.to_string());
        let request = repository::docs_request(&self.config, name, &version)?;
        let response = self.send(limited(request, most)).await?;
        // A store that lists nothing to strangers says 403 for what is not there.
        if matches!(
            response.status(),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE
        ) {
            return Ok(None);
        }
        let docs = repository::docs_response(&self.config, response, name, &version);
        Ok(Some(docs?))
    }

    async fn send(&self, request: Request<Body>) -> anyhow::Result<Response<Bytes>> {
        Ok(self.transport.send(request).await?)
    }

    fn explained(&self, error: Error) -> anyhow::Error {
        match error.is_unauthorized() || error.is_forbidden() {
            true => hint(error, WANTS_KEY),
            false => error.into(),
        }
    }
}

const WANTS_KEY: &str = "put a key that opens the repository into a file and name it with --auth-key-file, or into SKEP_AUTH_KEY";

fn limited(mut request: Request<Body>, most: u64) -> Request<Body> {
    request.extensions_mut().insert(MaxResponseBytes(most));
    request
}

/// What a server says of its refusal, if it is a short text.
fn words(response: &Response<Bytes>) -> String {
    match std::str::from_utf8(response.body()) {
        Ok(text) if !text.trim().is_empty() && text.len() < 500 && !text.contains('<') => {
            format!(": {}", crate::output::shortened(text, 300))
        }
        _ => String::new(),
    }
}
