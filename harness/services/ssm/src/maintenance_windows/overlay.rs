//! Changes of records: the members that a change has, over those that a record has.

use nightproof_core::service::AwsError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What a record becomes by `change`, whose members have the names of the record's. One that `replace`s leaves nothing of what it does not
/// name, and has to name what a record must have.
///
/// # Errors
/// `ValidationException` for a member that must be there.
pub(crate) fn overlaid<R>(record: &R, change: &impl Serialize, replace: bool) -> Result<R, AwsError>
where
    R: Serialize + DeserializeOwned,
{
    let mut members = if replace { json!({}) } else { json!(record) };
    if let (Some(members), Value::Object(changed)) = (members.as_object_mut(), json!(change)) {
        members.extend(changed);
    }
    serde_json::from_value(members).map_err(|error| AwsError::validation(format!("Replace requires all members: {error}")))
}
