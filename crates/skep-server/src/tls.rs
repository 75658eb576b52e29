//! The server's own certificate: read from two files, looked at before it is used, and replaced without
//! a restart when the files change.

mod current;
mod validity;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ServerConfig, client, server};
use url::Url;

pub use self::current::Current;
pub use self::validity::Validity;
use crate::clock::{DAY_SECONDS, Timestamp};
use crate::config;

/// A certificate that ends within this time should have been renewed by now.
const SOON_DAYS: i64 = 14;

/// A certificate with its key, ready to be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// How connections are to be encrypted.
    pub server: Arc<ServerConfig>,
    /// From when until when clients accept it.
    pub validity: Validity,
    own: CertificateDer<'static>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read; the cause names it.
    #[error("the file of `[server.tls] {key}` cannot be read")]
    Read {
        /// Which setting names it.
        key: &'static str,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// No certificate in it.
    #[error(
        "`{}`, which `[server.tls] certificate_file` names, has no certificate that can be read: it has to be PEM, \
         the server's own certificate first, then those that vouch for it", .0.display()
    )]
    Certificate(PathBuf),
    /// No key in it.
    #[error(
        "`{}`, which `[server.tls] private_key_file` names, has no private key that can be used: it has to be PEM, \
         without a password", .0.display()
    )]
    Key(PathBuf),
    /// They do not belong together.
    #[error(
        "the key in `{}` is not that of the certificate in `{}`: `[server.tls] private_key_file` has to be the key \
         that the first certificate of `certificate_file` was made for", key.display(), certificate.display()
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

/// What clients may have against a certificate that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Its time is over.
    #[error("the certificate expired at {0}")]
    Expired(Timestamp),
    /// Its time has not come.
    #[error("the certificate is good from {0} on only")]
    Early(Timestamp),
    /// It should have been renewed.
    #[error("the certificate expires at {0}")]
    Soon(Timestamp),
    /// It is somebody else's.
    #[error("the certificate is not for `{0}`, the host of `[server] url`")]
    OtherName(String),
}

impl Doubt {
    /// Whether clients refuse it now.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        !matches!(self, Self::Soon(_))
    }
}

/// Reads both files.
///
/// # Errors
/// What is wrong with which of them.
pub fn load(files: &config::Tls) -> Result<Loaded, TlsError> {
    let chain = certificates(&files.certificate_file)?;
    let own = chain.first().cloned();
    let own = own.ok_or_else(|| TlsError::Certificate(files.certificate_file.clone()))?;
    let validity =
        Validity::of(&own).ok_or_else(|| TlsError::Certificate(files.certificate_file.clone()))?;
    let key = private_key(&files.private_key_file)?;
    let server = server_config(chain, key).map_err(|error| named(error, files))?;
    Ok(Loaded {
        server: Arc::new(server),
        validity,
        own,
    })
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs_err::read(path).map_err(|source| TlsError::Read { key, source })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read("certificate_file", path)?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::Certificate(path.to_owned()))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read("private_key_file", path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| TlsError::Key(path.to_owned()))
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    server.ticketer = aws_lc_rs::Ticketer::new()?;
    Ok(server)
}

fn named(error: rustls::Error, files: &config::Tls) -> TlsError {
    let (certificate, key) = (
        files.certificate_file.clone(),
        files.private_key_file.clone(),
    );
    match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch { certificate, key },
        rustls::Error::InvalidCertificate(_) => TlsError::Certificate(certificate),
        _ => TlsError::Key(key),
    }
}

impl Loaded {
    /// What clients of `url` may have against it now.
    #[must_use]
    pub fn doubts(&self, url: &str, now: Timestamp) -> Vec<Doubt> {
        let Validity {
            not_before,
            not_after,
        } = self.validity;
        let mut doubts = Vec::new();
        if now > not_after {
            doubts.push(Doubt::Expired(not_after));
        } else if now < not_before {
            doubts.push(Doubt::Early(not_before));
        } else if not_after.seconds() - now.seconds() < SOON_DAYS * DAY_SECONDS {
            doubts.push(Doubt::Soon(not_after));
        }
        let host = Url::parse(url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        doubts.extend(host.filter(|host| !self.is_for(host)).map(Doubt::OtherName));
        doubts
    }

    fn is_for(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(name) = ServerName::try_from(host) else {
            return false;
        };
        let Ok(certificate) = server::ParsedCertificate::try_from(&self.own) else {
            return false;
        };
        client::verify_server_name(&certificate, &name).is_ok()
    }
}
