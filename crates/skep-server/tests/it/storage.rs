//! Files in a bucket, with a real S3 behind a proxy that is as strict as Amazon's.

mod accel;
mod bucket;
mod outage;
mod presign;
mod settings;
mod tree;
