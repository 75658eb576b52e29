//! A folder or a bucket that a command names, for commands that need no configuration.

use std::path::PathBuf;

use super::{endpoint, name_and_prefix, provider, variables};
use crate::config::error::ConfigError;
use crate::config::values::{Found, Origin};
use crate::config::{Bucket, NamedBy, Provider, StorageArgument, StorageUrl};

const FORMS: &str = "it must be a folder, or a bucket as `s3://bucket/prefix`, `gs://bucket` or `az://container`; a folder whose name has `://` in it is written as `file:NAME`";

impl StorageUrl {
    /// The folder or bucket of a command line. A folder is relative to the working directory; the
    /// credentials of a bucket are in `environment`, or this machine's role has them.
    ///
    /// # Errors
    /// What was typed is neither, or an option is for another kind of bucket.
    pub fn from_argument(
        argument: &StorageArgument<'_>,
        environment: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let place = typed("the folder or bucket", argument.place);
        let Some(provider) = provider(argument.place) else {
            let folder = argument.place.strip_prefix("file:");
            let folder = folder.map(|folder| folder.strip_prefix("//").unwrap_or(folder));
            if folder.is_none() && argument.place.contains("://") {
                return Err(place.bad(FORMS));
            }
            let folder = folder.unwrap_or(argument.place);
            only_for(argument, None)?;
            return match folder {
                "" => Err(place.bad(FORMS)),
                folder => Ok(Self::Folder(PathBuf::from(folder))),
            };
        };
        only_for(argument, Some(provider))?;
        let (name, prefix) = name_and_prefix(&place, provider)?;
        let url = argument.endpoint.map(|url| typed("--endpoint", url));
        Ok(Self::Bucket(Box::new(Bucket {
            provider,
            name,
            prefix,
            endpoint: url.map(|url| endpoint(&url)).transpose()?,
            region: argument.region.map(str::to_owned),
            access_key_id: None,
            secret_access_key: None,
            account: None,
            service_account_file: None,
            environment: variables(provider, environment),
            named_by: NamedBy::Arguments,
        })))
    }
}

fn typed(name: &str, value: &str) -> Found<String> {
    Found {
        key: name.to_owned(),
        value: value.to_owned(),
        origin: Origin::CommandLine,
    }
}

/// An option that would do nothing is a mistake.
fn only_for(argument: &StorageArgument<'_>, provider: Option<Provider>) -> Result<(), ConfigError> {
    let is_s3 = provider == Some(Provider::S3);
    let takes_endpoint = is_s3 || provider == Some(Provider::Azure);
    let wrong = |name, value: &str, whose| Err(typed(name, value).bad(whose));
    match (argument.endpoint, argument.region) {
        (Some(url), _) if !takes_endpoint => wrong(
            "--endpoint",
            url,
            "it is for `s3://` and `az://`: leave it out",
        ),
        (_, Some(region)) if !is_s3 => wrong("--region", region, "it is for `s3://`: leave it out"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(place: &str) -> Result<StorageUrl, String> {
        let argument = StorageArgument {
            place,
            ..StorageArgument::default()
        };
        let environment = [
            ("AWS_ACCESS_KEY_ID".to_owned(), "AKIA".to_owned()),
            ("AWS_SESSION_TOKEN".to_owned(), String::new()),
            ("GOOGLE_SERVICE_ACCOUNT".to_owned(), "file".to_owned()),
        ];
        StorageUrl::from_argument(&argument, &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn folders_are_taken_as_they_are() {
        for (typed, folder) in [
            ("site", "site"),
            ("/srv/site", "/srv/site"),
            ("file:site", "site"),
            ("file:///srv/site", "/srv/site"),
            ("file:a://b", "a://b"),
        ] {
            assert_eq!(
                read(typed),
                Ok(StorageUrl::Folder(folder.into())),
                "{typed}"
            );
        }
    }

    #[test]
    fn a_bucket_takes_its_credentials_from_the_environment() {
        let Ok(StorageUrl::Bucket(bucket)) = read("s3://shop/hex/acme/") else {
            panic!("no bucket");
        };
        assert_eq!(bucket.to_string(), "s3://shop/hex/acme");
        let names: Vec<_> = bucket.environment.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["AWS_ACCESS_KEY_ID"]);
    }

    #[test]
    fn what_is_neither_is_refused() {
        for typed in ["", "file:", "https://shop.dev", "s3://", "s3://shop//x"] {
            let error = read(typed).unwrap_err();
            let begin = format!("`the folder or bucket` is `{typed}` (command line): ");
            assert!(error.starts_with(&begin), "{error}");
        }
        let argument = StorageArgument {
            place: "site",
            region: Some("eu-west-1"),
            ..StorageArgument::default()
        };
        let error = StorageUrl::from_argument(&argument, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`--region` is `eu-west-1` (command line): it is for `s3://`: leave it out"
        );
    }
}
