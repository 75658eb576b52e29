//! What a server is and how it knows us.

use http::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, Uri};
use skep_formats::key::PublicKey;

use crate::api::ApiFormat;
use crate::base_url::{BaseUrl, UrlError};
use crate::error::{BuildError, Error};
use crate::http_client::{AcceptGzip, Body};
use crate::secret::Secret;

/// Hex.pm's repository.
const HEXPM_REPO_URL: &str = "https://repo.hex.pm";
/// Hex.pm's API.
const HEXPM_API_URL: &str = "https://hex.pm/api";
/// What hex.pm publishes at <https://hex.pm/docs/public_keys>.
const HEXPM_PUBLIC_KEY: &str = include_str!("hexpm_public_key.pem");

const PRODUCT: &str = concat!("skep-client/", env!("CARGO_PKG_VERSION"));
/// The header of a one-time password.
pub(crate) const X_HEX_OTP: HeaderName = HeaderName::from_static("x-hex-otp");

/// Everything a request is made with: one server, and the credentials for it. The names are those of `hex_core`'s
/// configuration. `Debug` shows secrets as `****`.
///
/// ```
/// use skep_client::Config;
///
/// let mut config = Config::new("https://example.com/repo", "https://example.com/api")?;
/// config.repo_name = "acme".to_owned();
/// config.repo_key = Some("the license key".into());
/// let request = skep_client::repository::package_request(&config, "alpha")?;
/// assert_eq!(request.uri(), "https://example.com/repo/packages/alpha");
/// assert_eq!(request.headers()["authorization"], "the license key");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The HTTP API, `https://hex.pm/api` by default.
    pub api_url: BaseUrl,
    /// What the API gets as `Authorization`, as it is: an API key, or `Bearer ` and a token.
    pub api_key: Option<Secret>,
    /// The one-time password that a write with a user's token may need, sent as `x-hex-otp`.
    pub api_otp: Option<Secret>,
    /// The format of the bodies that the API gets, and is asked for.
    pub api_format: ApiFormat,
    /// The organization whose keys or members are meant (`/orgs/NAME`); the user's own otherwise.
    pub api_organization: Option<String>,
    /// The repository whose packages are meant in the API (`/repos/NAME`); the server's main one otherwise.
    pub api_repository: Option<String>,
    /// The repository's files, `https://repo.hex.pm` by default.
    pub repo_url: BaseUrl,
    /// What the repository calls itself, `hexpm` by default; its files must say the same.
    pub repo_name: String,
    /// The organization's repository below this one (`/repos/NAME`), whose files must then say this name.
    pub repo_organization: Option<String>,
    /// What the repository gets as `Authorization`, as it is: a key, or `Bearer ` and a token.
    pub repo_key: Option<Secret>,
    /// The key that signs the repository, hex.pm's by default.
    pub repo_public_key: Option<PublicKey>,
    /// Whether signatures are checked (default: true). Without it, anybody on the way can change what is received.
    pub repo_verify: bool,
    /// Whether a file must be of this repository and of the package that was asked for (default: true).
    pub repo_verify_origin: bool,
    /// What the user agent says after this crate's name, such as `my_tool/1.2.0`.
    pub user_agent_fragment: String,
    /// Whether a publish asks the server first whether it wants the body, with `Expect: 100-continue` (default: true).
    pub send_100_continue: bool,
    /// Whether this server may get credentials that were not given in this configuration (default: true).
    pub trusted: bool,
    /// Whether a repository's key is exchanged for a short-lived token before use. By default only for hex.pm, see
    /// [`Config::exchanges_keys`].
    pub oauth_exchange: Option<bool>,
    /// The API that exchanges keys, where that is not `api_url`.
    pub oauth_exchange_url: Option<BaseUrl>,
    /// Whom [`cli_auth`](crate::cli_auth) asks for credentials.
    #[cfg(feature = "cli-auth")]
    pub cli_auth_callbacks: Option<std::sync::Arc<dyn crate::cli_auth::Callbacks>>,
}

impl Default for Config {
    fn default() -> Self {
        Self::hexpm()
    }
}

impl Config {
    /// Hex.pm, without credentials.
    pub fn hexpm() -> Self {
        let url = |text| BaseUrl::parse(text).expect("it is a constant");
        let mut config = Self::with_urls(url(HEXPM_REPO_URL), url(HEXPM_API_URL));
        let key = PublicKey::from_pem(HEXPM_PUBLIC_KEY).expect("it is a constant");
        config.repo_public_key = Some(key);
        config
    }

