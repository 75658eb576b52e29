//! Certificates that no server starts with.

use std::path::Path;

use skep_server::config::Tls;
use skep_server::tls::load;

use super::certificates::Authority;

fn error(dir: &Path) -> String {
    let error = load(&Tls {
        certificate_file: dir.join("certificate.pem"),
        private_key_file: dir.join("key.pem"),
    });
    error.expect_err("it cannot be used").to_string()
}

fn write(dir: &Path, name: &str, text: &str) {
    fs_err::write(dir.join(name), text).unwrap();
}

#[test]
fn what_cannot_be_used_names_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    assert_eq!(
        error(dir),
        "the file of `[server.tls] certificate_file` cannot be read"
    );
    let authority = Authority::new();
    let (issued, other) = (
        authority.issue(&["localhost"]),
        authority.issue(&["localhost"]),
    );
    write(dir, "certificate.pem", &issued.certificate_pem);
    assert_eq!(
        error(dir),
        "the file of `[server.tls] private_key_file` cannot be read"
    );
    write(dir, "key.pem", &issued.certificate_pem);
    assert!(error(dir).contains("`[server.tls] private_key_file` names, has no private key"));
    write(dir, "key.pem", &other.key_pem);
    assert!(
        error(dir).contains("is not that of the certificate in"),
        "{}",
        error(dir)
    );
    write(dir, "key.pem", &issued.key_pem);
    for wrong in [
        "",
        "rubbish",
        &issued.key_pem,
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    ] {
        write(dir, "certificate.pem", wrong);
        let said = error(dir);
        assert!(
            said.contains("has no certificate that can be read"),
            "{wrong}: {said}"
        );
    }
}

#[test]
fn a_chain_and_a_key_of_another_sort_are_fine() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let authority = Authority::new();
    let issued = authority.issue(&["localhost"]);
    let chain = format!("{}\n{}", issued.certificate_pem, authority.pem());
    write(dir, "certificate.pem", &chain);
    write(dir, "key.pem", &issued.key_pem);
    let loaded = load(&Tls {
        certificate_file: dir.join("certificate.pem"),
        private_key_file: dir.join("key.pem"),
    });
    let validity = loaded.unwrap().validity;
    assert_eq!(validity.not_before.to_string(), "2020-01-01T00:00:00Z");
    assert_eq!(validity.not_after.to_string(), "2120-01-01T00:00:00Z");
}
