//! What a request to these endpoints carries.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::http::address::{Peer, client_address};
use crate::http::api::Input;
use crate::node::Node;
use crate::oauth::error::OAuthError;

/// The parameters of a body, and who sent them. Some are secret: no `Debug`.
pub(crate) struct Parameters {
    values: Map<String, Value>,
    pub(super) headers: HeaderMap,
    pub(super) address: IpAddr,
}

impl FromRequest<Arc<Node>> for Parameters {
    type Rejection = Refusal;

    async fn from_request(request: Request, node: &Arc<Node>) -> Result<Self, Refusal> {
        let headers = request.headers().clone();
        let peer = request.extensions().get::<Peer>().copied();
        let Peer(peer) = peer.expect("the router says who connected");
        let proxies = &node.app.config.server.trusted_proxies;
        let address = client_address(peer, &headers, proxies);
        let Input(values) = Input::from_request(request, node).await?;
        Ok(Self {
            values,
            headers,
            address,
        })
    }
}

impl Parameters {
    /// A parameter that has to be there.
    pub(super) fn text(&self, name: &'static str) -> Result<&str, OAuthError> {
        match self.values.get(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.trim()),
            _ => Err(OAuthError::Missing(name)),
        }
    }

    /// A parameter that may be missing: then it is empty.
    pub(super) fn optional(&self, name: &'static str) -> Result<&str, OAuthError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text.trim()),
            Some(_) => Err(OAuthError::NotAText(name)),
        }
    }
}
