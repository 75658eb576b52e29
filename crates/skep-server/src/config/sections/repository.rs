//! `[[repository]]`: who signs it, and where a prebuilt one has its registry.

use skep_formats::name::RepositoryName;
use url::Url;

use super::storage::Section;
use super::{Reader, web_url};
use crate::config::error::ConfigError;
use crate::config::values::Found;
use crate::config::{
    Delivery, DeliveryMode, NamedBy, PrebuiltRepository, PrebuiltWay, Repository, RepositoryKind,
    StorageUrl,
};

/// What only a prebuilt repository has.
const OF_PREBUILT: [&str; 11] = [
    "registry_url",
    "refresh_seconds",
    "cloudfront_url",
    "accel_location",
    "endpoint",
    "region",
    "access_key_id",
    "secret_access_key",
    "secret_access_key_file",
    "account",
    "service_account_file",
];

/// What places are compared with, and where credentials come from.
pub(super) struct Surroundings<'a> {
    pub(super) storage: &'a StorageUrl,
    pub(super) delivery: &'a Delivery,
    pub(super) environment: &'a [(String, String)],
}

impl Reader<'_> {
    pub(super) fn repositories(
        &self,
        around: &Surroundings<'_>,
    ) -> Result<Vec<Repository>, ConfigError> {
        let mut repositories: Vec<Repository> = Vec::new();
        for index in 0..self.values.count("repository").max(1) {
            let section = format!("repository.{index}");
            let found = self.required(
                &format!("{section}.name"),
                "the name customers give to `mix hex.repo add`",
            )?;
            let name = RepositoryName::parse(&found.value)
                .map_err(|error| found.bad(error.to_string()))?;
            if repositories.iter().any(|other| other.name == name) {
                return Err(found.bad("another repository has this name"));
            }
            let kind = self.kind(&section, around)?;
            repositories.push(Repository { name, kind });
        }
        Ok(repositories)
    }

    fn kind(
        &self,
        section: &str,
        around: &Surroundings<'_>,
    ) -> Result<RepositoryKind, ConfigError> {
        let private = self.values.text(&format!("{section}.private_key_file"))?;
        let public = self.values.text(&format!("{section}.public_key_file"))?;
        match (private, public) {
            (Some(_), Some(public)) => Err(public.bad(
                "`private_key_file` is set too: a repository that is signed here has that alone, and a prebuilt one \
                 has `public_key_file` alone",
            )),
            (None, None) => Err(ConfigError::Required {
                key: format!("{section}.private_key_file"),
                why: "the PEM file of the RSA key that signs the registry; a prebuilt repository, whose key is elsewhere, has `public_key_file` and `registry_url` instead",
            }),
            (Some(file), None) => {
                self.nothing_prebuilt(section)?;
                Ok(RepositoryKind::Managed {
                    private_key_file: self.path(&file),
                })
            }
            (None, Some(file)) => {
                let prebuilt = self.prebuilt(section, &file, around)?;
                Ok(RepositoryKind::Prebuilt(Box::new(prebuilt)))
            }
        }
    }

    fn nothing_prebuilt(&self, section: &str) -> Result<(), ConfigError> {
        for key in OF_PREBUILT {
            let key = format!("{section}.{key}");
            if let Some((given, origin)) = self.values.peek(&key) {
                let is_secret = key.contains("secret");
                let given = if is_secret { "****".to_owned() } else { given };
                return Err(ConfigError::Value {
                    key,
                    origin,
                    given,
                    problem:
                        "it is for a prebuilt repository, which has `public_key_file`: remove it"
                            .to_owned(),
                });
            }
        }
        Ok(())
    }

    fn prebuilt(
        &self,
        section: &str,
        public_key_file: &Found<String>,
        around: &Surroundings<'_>,
    ) -> Result<PrebuiltRepository, ConfigError> {
        let url = self.required(
            &format!("{section}.registry_url"),
            "where the static registry is, as `file:DIR` or `s3://bucket/prefix`",
        )?;
        let registry = self.registry(section, &url, around)?;
        let way = self.way(section, (&url, &registry), around.delivery)?;
        Ok(PrebuiltRepository {
            public_key_file: self.path(public_key_file),
            registry,
            refresh_seconds: self.small(&format!("{section}.refresh_seconds"), 5, 1..=86_400)?,
            way,
        })
    }

    /// Its place, with the settings of `[storage]` where it has none and both are of one provider.
    fn registry(
        &self,
        section: &str,
        url: &Found<String>,
        around: &Surroundings<'_>,
    ) -> Result<StorageUrl, ConfigError> {
        let section = Section {
            name: section,
            url_key: "registry_url",
            named_by: NamedBy::Repository,
        };
        let has_own = self.says_more(&section);
        let mut place = self.place(&section, url, around.environment)?;
        if let (StorageUrl::Bucket(bucket), StorageUrl::Bucket(others)) =
            (&mut place, around.storage)
            && bucket.provider == others.provider
            && !has_own
        {
            let mut same = others.clone();
            same.name.clone_from(&bucket.name);
            same.prefix.clone_from(&bucket.prefix);
            same.named_by = NamedBy::Repository;
            *bucket = same;
        }
        Ok(place)
    }

    /// How its files are delivered, which has to go with where they are.
    fn way(
        &self,
        section: &str,
        (url, registry): (&Found<String>, &StorageUrl),
        delivery: &Delivery,
    ) -> Result<PrebuiltWay, ConfigError> {
        let cloudfront_url = self.optional_url(&format!("{section}.cloudfront_url"))?;
        let location = self.location(&format!("{section}.accel_location"))?;
        match (delivery.mode, registry) {
            (DeliveryMode::Direct | DeliveryMode::LocalUrl, _)
            | (DeliveryMode::Presign, StorageUrl::Bucket(_)) => Ok(PrebuiltWay::AsOthers),
            (DeliveryMode::Presign, StorageUrl::Folder(_)) => Err(url.bad(
                "a folder signs no URLs: with `delivery.mode` as `presign` it must be a bucket",
            )),
            (DeliveryMode::Accel, StorageUrl::Bucket(_)) => Err(url.bad(
                "nginx reads files from a folder: with `delivery.mode` as `accel` it must be one, as `file:DIR`",
            )),
            (DeliveryMode::Accel, StorageUrl::Folder(_)) => {
                location
                    .map(PrebuiltWay::Accel)
                    .ok_or_else(|| ConfigError::Required {
                        key: format!("{section}.accel_location"),
                        why: "with `delivery.mode` as `accel`, nginx needs an `internal` location for the folder of this repository's registry, like `/skep-acme/`",
                    })
            }
            (DeliveryMode::CloudFront, _) => {
                let cloudfront = delivery.cloudfront.as_ref();
                let asks_here = cloudfront.is_some_and(|it| it.origin_secret.is_some());
                match cloudfront_url {
                    Some(url) => Ok(PrebuiltWay::CloudFront(url)),
                    None if asks_here => Ok(PrebuiltWay::AsOthers),
                    None => Err(ConfigError::Required {
                        key: format!("{section}.cloudfront_url"),
                        why: "with `delivery.mode` as `cloudfront`, the distribution needs this repository's registry as a second origin: the URL under which it has it, like `https://d111111abcdef8.cloudfront.net/acme`",
                    }),
                }
            }
        }
    }

    fn optional_url(&self, key: &str) -> Result<Option<Url>, ConfigError> {
        let found = self.values.text(key)?;
        found.map(|found| web_url(&found)).transpose()
    }

    fn location(&self, key: &str) -> Result<Option<String>, ConfigError> {
        let found = self.values.text(key)?;
        found
            .map(|found| super::delivery::location(&found))
            .transpose()
    }
}
