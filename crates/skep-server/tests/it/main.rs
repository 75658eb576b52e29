//! Tests of the server through its front door: HTTP on 127.0.0.1, with a clock that stands still.
//! The path of a test's file mirrors the URL it is about; what has no URL is tested by its module's
//! name, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that stops there says where")]

mod accounts;
mod api;
mod architecture;
mod auth;
mod browser;
mod catalog;
mod db;
mod doctor;
mod explain;
mod health;
mod init;
mod jobs;
mod licensing;
mod logging;
mod manage;
mod metrics;
mod oauth;
mod openapi;
mod outages;
mod pages;
mod prebuilt;
mod repo;
mod serve;
mod snapshot;
mod storage;
mod support;
mod tls;
mod transfer;
mod usage;
