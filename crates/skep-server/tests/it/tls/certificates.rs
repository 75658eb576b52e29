//! An authority of one test.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};

/// Vouches for certificates.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(super) struct Issued {
    pub(super) certificate_pem: String,
    pub(super) key_pem: String,
    pub(super) der: Vec<u8>,
    authority_pem: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        let name = "The authority of one test";
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        Self { issuer }
    }

    /// A certificate that is good for long.
    pub(super) fn issue(&self, names: &[&str]) -> Issued {
        self.issue_for_years(names, 2020, 2120)
    }

    pub(super) fn issue_for_years(&self, names: &[&str], from: i32, until: i32) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().to_vec(),
            authority_pem: self.pem(),
        }
    }

    pub(super) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A client of the usual sort that trusts it.
    pub(super) fn reqwest(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.pem().as_bytes()).unwrap();
        let builder = reqwest::Client::builder().no_proxy();
        builder.tls_certs_only([root]).build().unwrap()
    }
}

impl Issued {
    /// As certbot does it: one file, then the other.
    pub(super) fn write_to(&self, dir: &Path) {
        fs_err::write(dir.join("certificate.pem"), &self.certificate_pem).unwrap();
        let key = dir.join("key.pem");
        fs_err::write(&key, &self.key_pem).unwrap();
        let own = std::fs::Permissions::from_mode(0o600);
        fs_err::set_permissions(&key, own).unwrap();
        fs_err::write(dir.join("authority.pem"), &self.authority_pem).unwrap();
    }
}
