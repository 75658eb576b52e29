//! Who is it? In front of everything else.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::http::credentials::Credential;
use crate::licensing::check::Caller;
use crate::licensing::limits::OverLimit;
use crate::node::Node;
use crate::snapshot::Snapshot;

/// A caller with an unknown key does not wait longer than this for the database to know it.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// Who the credential is, as far as this snapshot knows.
pub(super) fn caller_of<'a>(snapshot: &'a Snapshot, credential: &Credential) -> Caller<'a> {
    let known = credential
        .presented()
        .find_map(|presented| snapshot.entitlement(&presented.hash));
    match (known, credential) {
        (Some(entitlement), _) => Caller::Known(entitlement),
        (None, Credential::Missing) => Caller::Nobody,
        (None, credential) if credential.is_foreign_token() => Caller::ForeignToken,
        (None, credential) => Caller::UnknownKey {
            is_mistyped: credential.is_mistyped(),
        },
    }
}

/// The snapshot to answer from. When it does not know a key that may have been issued a moment ago,
/// the feed is read once more first; a key that stays unknown counts against its address.
///
/// # Errors
/// The address has sent too many unknown keys. Known ones are always answered.
pub(super) async fn snapshot_for(
    node: &Node,
    credential: &Credential,
    address: IpAddr,
    now: Timestamp,
) -> Result<Arc<Snapshot>, OverLimit> {
    let snapshot = node.snapshot.load_full();
    if !is_unknown(&snapshot, credential) {
        return Ok(snapshot);
    }
    Box::pin(look_again(node, credential, address, now)).await
}

async fn look_again(
    node: &Node,
    credential: &Credential,
    address: IpAddr,
    now: Timestamp,
) -> Result<Arc<Snapshot>, OverLimit> {
    if credential.is_well_formed() {
        // With the database away the key stays unknown; `/readyz` and the log say why.
        let _ = tokio::time::timeout(LONGEST_LOOK, node.snapshot.look_again()).await;
    }
    let snapshot = node.snapshot.load_full();
    if is_unknown(&snapshot, credential) {
        node.limits.count_unknown_key(address, now)?;
    }
    Ok(snapshot)
}

fn is_unknown(snapshot: &Snapshot, credential: &Credential) -> bool {
    matches!(caller_of(snapshot, credential), Caller::UnknownKey { .. })
}
