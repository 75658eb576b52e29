use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::{Clients, Patience, clients};
use crate::config::Bucket;
use crate::files::FilesError;

const OF_A_PAIR: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

pub(super) fn open(bucket: &Bucket) -> Result<Clients, FilesError> {
    clients(bucket, |patience| builder(bucket, patience).build())
}

fn builder(bucket: &Bucket, patience: Patience) -> AmazonS3Builder {
    let mut builder = AmazonS3Builder::new();
    for (name, value) in &bucket.environment {
        // A pair in the file is not mixed with one in the environment.
        if bucket.access_key_id.is_some() && OF_A_PAIR.contains(&name.as_str()) {
            continue;
        }
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value.reveal());
        }
    }
    builder = builder
        .with_bucket_name(&bucket.name)
        .with_client_options(patience.options(bucket))
        .with_retry(patience.retry());
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    if let Some(region) = &bucket.region {
        builder = builder.with_region(region);
    }
    if let (Some(id), Some(secret)) = (&bucket.access_key_id, &bucket.secret_access_key) {
        builder = builder
            .with_access_key_id(id)
            .with_secret_access_key(secret.reveal());
    }
    builder
}
