//! The name of the event bus.

use nightproof_core::service::AwsError;

/// Refuses any bus but the default one, which is named by its name, its ARN or not at all.
pub(crate) fn require_default_bus(name: Option<&str>) -> Result<(), AwsError> {
    match name {
        None => Ok(()),
        Some(name) if name == "default" || name.ends_with(":event-bus/default") => Ok(()),
        Some(name) => Err(AwsError::new("ResourceNotFoundException", 400, format!("Event bus {name} does not exist."))),
    }
}
