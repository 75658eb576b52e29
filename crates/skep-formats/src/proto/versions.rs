//! Wire messages of `versions`.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Versions {
    #[prost(message, repeated, tag = "1")]
    pub(crate) packages: Vec<Package>,
    #[prost(string, optional, tag = "2")]
    pub(crate) repository: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Package {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) versions: Vec<String>,
    #[prost(int32, repeated, packed = "true", tag = "3")]
    pub(crate) retired: Vec<i32>,
    #[prost(int32, repeated, packed = "true", tag = "5")]
    pub(crate) with_advisories: Vec<i32>,
}
