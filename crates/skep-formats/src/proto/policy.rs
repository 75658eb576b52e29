//! Wire messages of `policies/NAME`.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Policy {
    #[prost(string, optional, tag = "1")]
    pub(crate) repository: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) description: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) visibility: Option<i32>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) repositories: Vec<RepositoryPolicy>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RepositoryPolicy {
    #[prost(string, optional, tag = "1")]
    pub(crate) repository: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub(crate) restriction: Option<Restriction>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) overrides: Vec<Override>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Restriction {
    #[prost(int32, optional, tag = "1")]
    pub(crate) advisory_min_severity: Option<i32>,
    #[prost(int32, repeated, packed = "true", tag = "2")]
    pub(crate) retirement_reasons: Vec<i32>,
    #[prost(string, optional, tag = "3")]
    pub(crate) cooldown: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Override {
    #[prost(int32, optional, tag = "1")]
    pub(crate) action: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) r#ref: Option<PackageRef>,
    #[prost(string, optional, tag = "3")]
    pub(crate) advisory_id: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) retirement_reason: Option<i32>,
    #[prost(string, optional, tag = "5")]
    pub(crate) comment: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PackageRef {
    #[prost(string, optional, tag = "1")]
    pub(crate) package: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) requirement: Option<String>,
}
