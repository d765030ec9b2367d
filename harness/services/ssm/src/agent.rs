//! Who may speak for a node: the role session that was issued to that very instance.

use nightproof_core::service::{Arn, AwsError, Call};

/// The calling agent's instance, which must be `instance` if one is named.
pub(crate) fn require_agent(call: &Call, operation: &str, instance: Option<&str>) -> Result<String, AwsError> {
    let agent = call.caller.instance();
    match (agent, instance) {
        (Some(agent), None) => Ok(agent.to_owned()),
        (Some(agent), Some(instance)) if agent == instance => Ok(agent.to_owned()),
        _ => {
            let (region, account) = (call.region.name(), call.account());
            let resource = instance
                .map_or_else(|| "*".to_owned(), |id| Arn::new("ec2", region, account, format!("instance/{id}")).to_string());
            Err(AwsError::new(
                "AccessDeniedException",
                400,
                format!("User: {} is not authorized to perform: {operation} on resource: {resource}", call.caller.arn()),
            ))
        }
    }
}

/// [`require_agent`] for an operation of `ssm` that is served to agents alone.
pub(crate) fn for_agents_only(call: &Call, operation: &str, instance: Option<&str>) -> Result<(), AwsError> {
    if call.caller.instance().is_none() {
        return Err(AwsError::not_implemented("ssm", &format!("{operation} by anybody but an instance's agent")));
    }
    require_agent(call, &format!("ssm:{operation}"), instance).map(drop)
}
