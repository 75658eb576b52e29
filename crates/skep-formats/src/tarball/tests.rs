//! Tests of whole tarballs: the golden ones, made hostile ones, and our own read back.

mod build;
mod golden;
mod hostile;
mod round_trip;
