//! `AWS::Serverless-2016-10-31`, applied by AWS's own translator.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-serverless.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_registry::managed_policies;
use serde_json::{Map, Value, json};

use super::failure::{failed, lacking};
use crate::cloudformation::CloudFormation;
use crate::records::Submission;

/// The transform's name.
pub(super) const NAME: &str = "AWS::Serverless-2016-10-31";

/// The template that an application becomes.
pub(super) async fn translate(
    service: &CloudFormation,
    call: &Call,
    template: Value,
    before: &Submission,
) -> Result<Value, AwsError> {
    let Some(translator) = &service.translator else { return Err(lacking(&format!("transform `{NAME}`"))) };
    let pseudo = &before.inputs.pseudo;
    let mut parameters: Map<String, Value> =
        before.inputs.parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in [
        ("AWS::AccountId", &pseudo.account_id),
        ("AWS::Partition", &pseudo.partition),
        ("AWS::Region", &pseudo.region),
        ("AWS::StackId", &pseudo.stack_id),
        ("AWS::StackName", &pseudo.stack_name),
        ("AWS::URLSuffix", &pseudo.url_suffix),
    ] {
        parameters.insert(name.to_owned(), value.as_str().into());
    }
    let named = managed_policies().filter_map(|arn| Some((arn.rsplit('/').next()?.to_owned(), Value::from(arn))));
    let request = json!({
        "template": template,
        "parameters": parameters,
        "policies": named.collect::<Map<_, _>>(),
        "region": call.region.name(),
    });
    let mut answer = translator.translate(request).await?;
    match answer.text("error") {
        Some(error) => Err(failed(NAME, error)),
        None => Ok(answer["template"].take()),
    }
}
