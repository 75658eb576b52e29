use url::{Host, Url};

use super::{Reader, web_url};
use crate::config::error::ConfigError;
use crate::config::secret::Secret;
use crate::config::values::{Found, Origin};
use crate::config::{Bucket, NamedBy, Provider, StorageUrl};

mod argument;

const FORMS: &str = "it must be a folder as `file:files`, or a bucket as `s3://bucket/prefix`, `gs://bucket` or `az://container`";
/// Which keys belong to whose buckets.
const OF_PROVIDERS: [(&str, &[Provider]); 7] = [
    ("storage.endpoint", &[Provider::S3, Provider::Azure]),
    ("storage.region", &[Provider::S3]),
    ("storage.access_key_id", &[Provider::S3]),
    (
        "storage.secret_access_key",
        &[Provider::S3, Provider::Azure],
    ),
    (
        "storage.secret_access_key_file",
        &[Provider::S3, Provider::Azure],
    ),
    ("storage.account", &[Provider::Azure]),
    ("storage.service_account_file", &[Provider::Gcs]),
];

impl Reader<'_> {
    /// `environment` is where a bucket's credentials are when the file does not have them.
    pub(super) fn storage(
        &self,
        environment: &[(String, String)],
    ) -> Result<StorageUrl, ConfigError> {
        let found = self.text_or("storage.url", "file:files")?;
        if let Some(folder) = found.value.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            self.only_for(None)?;
            return match folder {
                "" => Err(found.bad(FORMS)),
                folder => Ok(StorageUrl::Folder(self.base_dir.join(folder))),
            };
        }
        let provider = provider(&found.value).ok_or_else(|| found.bad(FORMS))?;
        self.only_for(Some(provider))?;
        let (name, prefix) = name_and_prefix(&found, provider)?;
        let mut bucket = Bucket {
            provider,
            name,
            prefix,
            endpoint: self.endpoint()?,
            region: self.storage_text("storage.region")?,
            access_key_id: self.storage_text("storage.access_key_id")?,
            secret_access_key: None,
            account: self.storage_text("storage.account")?,
            service_account_file: self
                .values
                .text("storage.service_account_file")?
                .map(|file| self.path(&file)),
            environment: Vec::new(),
            named_by: NamedBy::Section("[storage]"),
        };
        let secret = self
            .values
            .secret("storage.secret_access_key", self.base_dir)?;
        bucket.secret_access_key = secret.map(|found| Secret::new(found.value));
        self.whole_credentials(&bucket)?;
        self.take_environment(&mut bucket, environment);
        Ok(StorageUrl::Bucket(Box::new(bucket)))
    }

    /// No key of another provider, which would do nothing.
    fn only_for(&self, provider: Option<Provider>) -> Result<(), ConfigError> {
        for (key, providers) in OF_PROVIDERS {
            if provider.is_some_and(|provider| providers.contains(&provider)) {
                continue;
            }
            if let Some((given, origin)) = self.values.peek(key) {
                let schemes: Vec<_> = providers.iter().map(|it| it.scheme()).collect();
                let given = if key.contains("secret") {
                    "****".to_owned()
                } else {
                    given
                };
                return Err(ConfigError::Value {
                    key: key.to_owned(),
                    origin,
                    given,
                    problem: format!(
                        "it is for `storage.url` with {}://: remove it",
                        schemes.join(":// or ")
                    ),
                });
            }
        }
        Ok(())
    }

    fn storage_text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        Ok(self.values.text(key)?.map(|found| found.value))
    }

    /// Plain HTTP is for this machine only: everything that customers pay for goes over it.
    fn endpoint(&self) -> Result<Option<Url>, ConfigError> {
        let Some(found) = self.values.text("storage.endpoint")? else {
            return Ok(None);
        };
        endpoint(&found).map(Some)
    }

    /// One half of a pair is useless.
    fn whole_credentials(&self, bucket: &Bucket) -> Result<(), ConfigError> {
        let (given, missing) = match (bucket.provider, &bucket.access_key_id) {
            (Provider::S3, Some(_)) => (true, "storage.secret_access_key"),
            (Provider::S3, None) => (false, "storage.access_key_id"),
            (Provider::Azure, _) if bucket.account.is_none() => (false, "storage.account"),
            _ => return Ok(()),
        };
        if given != bucket.secret_access_key.is_some() {
            return Err(ConfigError::Required {
                key: missing.to_owned(),
                why: "the other half of these credentials is set; without both, they come from the environment or from this machine's role",
            });
        }
        Ok(())
    }

    fn take_environment(&self, bucket: &mut Bucket, environment: &[(String, String)]) {
        bucket.environment = variables(bucket.provider, environment);
        let mut variables = bucket.environment.iter();
        let id = variables.find(|(name, _)| name == "AWS_ACCESS_KEY_ID");
        if let (Some((name, value)), None) = (id, &bucket.access_key_id) {
            let origin = Origin::Environment(name.clone());
            self.values
                .note("storage.access_key_id", value.reveal(), &origin);
        }
    }
}

/// Whose buckets a URL is about.
fn provider(url: &str) -> Option<Provider> {
    let (scheme, _) = url.split_once("://")?;
    [Provider::S3, Provider::Gcs, Provider::Azure]
        .into_iter()
        .find(|provider| provider.scheme() == scheme)
}

/// What of the environment counts; an empty variable is as none.
fn variables(provider: Provider, environment: &[(String, String)]) -> Vec<(String, Secret)> {
    environment
        .iter()
        .filter(|(name, value)| provider.variables().contains(&name.as_str()) && !value.is_empty())
        .map(|(name, value)| (name.clone(), Secret::new(value.clone())))
        .collect()
}

fn endpoint(found: &Found<String>) -> Result<Url, ConfigError> {
    let url = web_url(found)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(found.bad("it must be https, unless it is on this machine"));
    }
    Ok(url)
}

/// `s3://bucket/some/prefix/`: the bucket, and `some/prefix`.
fn name_and_prefix(
    found: &Found<String>,
    provider: Provider,
) -> Result<(String, String), ConfigError> {
    let rest = &found.value[provider.scheme().len() + 3..];
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_name = |name: &str| {
        (3..=222).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if !is_name(name) {
        return Err(found.bad(format!(
            "after `{}://` comes the name of a bucket: 3 or more letters, digits, `-`, `_` and `.`",
            provider.scheme()
        )));
    }
    let prefix = prefix.trim_end_matches('/');
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if !prefix.is_empty() && !prefix.split('/').all(is_part) {
        return Err(found.bad(
            "the prefix must be names of letters, digits, `-`, `_` and `.` with single slashes between them",
        ));
    }
    Ok((name.to_owned(), prefix.to_owned()))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
