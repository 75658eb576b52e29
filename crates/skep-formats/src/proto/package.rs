//! Wire messages of `packages/NAME`.

use super::Timestamp;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Package {
    #[prost(message, repeated, tag = "1")]
    pub(crate) releases: Vec<Release>,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) repository: Option<String>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) advisories: Vec<SecurityAdvisory>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Release {
    #[prost(string, optional, tag = "1")]
    pub(crate) version: Option<String>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) inner_checksum: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) dependencies: Vec<Dependency>,
    #[prost(message, optional, tag = "4")]
    pub(crate) retired: Option<RetirementStatus>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) outer_checksum: Option<Vec<u8>>,
    #[prost(uint32, repeated, packed = "false", tag = "6")]
    pub(crate) advisory_indexes: Vec<u32>,
    #[prost(message, optional, tag = "7")]
    pub(crate) published_at: Option<Timestamp>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RetirementStatus {
    #[prost(int32, optional, tag = "1")]
    pub(crate) reason: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) message: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SecurityAdvisory {
    #[prost(string, optional, tag = "1")]
    pub(crate) id: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) summary: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) html_url: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) severity: Option<i32>,
    #[prost(float, optional, tag = "5")]
    pub(crate) cvss_score: Option<f32>,
    #[prost(string, optional, tag = "6")]
    pub(crate) api_url: Option<String>,
    #[prost(string, repeated, tag = "7")]
    pub(crate) aliases: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Dependency {
    #[prost(string, optional, tag = "1")]
    pub(crate) package: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) requirement: Option<String>,
    #[prost(bool, optional, tag = "3")]
    pub(crate) optional: Option<bool>,
    #[prost(string, optional, tag = "4")]
    pub(crate) app: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) repository: Option<String>,
}
