//! From the file that was received to a value that can be trusted.

use bytes::Bytes;
use http::Response;
use skep_formats::registry::{
    self, DecodeError as ResourceError, MAX_RESOURCE_SIZE, Names, Package, Policy,
    VerifyError as SignedError, Versions,
};

use super::body;
use crate::Config;
use crate::answer::not_expected;
use crate::error::{DecodeError, Error, ShownUrl, VerifyError};

const EXPECTED: &str = "a registry file";
pub(super) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A kind of registry file.
pub(super) trait Resource: Sized {
    fn decode(payload: &[u8]) -> Result<Self, ResourceError>;
    fn repository(&self) -> &str;
    /// What the file is about, if not about everything.
    fn name(&self) -> Option<&str>;
}

/// The resource in `response`, about `name` if that is given, checked as `config` says.
pub(super) fn open<R: Resource>(
    config: &Config,
    url: ShownUrl,
    response: &Response<Bytes>,
    name: Option<&str>,
) -> Result<R, Error> {
    body(&url, response)?;
    must_be_gzip(&url, response, EXPECTED)?;
    let payload = payload(config, &url, response)?;
    let resource = R::decode(&payload).map_err(|error| Error::Decode {
        url: url.clone(),
        source: error.into(),
    })?;
    if config.repo_verify_origin {
        let checked = check_origin(&resource, config.expected_repository(), name);
        checked.map_err(|source| Error::Verify { url, source })?;
    }
    Ok(resource)
}

/// Refuses what cannot be gzip, saying what it is instead.
pub(super) fn must_be_gzip(
    url: &ShownUrl,
    response: &Response<Bytes>,
    expected: &'static str,
) -> Result<(), Error> {
    if response.body().starts_with(&GZIP_MAGIC) {
        return Ok(());
    }
    let otherwise = DecodeError::Shape("it is not compressed with gzip".to_owned());
    let source = not_expected(response, expected, otherwise);
    Err(Error::Decode {
        url: url.clone(),
        source,
    })
}

/// What was signed. Nothing of it is decoded before the signature was found right.
fn payload(config: &Config, url: &ShownUrl, response: &Response<Bytes>) -> Result<Vec<u8>, Error> {
    let untrusted = |source| Error::Verify {
        url: url.clone(),
        source,
    };
    let result = match (config.repo_verify, &config.repo_public_key) {
        (true, Some(key)) => registry::verify(response.body(), key, MAX_RESOURCE_SIZE),
        (true, None) => return Err(untrusted(VerifyError::NoKey)),
        (false, _) => registry::unverified(response.body(), MAX_RESOURCE_SIZE),
    };
    let unreadable = |source| Error::Decode {
        url: url.clone(),
        source,
    };
    result.map_err(|error| match error {
        SignedError::Gzip(error) => unreadable(DecodeError::Gzip(error)),
        SignedError::NotSigned(error) => unreadable(DecodeError::NotSigned(error)),
        SignedError::Unsigned => untrusted(VerifyError::NoSignature),
        SignedError::BadSignature { fingerprint } => {
            untrusted(VerifyError::Signature { fingerprint })
        }
    })
}

fn check_origin(
    resource: &impl Resource,
    repository: &str,
    name: Option<&str>,
) -> Result<(), VerifyError> {
    let found = resource.repository();
    if found != repository {
        let (expected, found) = (repository.to_owned(), found.to_owned());
        return Err(VerifyError::Repository { expected, found });
    }
    match (name, resource.name()) {
        (Some(expected), Some(found)) if expected != found => {
            let (expected, found) = (expected.to_owned(), found.to_owned());
            Err(VerifyError::Name { expected, found })
        }
        _ => Ok(()),
    }
}

macro_rules! resource {
    ($type:ty, |$it:ident| $name:expr) => {
        impl Resource for $type {
            fn decode(payload: &[u8]) -> Result<Self, ResourceError> {
                <$type>::decode(payload)
            }

            fn repository(&self) -> &str {
                &self.repository
            }

            fn name(&self) -> Option<&str> {
                let $it = self;
                $name
            }
        }
    };
}

resource!(Names, |_all| None);
resource!(Versions, |_all| None);
resource!(Package, |package| Some(&package.name));
resource!(Policy, |policy| Some(&policy.name));
