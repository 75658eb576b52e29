use std::fmt;
use std::path::PathBuf;

use url::Url;

use super::secret::Secret;

/// `[storage]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageUrl {
    /// `file:PATH`: a folder of this machine.
    Folder(PathBuf),
    /// `s3://…`, `gs://…` or `az://…`
    Bucket(Box<Bucket>),
}

/// What a command line says about a folder or a bucket.
#[derive(Clone, Copy, Debug, Default)]
pub struct StorageArgument<'a> {
    /// A folder, `file:` and a folder, or `s3://bucket/prefix`, `gs://…`, `az://…`
    pub place: &'a str,
    /// `--endpoint`: where a bucket is, when not at the provider's own address.
    pub endpoint: Option<&'a str>,
    /// `--region` of S3.
    pub region: Option<&'a str>,
}

/// A bucket of an object store, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Whose.
    pub provider: Provider,
    /// Its name; Azure calls it a container.
    pub name: String,
    /// What the name of every object begins with, without a slash at either end; empty for the whole
    /// bucket.
    pub prefix: String,
    /// Where it is, when not at the provider's own address.
    pub endpoint: Option<Url>,
    /// S3: `eu-central-1`.
    pub region: Option<String>,
    /// S3: who asks.
    pub access_key_id: Option<String>,
    /// S3: its secret. Azure: the account's key.
    pub secret_access_key: Option<Secret>,
    /// Azure: the storage account.
    pub account: Option<String>,
    /// GCS: the JSON file of a service account's key.
    pub service_account_file: Option<PathBuf>,
    /// The provider's own variables (`AWS_…`), which count where nothing is set above.
    pub environment: Vec<(String, Secret)>,
    /// Where all this was said, for messages about it.
    pub named_by: NamedBy,
}

/// Where the settings of a bucket are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// A section of the configuration, in brackets: `[storage]`.
    Section(&'static str),
    /// A `[[repository]]` of the configuration: where its static registry is.
    Repository,
    /// The command line, with the credentials in the environment.
    Arguments,
}

impl NamedBy {
    /// How a setting is called there: `` `region` in [storage]`` or `` `--region` ``.
    #[must_use]
    pub fn setting(self, key: &str) -> String {
        match (self, key) {
            (Self::Section(section), _) => format!("`{key}` in {section}"),
            (Self::Repository, "url") => "`registry_url` in [[repository]]".to_owned(),
            (Self::Repository, _) => {
                format!("`{key}` in [[repository]], or in [storage] for both,")
            }
            (Self::Arguments, "url") => "the argument".to_owned(),
            (Self::Arguments, "account") => "AZURE_STORAGE_ACCOUNT_NAME".to_owned(),
            (Self::Arguments, "service_account_file") => {
                "GOOGLE_APPLICATION_CREDENTIALS".to_owned()
            }
            (Self::Arguments, key) => format!("`--{}`", key.replace('_', "-")),
        }
    }
}

/// Whose object store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Amazon's S3, or one that speaks its protocol.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
}

impl Provider {
    /// What its URLs begin with.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }

    /// The environment variables that count: whose credentials, and the region.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &[
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
                "AWS_ROLE_ARN",
                "AWS_ROLE_SESSION_NAME",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            ],
            Self::Gcs => &[
                "GOOGLE_APPLICATION_CREDENTIALS",
                "GOOGLE_SERVICE_ACCOUNT",
                "GOOGLE_SERVICE_ACCOUNT_KEY",
            ],
            Self::Azure => &[
                "AZURE_STORAGE_ACCOUNT_NAME",
                "AZURE_STORAGE_ACCOUNT_KEY",
                "AZURE_CLIENT_ID",
                "AZURE_CLIENT_SECRET",
                "AZURE_TENANT_ID",
                "AZURE_FEDERATED_TOKEN_FILE",
            ],
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.provider.scheme(), self.name)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        match &self.endpoint {
            Some(endpoint) => write!(f, " at {endpoint}"),
            None => Ok(()),
        }
    }
}