    /// The server whose repository is at `repo_url` and whose API is at `api_url`, with neither a public key nor
    /// credentials.
    ///
    /// # Errors
    /// One of them is not the URL of a server.
    pub fn new(repo_url: &str, api_url: &str) -> Result<Self, UrlError> {
        Ok(Self::with_urls(
            BaseUrl::parse(repo_url)?,
            BaseUrl::parse(api_url)?,
        ))
    }

    fn with_urls(repo_url: BaseUrl, api_url: BaseUrl) -> Self {
        Self {
            api_url,
            api_key: None,
            api_otp: None,
            api_format: ApiFormat::default(),
            api_organization: None,
            api_repository: None,
            repo_url,
            repo_name: "hexpm".to_owned(),
            repo_organization: None,
            repo_key: None,
            repo_public_key: None,
            repo_verify: true,
            repo_verify_origin: true,
            user_agent_fragment: String::new(),
            send_100_continue: true,
            trusted: true,
            oauth_exchange: None,
            oauth_exchange_url: None,
            #[cfg(feature = "cli-auth")]
            cli_auth_callbacks: None,
        }
    }

    /// Whether a repository's key is exchanged for a token: as `oauth_exchange` says, else only if the repository is
    /// hex.pm's. Few other servers can do it.
    pub fn exchanges_keys(&self) -> bool {
        let is_hexpm = || {
            let hexpm = BaseUrl::parse(HEXPM_REPO_URL).expect("it is a constant");
            self.repo_url.origin() == hexpm.origin()
        };
        self.oauth_exchange.unwrap_or_else(is_hexpm)
    }

    /// The name that the repository's files must have: the organization's, or the repository's own.
    pub fn expected_repository(&self) -> &str {
        self.repo_organization.as_deref().unwrap_or(&self.repo_name)
    }

    /// What the server is told about who asks: `skep-client/VERSION` and the fragment.
    pub fn user_agent(&self) -> String {
        match self.user_agent_fragment.as_str() {
            "" => PRODUCT.to_owned(),
            fragment => format!("{PRODUCT} {fragment}"),
        }
    }

    /// A request to the API, at `segments` below its URL, without a body: with `User-Agent`, `Authorization` and
    /// `x-hex-otp`.
    pub(crate) fn api_request(
        &self,
        method: Method,
        segments: &[&str],
    ) -> Result<Request<Body>, Error> {
        let mut request = self.request(method, self.api_url.join(segments)?)?;
        self.authorize(request.headers_mut(), self.api_key.as_ref(), "api_key")?;
        request.extensions_mut().insert(AcceptGzip);
        if let Some(otp) = &self.api_otp {
            let otp = otp.to_header("api_otp")?;
            request.headers_mut().insert(X_HEX_OTP, otp);
        }
        Ok(request)
    }

    /// A request for a file of the repository, or of the organization's repository below it.
    pub(crate) fn repo_request(&self, segments: &[&str]) -> Result<Request<Body>, Error> {
        let mut request = self.request(Method::GET, self.repo_uri(segments)?)?;
        self.authorize(request.headers_mut(), self.repo_key.as_ref(), "repo_key")?;
        Ok(request)
    }

    /// Where a file of the repository is.
    pub(crate) fn repo_uri(&self, segments: &[&str]) -> Result<Uri, BuildError> {
        let mut all = Vec::with_capacity(segments.len() + 2);
        if let Some(organization) = &self.repo_organization {
            all.extend(["repos", organization.as_str()]);
        }
        all.extend(segments);
        self.repo_url.join(&all)
    }

    fn request(&self, method: Method, uri: Uri) -> Result<Request<Body>, Error> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let user_agent = self.user_agent();
        let value = HeaderValue::from_str(&user_agent).map_err(|_| BuildError::Header {
            name: "user-agent",
            value: user_agent,
        })?;
        request.headers_mut().insert(USER_AGENT, value);
        Ok(request)
    }

    fn authorize(
        &self,
        headers: &mut HeaderMap,
        key: Option<&Secret>,
        what: &'static str,
    ) -> Result<(), Error> {
        if let Some(key) = key {
            headers.insert(AUTHORIZATION, key.to_header(what)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
