//! Prebuilt repositories: a seller's static registry behind Skep, in a folder and in a bucket.

mod changes;
mod delivery;
mod follow;
mod gate;
mod looks;
mod serving;
mod starting;
mod windows;
