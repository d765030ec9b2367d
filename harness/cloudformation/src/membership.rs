//! What an instance may ask of the stack that it belongs to, without a policy: what the helper scripts call, which show its identity document.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-init.html>: "if no credentials are specified, CloudFormation
//! checks for stack membership and limits the scope of the call to the stack that the instance belongs to".

use nightproof_core::document::Members as _;
use nightproof_core::service::Call;
use serde_json::Value;

use crate::cloudformation::CloudFormation;

/// The operations of the helper scripts.
const OF_HELPERS: [&str; 2] = ["DescribeStackResource", "SignalResource"];

/// Whether the caller is an instance of the stack that the call names.
pub(crate) fn allows(service: &CloudFormation, call: &Call, operation: &str, input: &Value) -> bool {
    let Some(id) = call.instance_identity().filter(|_| OF_HELPERS.contains(&operation)) else { return false };
    let stack = input.text("StackName").and_then(|name| service.look_up(call.account(), name, |stack| stack.id.clone()));
    let Some((stack, ec2)) = stack.zip(call.region.service("ec2")) else { return false };
    let instances = ec2.instances(&call.region, call.account());
    instances.iter().any(|one| one.id == id && one.tags.get("aws:cloudformation:stack-id") == Some(&stack))
}
