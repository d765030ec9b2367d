//! `AWS::Include`: a part of a template that is in a bucket.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_template::Document;
use serde_json::Value;

use super::failure::failed;
use crate::template_source;

const NAME: &str = "AWS::Include";

/// The fragment with what stands at the `Location`. Where both have a member, that which is included counts.
pub(super) async fn include(call: &Call, fragment: Value, parameters: &Value) -> Result<Value, AwsError> {
    let location = parameters.text("Location").ok_or_else(|| failed(NAME, "Location parameter is required"))?;
    let reason = || format!("The location parameter is not a valid S3 uri.: {location}");
    let (bucket, key) = template_source::location(location).ok_or_else(|| failed(NAME, &reason()))?;
    let text = template_source::object(call, &bucket, &key).await.map_err(|error| match error.code.as_str() {
        "NoSuchBucket" => failed(NAME, &format!("S3 bucket [{bucket}] does not exist")),
        _ => failed(NAME, &error.message),
    })?;
    let read = Document::read(&text);
    let included = read.map_err(|_| failed(NAME, "The specified S3 object's content should be valid Yaml/JSON"))?;
    let (mut fragment, mut included) = (fragment, included.to_json());
    match (fragment.as_object_mut(), included.as_object_mut()) {
        (Some(own), Some(more)) => {
            own.extend(std::mem::take(more));
            Ok(fragment)
        }
        _ => Ok(included),
    }
}
