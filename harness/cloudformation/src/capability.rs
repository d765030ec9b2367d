//! Capabilities that a template needs: what it may do to permissions has to be acknowledged.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>

use nightproof_core::service::AwsError;
use nightproof_template::{Resource, Template};

use crate::resource_types::ResourceTypes;

/// Types that need an acknowledgement have names that begin with this.
const PREFIX: &str = "AWS::IAM::";
/// What a stack with macros needs that is not made from a change set.
const EXPANSION: &str = "CAPABILITY_AUTO_EXPAND";

fn is_iam(kind: &str) -> bool {
    kind.starts_with(PREFIX)
}

/// Whether a resource gives an IAM entity a name of its own, which needs CAPABILITY_NAMED_IAM.
fn has_own_iam_name(types: &ResourceTypes, resource: &Resource) -> bool {
    let named = is_iam(&resource.kind).then(|| types.find(&resource.kind)).flatten();
    named.and_then(|named| named.provider.facts().naming).is_some_and(|property| resource.declares(property))
}

/// The capability that a template needs.
pub(crate) fn needed(types: &ResourceTypes, template: &Template) -> Option<&'static str> {
    if template.resources.iter().any(|resource| has_own_iam_name(types, resource)) {
        return Some("CAPABILITY_NAMED_IAM");
    }
    template.resources.iter().any(|resource| is_iam(&resource.kind)).then_some("CAPABILITY_IAM")
}

/// The capabilities that a template needs, macros that it declares included.
pub(crate) fn all(types: &ResourceTypes, template: &Template) -> Vec<&'static str> {
    let expansion = template.is_transformed.then_some(EXPANSION);
    needed(types, template).into_iter().chain(expansion).collect()
}

/// Refuses macros that are not acknowledged.
pub(crate) fn check_expansion(acknowledged: &[String]) -> Result<(), AwsError> {
    match acknowledged.iter().any(|capability| capability == EXPANSION) {
        true => Ok(()),
        false => Err(insufficient(EXPANSION)),
    }
}

fn insufficient(capability: &str) -> AwsError {
    AwsError::new("InsufficientCapabilitiesException", 400, format!("Requires capabilities : [{capability}]"))
}

/// Why it needs one, as `GetTemplateSummary` says it.
pub(crate) fn reason(template: &Template) -> Option<String> {
    let kinds = template.resources.iter().map(|resource| resource.kind.as_str()).filter(|kind| is_iam(kind));
    let kinds: Vec<&str> = kinds.collect();
    (!kinds.is_empty()).then(|| format!("The following resource(s) require capabilities: [{}]", kinds.join(", ")))
}

/// Refuses what is not acknowledged.
pub(crate) fn check(types: &ResourceTypes, template: &Template, acknowledged: &[String]) -> Result<(), AwsError> {
    let Some(needed) = needed(types, template) else { return Ok(()) };
    if acknowledged.iter().any(|capability| capability == needed || capability == "CAPABILITY_NAMED_IAM") {
        return Ok(());
    }
    Err(insufficient(needed))
}
