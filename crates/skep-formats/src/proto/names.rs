//! Wire messages of `names`.

use super::Timestamp;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Names {
    #[prost(message, repeated, tag = "1")]
    pub(crate) packages: Vec<Package>,
    #[prost(string, optional, tag = "2")]
    pub(crate) repository: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Package {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(message, optional, tag = "3")]
    pub(crate) updated_at: Option<Timestamp>,
}
