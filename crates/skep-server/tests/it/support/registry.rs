//! The registry as a client reads it: signatures and names checked.

use skep_formats::key::PublicKey;
use skep_formats::registry::{Names, Package, Versions};

use super::TestApp;
use super::ask::Answer;

const PUBLIC_KEY: &str = include_str!("../../../../../testdata/golden/keys/rsa2048_pub_spki.pem");

fn public_key() -> PublicKey {
    PublicKey::from_pem(PUBLIC_KEY).expect("the golden public key")
}

impl Answer {
    /// The package resource in this answer.
    pub(crate) fn package(&self, repository: &str, name: &str) -> Package {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        Package::open(&self.body, &public_key(), repository, name)
            .expect("a signed package resource")
    }

    /// The versions that it shows.
    pub(crate) fn versions_of(&self, name: &str) -> Vec<String> {
        self.package("acme", name)
            .releases
            .into_iter()
            .map(|release| release.version)
            .collect()
    }

    /// The names resource in this answer.
    pub(crate) fn names(&self, repository: &str) -> Names {
        Names::open(&self.body, &public_key(), repository).expect("a signed names resource")
    }

    /// The versions resource in this answer.
    pub(crate) fn versions(&self, repository: &str) -> Versions {
        Versions::open(&self.body, &public_key(), repository).expect("a signed versions resource")
    }
}

impl TestApp {
    /// The versions of a package that a key sees, or the status of the refusal.
    pub(crate) async fn sees(&self, key: &str, name: &str) -> Result<Vec<String>, u16> {
        let answer = self
            .get(&format!("/repo/packages/{name}"))
            .key(key)
            .send()
            .await;
        if answer.status == 200 {
            Ok(answer.versions_of(name))
        } else {
            Err(answer.status)
        }
    }
}
