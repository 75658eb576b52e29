//! The same for callers without an async runtime.

use bytes::Bytes;
use http::{Request, Response};
use tokio::runtime::{Builder, Handle, Runtime};

use super::{Options, Transport};
use crate::http_client::{BlockingHttpClient, Body, HttpClient as _, SendError, Sink};

/// Sends requests and waits for their answers. Can be shared by threads.
///
/// ```no_run
/// use skep_client::Config;
/// use skep_client::http_client::{Blocking, run};
/// use skep_client::repository::fetch;
/// use skep_client::transport::BlockingTransport;
///
/// let client = Blocking(BlockingTransport::new("my_tool/1.0.0")?);
/// let package = run(fetch::package(&client, &Config::hexpm(), "jason"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BlockingTransport {
    transport: Transport,
    /// Only taken when dropped.
    runtime: Option<Runtime>,
}

impl BlockingTransport {
    /// As [`Transport::new`].
    ///
    /// # Errors
    /// As [`Transport::new`], and if the system gives no means to wait.
    pub fn new(user_agent: &str) -> Result<Self, SendError> {
        Self::with_options(user_agent, Options::default())
    }

    /// As [`Transport::with_options`].
    ///
    /// # Errors
    /// As [`BlockingTransport::new`].
    pub fn with_options(user_agent: &str, options: Options) -> Result<Self, SendError> {
        let transport = Transport::with_options(user_agent, options)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| SendError::Start(error.into()))?;
        Ok(Self {
            transport,
            runtime: Some(runtime),
        })
    }

    fn block_on<T>(
        &self,
        future: impl Future<Output = Result<T, SendError>>,
    ) -> Result<T, SendError> {
        if Handle::try_current().is_ok() {
            return Err(SendError::Other(
                "a blocking client was called from async code".into(),
            ));
        }
        let runtime = self
            .runtime
            .as_ref()
            .expect("it is only taken when dropped");
        runtime.block_on(future)
    }
}

impl BlockingHttpClient for BlockingTransport {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        self.block_on(self.transport.send(request))
    }

    fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> Result<Response<Bytes>, SendError> {
        self.block_on(self.transport.send_to(request, sink))
    }
}

/// A runtime must not wait for its threads inside another one.
impl Drop for BlockingTransport {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
