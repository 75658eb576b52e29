use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use super::{Clients, Patience, clients};
use crate::config::Bucket;
use crate::files::FilesError;

pub(super) fn open(bucket: &Bucket) -> Result<Clients, FilesError> {
    clients(bucket, |patience| builder(bucket, patience).build())
}

fn builder(bucket: &Bucket, patience: Patience) -> GoogleCloudStorageBuilder {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in &bucket.environment {
        // The one that Google's own libraries read is a path.
        if name == "GOOGLE_APPLICATION_CREDENTIALS" {
            builder = builder.with_application_credentials(value.reveal());
        } else if let Ok(key) = name.to_ascii_lowercase().parse::<GoogleConfigKey>() {
            builder = builder.with_config(key, value.reveal());
        }
    }
    builder = builder
        .with_bucket_name(&bucket.name)
        .with_client_options(patience.options(bucket))
        .with_retry(patience.retry());
    match &bucket.service_account_file {
        Some(file) => builder.with_service_account_path(file.display().to_string()),
        None => builder,
    }
}
