//! How things look in GitHub's JSON; the REST API and the webhooks share it.

pub(super) mod accounts;
pub(super) mod code;
pub(super) mod talk;
pub(super) mod work;

use serde_json::{Value, json};

use countersign_kernel::clock::Timestamp;

/// A moment as GitHub writes it: whole seconds only, so that two events can look simultaneous.
pub(super) fn time(moment: Timestamp) -> Value {
    json!(Timestamp::from_seconds(moment.seconds()).to_string())
}

/// A moment that may not have come.
pub(super) fn maybe_time(moment: Option<Timestamp>) -> Value {
    moment.map_or(Value::Null, time)
}

/// GitHub's opaque second name for everything.
pub(super) fn node_id(kind: &str, id: i64) -> String {
    format!("{kind}_{id:x}")
}

/// Both objects' fields; the second's win.
pub(super) fn merged(mut base: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (base.as_object_mut(), more) {
        fields.extend(more);
    }
    base
}
