//! Machine images, as launches name them.

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_machine_image::Image;
use serde_json::json;

use crate::error::{error, not_found_as};
use crate::instance_type::InstanceType;
use crate::records::Records;

/// The image of a launch, read from the Parameter Store, as the caller, where it says `resolve:ssm:NAME`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html>
pub(crate) async fn resolved(call: &Call, given: Option<String>) -> Result<Option<String>, AwsError> {
    let Some(name) = given.as_deref().and_then(|id| id.strip_prefix("resolve:ssm:")) else { return Ok(given) };
    let found = call.region.call(&call.caller, "ssm", "GetParameters", json!({ "Names": [name] })).await?;
    let id = found.list("Parameters").first().and_then(|parameter| parameter.text("Value"));
    let id =
        id.ok_or_else(|| error("InvalidParameterValue", format!("The parameter '{name}' for the image could not be resolved")))?;
    Ok(Some(id.to_owned()))
}

/// The image with this id: a listed one, or one that has on it what the region's user says that unlisted ones have.
pub(crate) fn find(records: &Records, id: &str, architecture: &str) -> Result<&'static Image, AwsError> {
    if let Some(image) = nightproof_machine_image::image(id) {
        return Ok(image);
    }
    if id.strip_prefix("ami-").is_none_or(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(error("InvalidAMIID.Malformed", format!("Invalid id: \"{id}\" (expecting \"ami-...\")")));
    }
    let unlisted = records.unlisted_images.and_then(|platform| nightproof_machine_image::unlisted(id, platform, architecture));
    unlisted.ok_or_else(|| not_found_as("ami", id))
}

/// An instance type must run the image's architecture.
pub(crate) fn check(image: &Image, kind: &InstanceType) -> Result<(), AwsError> {
    if kind.architectures().any(|one| one == image.architecture) {
        return Ok(());
    }
    Err(error(
        "InvalidParameterValue",
        format!(
            "The architecture '{}' of the specified instance type does not match the architecture '{}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
            kind.architecture(),
            image.architecture
        ),
    ))
}
