//! A client that opens a connection for each request and tells what was agreed on.

use std::io;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{
    ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
};

use super::certificates::Authority;
use crate::support::TestApp;

pub(super) struct Client(TlsConnector);

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: String,
    pub(super) version: Option<ProtocolVersion>,
    pub(super) protocol: Option<Vec<u8>>,
    pub(super) certificate: Vec<u8>,
}

impl Client {
    /// Trusts that authority and speaks that version only.
    pub(super) fn new(authority: &Authority, version: &'static SupportedProtocolVersion) -> Self {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self(TlsConnector::from(Arc::new(config)))
    }

    pub(super) async fn connect(&self, app: &TestApp) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(app.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        self.0.connect(name, stream).await
    }

    /// A GET, with an `Authorization` unless it is empty.
    pub(super) async fn get(&self, app: &TestApp, path: &str, key: &str) -> io::Result<Answer> {
        let mut stream = self.connect(app).await?;
        let session = stream.get_ref().1;
        let (version, protocol) = (
            session.protocol_version(),
            session.alpn_protocol().map(<[u8]>::to_vec),
        );
        let certificate = session
            .peer_certificates()
            .map_or(Vec::new(), |all| all[0].to_vec());
        let authorization = match key {
            "" => String::new(),
            key => format!("authorization: {key}\r\n"),
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{authorization}\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Ok(Answer {
            head: head.to_owned(),
            body: body.to_owned(),
            version,
            protocol,
            certificate,
        })
    }
}
