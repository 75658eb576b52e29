//! How requests are sent.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, NoProxy, Proxy};

use crate::http_client::SendError;
use crate::secret::Secret;

/// How requests are sent. The default suits tools and services alike.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long connecting may take (10 seconds).
    pub connect_timeout: Duration,
    /// How long the server may send nothing at all (30 seconds). Before the answer begins, a request with a body has a
    /// second more for each 16 KiB of it.
    pub read_timeout: Duration,
    /// How long one attempt may take with its redirects and its whole body (10 minutes).
    pub total_timeout: Duration,
    /// How often a request is repeated after the first attempt (2). Only requests that may be repeated are (`GET`,
    /// `HEAD`, `PUT`, `DELETE`), after a broken connection or the codes 429, 500, 502, 503 and 504; all others only if
    /// there was no connection. What took too long is not repeated.
    pub retries: u32,
    /// How long to wait before the first repetition (500 ms), give or take a quarter. Doubles each time. A server's
    /// `Retry-After` counts instead.
    pub backoff: Duration,
    /// The longest wait (20 seconds). A server that asks for more gets no repetition; its answer is returned.
    pub max_backoff: Duration,
    /// How many redirects are followed (5).
    pub max_redirects: usize,
    /// How long a body waits for the server to refuse a request with `Expect: 100-continue` (500 ms).
    pub expect_wait: Duration,
    /// Which proxy is used (none).
    pub proxy: ProxySettings,
    /// Certificates of authorities to trust besides the system's, each text one or more of them in PEM.
    pub ca_certificates: Vec<String>,
}

/// Which proxy is used.
#[derive(Debug, Clone, Default)]
pub enum ProxySettings {
    /// None.
    #[default]
    Direct,
    /// As the system says, in environment variables such as `HTTPS_PROXY` among others. This crate reads none itself,
    /// so it is the caller's choice that `reqwest` does.
    System,
    /// This one, for everything.
    Url {
        /// The proxy, perhaps with credentials: `http://user:password@proxy.example:3128`.
        url: Secret,
        /// Hosts that are asked directly: names, domains, addresses and networks, separated by commas.
        except: String,
    },
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(600),
            retries: 2,
            backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(20),
            max_redirects: 5,
            expect_wait: Duration::from_millis(500),
            proxy: ProxySettings::Direct,
            ca_certificates: Vec::new(),
        }
    }
}

/// How slow a line may be that bodies are sent over, in bytes per second.
const SLOWEST_UPLOAD: u64 = 16 * 1024;

impl Options {
    /// How long the answer to a request with a body of `length` bytes may take to begin.
    pub(super) fn answer_timeout(&self, length: usize, waits: bool) -> Duration {
        let upload = Duration::from_secs(length as u64 / SLOWEST_UPLOAD);
        let wait = if waits {
            self.expect_wait
        } else {
            Duration::ZERO
        };
        self.read_timeout + upload + wait
    }

    pub(super) fn client(&self, user_agent: &str) -> Result<reqwest::Client, SendError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(user_agent)
            .redirect(Policy::none())
            // Which requests may be repeated is decided here.
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            // Registry files are gzip by themselves and must arrive as they are.
            .no_gzip();
        builder = match &self.proxy {
            ProxySettings::Direct => builder.no_proxy(),
            ProxySettings::System => builder,
            ProxySettings::Url { url, except } => {
                let proxy = Proxy::all(url.expose()).map_err(not_started)?;
                builder.proxy(proxy.no_proxy(NoProxy::from_string(except)))
            }
        };
        for pem in &self.ca_certificates {
            let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(not_started)?;
            if certificates.is_empty() {
                return Err(SendError::Start(
                    "`ca_certificates` has a text without a certificate in PEM".into(),
                ));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map_err(not_started)
    }
}

/// Without the URL, which is a proxy's with its password.
fn not_started(error: reqwest::Error) -> SendError {
    SendError::Start(error.without_url().into())
}
