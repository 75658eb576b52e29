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
    ("endpoint", &[Provider::S3, Provider::Azure]),
    ("region", &[Provider::S3]),
    ("access_key_id", &[Provider::S3]),
    ("secret_access_key", &[Provider::S3, Provider::Azure]),
    ("secret_access_key_file", &[Provider::S3, Provider::Azure]),
    ("account", &[Provider::Azure]),
    ("service_account_file", &[Provider::Gcs]),
];

/// A section that says where files are: `storage`, or `repository.0` with its static registry.
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    /// The key of the URL in it.
    pub(super) url_key: &'a str,
    pub(super) named_by: NamedBy,
}

impl Section<'_> {
    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }
}

impl Reader<'_> {
    /// `environment` is where a bucket's credentials are when the file does not have them.
    pub(super) fn storage(
        &self,
        environment: &[(String, String)],
    ) -> Result<StorageUrl, ConfigError> {
        let section = Section {
            name: "storage",
            url_key: "url",
            named_by: NamedBy::Section("[storage]"),
        };
        let found = self.text_or("storage.url", "file:files")?;
        self.place(&section, &found, environment)
    }

    /// The folder or bucket that `found` in a section names, with the other keys of the section.
    pub(super) fn place(
        &self,
        section: &Section<'_>,
        found: &Found<String>,
        environment: &[(String, String)],
    ) -> Result<StorageUrl, ConfigError> {
        if let Some(folder) = found.value.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            self.only_for(section, None)?;
            return match folder {
                "" => Err(found.bad(FORMS)),
                folder => Ok(StorageUrl::Folder(self.base_dir.join(folder))),
            };
        }
        let provider = provider(&found.value).ok_or_else(|| found.bad(FORMS))?;
        self.only_for(section, Some(provider))?;
        let (name, prefix) = name_and_prefix(found, provider)?;
        let text = |key| self.section_text(section, key);
        let mut bucket = Bucket {
            provider,
            name,
            prefix,
            endpoint: self.endpoint(section)?,
            region: text("region")?,
            access_key_id: text("access_key_id")?,
            secret_access_key: None,
            account: text("account")?,
            service_account_file: self
                .values
                .text(&section.key("service_account_file"))?
                .map(|file| self.path(&file)),
            environment: Vec::new(),
            named_by: section.named_by,
        };
        let secret = section.key("secret_access_key");
        let secret = self.values.secret(&secret, self.base_dir)?;
        bucket.secret_access_key = secret.map(|found| Secret::new(found.value));
        self.whole_credentials(section, &bucket)?;
        self.take_environment(section, &mut bucket, environment);
        Ok(StorageUrl::Bucket(Box::new(bucket)))
    }

    /// Whether a section says anything of a bucket but its URL.
    pub(super) fn says_more(&self, section: &Section<'_>) -> bool {
        let mut keys = OF_PROVIDERS.iter();
        keys.any(|(key, _)| self.values.peek(&section.key(key)).is_some())
    }

    /// No key of another provider, which would do nothing.
    fn only_for(
        &self,
        section: &Section<'_>,
        provider: Option<Provider>,
    ) -> Result<(), ConfigError> {
        for (key, providers) in OF_PROVIDERS {
            if provider.is_some_and(|provider| providers.contains(&provider)) {
                continue;
            }
            let key = section.key(key);
            if let Some((given, origin)) = self.values.peek(&key) {
                let schemes: Vec<_> = providers.iter().map(|it| it.scheme()).collect();
                let given = if key.contains("secret") {
                    "****".to_owned()
                } else {
                    given
                };
                return Err(ConfigError::Value {
                    key,
                    origin,
                    given,
                    problem: format!(
                        "it is for `{}` with {}://: remove it",
                        section.key(section.url_key),
                        schemes.join(":// or ")
                    ),
                });
            }
        }
        Ok(())
    }

    fn section_text(
        &self,
        section: &Section<'_>,
        key: &str,
    ) -> Result<Option<String>, ConfigError> {
        let found = self.values.text(&section.key(key))?;
        Ok(found.map(|found| found.value))
    }

    /// Plain HTTP is for this machine only: everything that customers pay for goes over it.
    fn endpoint(&self, section: &Section<'_>) -> Result<Option<Url>, ConfigError> {
        let Some(found) = self.values.text(&section.key("endpoint"))? else {
            return Ok(None);
        };
        endpoint(&found).map(Some)
    }

    /// One half of a pair is useless.
    fn whole_credentials(&self, section: &Section<'_>, bucket: &Bucket) -> Result<(), ConfigError> {
        let (given, missing) = match (bucket.provider, &bucket.access_key_id) {
            (Provider::S3, Some(_)) => (true, "secret_access_key"),
            (Provider::S3, None) => (false, "access_key_id"),
            (Provider::Azure, _) if bucket.account.is_none() => (false, "account"),
            _ => return Ok(()),
        };
        if given != bucket.secret_access_key.is_some() {
            return Err(ConfigError::Required {
                key: section.key(missing),
                why: "the other half of these credentials is set; without both, they come from the environment or from this machine's role",
            });
        }
        Ok(())
    }

    fn take_environment(
        &self,
        section: &Section<'_>,
        bucket: &mut Bucket,
        environment: &[(String, String)],
    ) {
        bucket.environment = variables(bucket.provider, environment);
        let mut variables = bucket.environment.iter();
        let id = variables.find(|(name, _)| name == "AWS_ACCESS_KEY_ID");
        if let (Some((name, value)), None) = (id, &bucket.access_key_id) {
            let origin = Origin::Environment(name.clone());
            self.values
                .note(&section.key("access_key_id"), value.reveal(), &origin);
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
