//! What the principal who deploys must be allowed for a resource behind which no service runs: nothing else asks for it.

use nightproof_core::authorization::Need;
use nightproof_core::service::Call;
use nightproof_resource::Context;

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// Refuses in the service's words what the deploying principal may not do. `tag_keys` are those of the tags that the action gives.
pub(super) fn ask(context: &Context, action: &str, resource: &str, tag_keys: Vec<String>) -> Result<(), String> {
    let region = context.handle();
    let (Some(authorizer), Some((service, _))) = (region.authorizer(), action.split_once(':')) else { return Ok(()) };
    let call = Call::internal(region, context.caller().clone(), CLOUDFORMATION);
    let keys = if tag_keys.is_empty() { Vec::new() } else { vec![("aws:TagKeys", tag_keys)] };
    let need = Need { action: action.to_owned(), resource: resource.to_owned(), keys };
    authorizer.check(&call, service, need).map_err(|denial| nightproof_resource::reason(service, &denial))
}
