//! The wire message around every resource.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Signed {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(crate) payload: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) signature: Option<Vec<u8>>,
}
