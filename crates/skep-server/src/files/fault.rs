//! What an object store's error means, and which setting it is about.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

use crate::config::{Bucket, NamedBy, Provider};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody answers at this address.
    Silent,
    /// It answers that it cannot just now.
    Busy,
    /// There is no such bucket.
    NoBucket,
    /// The name of the credentials is unknown.
    UnknownKey,
    /// The secret is another one.
    WrongSecret,
    /// Credentials that end have ended, or none were found.
    NoCredentials,
    /// The credentials are good, and may not do this.
    NotAllowed,
    /// The bucket is elsewhere.
    OtherRegion,
    /// This machine's clock is wrong.
    WrongClock,
    /// Something answers that is no object store.
    NotAStore,
    /// Anything else.
    Other,
}

/// The codes that S3 and those who speak its protocol, GCS and Azure send.
const CODES: &[(&str, Fault)] = &[
    ("NoSuchBucket", Fault::NoBucket),
    ("InvalidBucketName", Fault::NoBucket),
    ("ContainerNotFound", Fault::NoBucket),
    ("InvalidAccessKeyId", Fault::UnknownKey),
    ("SignatureDoesNotMatch", Fault::WrongSecret),
    ("AuthenticationFailed", Fault::WrongSecret),
    ("ExpiredToken", Fault::NoCredentials),
    ("InvalidToken", Fault::NoCredentials),
    ("AccessDenied", Fault::NotAllowed),
    ("AllAccessDisabled", Fault::NotAllowed),
    ("AuthorizationPermissionMismatch", Fault::NotAllowed),
    ("AuthorizationHeaderMalformed", Fault::OtherRegion),
    ("PermanentRedirect", Fault::OtherRegion),
    ("TemporaryRedirect", Fault::OtherRegion),
    ("IllegalLocationConstraintException", Fault::OtherRegion),
    ("RequestTimeTooSkewed", Fault::WrongClock),
];

/// What an error means. `object_store` keeps most of it in its texts.
pub(super) fn fault(error: &object_store::Error) -> Fault {
    let text = error.to_string();
    if let Some(code) = code(&text)
        && let Some((_, fault)) = CODES.iter().find(|(known, _)| *known == code)
    {
        return *fault;
    }
    // Roles get their credentials from these.
    let asks_for_credentials = [
        "169.254.",
        "/latest/",
        "sts.",
        "oauth2/token",
        "metadata.google",
    ];
    if asks_for_credentials
        .iter()
        .any(|place| text.contains(place))
    {
        return Fault::NoCredentials;
    }
    if text.contains("redirect without LOCATION") || text.contains("status code: 301") {
        return Fault::OtherRegion;
    }
    if text.contains("status code: 5") || text.contains("status code: 429") {
        return Fault::Busy;
    }
    if text.contains("status code: 403") || text.contains("status code: 401") {
        return Fault::NotAllowed;
    }
    if is_silence(error) {
        return Fault::Silent;
    }
    if text.contains("status code: 4") {
        return Fault::NotAStore;
    }
    Fault::Other
}

/// The `<Code>` of an answer in XML.
pub(super) fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code)
}

fn is_silence(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return !matches!(error.kind(), HttpErrorKind::Decode);
        }
        cause = error.source();
    }
    false
}

impl Fault {
    /// Whether it passes by itself.
    pub(super) const fn is_away(self) -> bool {
        matches!(self, Self::Silent | Self::Busy)
    }

