use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};

use super::{Clients, Patience, clients};
use crate::config::Bucket;
use crate::files::FilesError;

pub(super) fn open(bucket: &Bucket) -> Result<Clients, FilesError> {
    clients(bucket, |patience| builder(bucket, patience).build())
}

fn builder(bucket: &Bucket, patience: Patience) -> MicrosoftAzureBuilder {
    let mut builder = MicrosoftAzureBuilder::new();
    for (name, value) in &bucket.environment {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AzureConfigKey>() {
            builder = builder.with_config(key, value.reveal());
        }
    }
    builder = builder
        .with_container_name(&bucket.name)
        .with_client_options(patience.options(bucket))
        .with_retry(patience.retry());
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned());
    }
    if let Some(account) = &bucket.account {
        builder = builder.with_account(account);
    }
    match &bucket.secret_access_key {
        Some(key) => builder.with_access_key(key.reveal()),
        None => builder,
    }
}
