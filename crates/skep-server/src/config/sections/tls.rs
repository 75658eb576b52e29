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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn read(settings: &str) -> Result<Config, String> {
        let text = format!(
            "[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n[server.tls]\n{settings}"
        );
        Config::parse(&text, Path::new("/srv"), &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let certificate = "certificate_file = \"tls/own.pem\"\n";
        let error = read(certificate).unwrap_err();
        assert!(
            error.starts_with("`server.tls.private_key_file` is missing"),
            "{error}"
        );
        let error = read("private_key_file = \"key.pem\"").unwrap_err();
        assert!(
            error.starts_with("`server.tls.certificate_file` is missing"),
            "{error}"
        );
        let config = read(&format!("{certificate}private_key_file = \"key.pem\"")).unwrap();
        let tls = config.server.tls.unwrap();
        assert_eq!(tls.certificate_file, Path::new("/srv/tls/own.pem"));
        assert_eq!(config.server.url, "https://127.0.0.1:4000");
        assert!(read("").unwrap().server.tls.is_none());
    }
}