    /// What is wrong, with the setting's name, and what to do; `None` when no setting is to blame.
    pub(super) fn problem(self, bucket: &Bucket) -> Option<String> {
        let name = &bucket.name;
        let (id, secret) = credential_names(bucket);
        Some(match self {
            Self::Silent => format!(
                "nobody answers at `{}`: correct {}, or let this machine reach it",
                address(bucket),
                endpoint_name(bucket)
            ),
            Self::NotAStore => format!(
                "what answers at `{}` is no object store: correct {}",
                address(bucket),
                endpoint_name(bucket)
            ),
            Self::NoBucket => format!(
                "there is no bucket `{name}`: make it, or correct its name in {}",
                bucket.named_by.setting("url")
            ),
            Self::UnknownKey => format!("it does not know {id}: correct it"),
            Self::WrongSecret => {
                format!("{secret} is not the one that belongs to {id}: correct it")
            }
            Self::NoCredentials => format!(
                "there are no credentials that are good now: set {id} and {secret}, or give this machine a role"
            ),
            Self::NotAllowed => format!(
                "{id} may not do that in bucket `{name}`: let it get, put, list and delete objects there (`docs/guides/storage.md` has the policy)"
            ),
            Self::OtherRegion => format!(
                "bucket `{name}` is in another region{}: correct {}",
                bucket
                    .region
                    .as_ref()
                    .map(|region| format!(" than `{region}`"))
                    .unwrap_or_default(),
                bucket.named_by.setting("region")
            ),
            Self::WrongClock => "this machine's clock is wrong by many minutes: set it".to_owned(),
            Self::Busy | Self::Other => return None,
        })
    }
}

fn address(bucket: &Bucket) -> String {
    match (&bucket.endpoint, bucket.provider) {
        (Some(endpoint), _) => endpoint.to_string(),
        (None, Provider::S3) => "the S3 of this region".to_owned(),
        (None, Provider::Gcs) => "Google Cloud Storage".to_owned(),
        (None, Provider::Azure) => "Azure Blob Storage".to_owned(),
    }
}

fn endpoint_name(bucket: &Bucket) -> String {
    bucket
        .named_by
        .setting(match (&bucket.endpoint, bucket.provider) {
            (Some(_), _) => "endpoint",
            (None, Provider::S3) => "region",
            (None, Provider::Gcs) => "url",
            (None, Provider::Azure) => "account",
        })
}

/// Where the name of the credentials and their secret were found.
fn credential_names(bucket: &Bucket) -> (String, String) {
    let is_set = |name: &str| bucket.environment.iter().any(|(known, _)| known == name);
    let variables = |id: &str, secret: &str| (id.to_owned(), secret.to_owned());
    let is_argument = bucket.named_by == NamedBy::Arguments;
    let setting = |key| bucket.named_by.setting(key);
    match bucket.provider {
        Provider::S3
            if is_argument || (bucket.access_key_id.is_none() && is_set("AWS_ACCESS_KEY_ID")) =>
        {
            variables("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
        Provider::S3 => (setting("access_key_id"), setting("secret_access_key")),
        Provider::Gcs => {
            let file = setting("service_account_file");
            let key = format!("the key in {file}");
            (file, key)
        }
        Provider::Azure if is_argument => {
            variables("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY")
        }
        Provider::Azure => (setting("account"), setting("secret_access_key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: &str, body: &str) -> object_store::Error {
        let text = format!(
            "Error performing GET x in 1ms - Server returned non-2xx status code: {status}: {body}"
        );
        object_store::Error::Generic {
            store: "S3",
            source: text.into(),
        }
    }

    #[test]
    fn what_a_store_answers_names_the_setting() {
        let of = |status, code: &str| {
            let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
            fault(&answered(status, &body))
        };
        assert_eq!(of("404 Not Found", "NoSuchBucket"), Fault::NoBucket);
        assert_eq!(of("403 Forbidden", "InvalidAccessKeyId"), Fault::UnknownKey);
        assert_eq!(
            of("403 Forbidden", "SignatureDoesNotMatch"),
            Fault::WrongSecret
        );
        assert_eq!(of("403 Forbidden", "AccessDenied"), Fault::NotAllowed);
        assert_eq!(of("400 Bad Request", "ExpiredToken"), Fault::NoCredentials);
        assert_eq!(
            of("400 Bad Request", "AuthorizationHeaderMalformed"),
            Fault::OtherRegion
        );
        assert_eq!(of("503 Slow Down", "SlowDown"), Fault::Busy);
        assert_eq!(of("418 I'm a teapot", "Teapot"), Fault::NotAStore);
        assert_eq!(fault(&answered("403 Forbidden", "")), Fault::NotAllowed);
        assert_eq!(fault(&answered("502 Bad Gateway", "")), Fault::Busy);
    }
}
