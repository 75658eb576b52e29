use super::Reader;
use crate::config::Tls;
use crate::config::error::ConfigError;

const CERTIFICATE: &str = "server.tls.certificate_file";
const KEY: &str = "server.tls.private_key_file";

impl Reader<'_> {
    pub(super) fn tls(&self) -> Result<Option<Tls>, ConfigError> {
        if self.values.peek(CERTIFICATE).is_none() && self.values.peek(KEY).is_none() {
            return Ok(None);
        }
        let certificate =
            "the PEM file of the server's certificate, and of those that vouch for it";
        let certificate = self.required(CERTIFICATE, certificate)?;
        let key = self.required(KEY, "the PEM file of the certificate's private key")?;
        Ok(Some(Tls {
            certificate_file: self.path(&certificate),
            private_key_file: self.path(&key),
        }))
    }
}
