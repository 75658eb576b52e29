//! What a repeated request changed, value by value.

use serde::Serialize;
use serde_json::{Value, json};

use crate::licensing::license::License;

/// One value that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which: as in the request.
    pub field: &'static str,
    /// What it was.
    pub from: Value,
    /// What it is.
    pub to: Value,
}

/// The differences of plan and dates.
pub(super) fn terms_differences(
    before: &License,
    after: &License,
) -> impl Iterator<Item = Difference> {
    let (old, new) = (&before.terms, &after.terms);
    [
        difference("plan", json!(before.plan), json!(after.plan)),
        difference("starts_at", json!(old.starts_at), json!(new.starts_at)),
        difference(
            "access_until",
            json!(old.access_until),
            json!(new.access_until),
        ),
        difference(
            "updates_until",
            json!(old.updates_until),
            json!(new.updates_until),
        ),
        difference("grace_days", json!(old.grace_days), json!(new.grace_days)),
    ]
    .into_iter()
    .flatten()
}

/// A difference, if there is one.
pub(super) fn difference(field: &'static str, from: Value, to: Value) -> Option<Difference> {
    (from != to).then_some(Difference { field, from, to })
}
