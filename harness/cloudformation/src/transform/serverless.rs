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

/// The resource whose application is in the Serverless Application Repository, which only AWS has.
fn of_repository(template: &Value) -> Option<&str> {
    let resources = template.get("Resources")?.as_object()?;
    let is_of_repository = |resource: &&Value| {
        resource.text("Type") == Some("AWS::Serverless::Application")
            && resource.pointer("/Properties/Location").is_some_and(|location| location.get("ApplicationId").is_some())
    };
    resources.iter().find(|(_, resource)| is_of_repository(resource)).map(|(id, _)| id.as_str())
}

/// The template that an application becomes.
pub(super) async fn translate(
    service: &CloudFormation,
    call: &Call,
    template: Value,
    before: &Submission,
) -> Result<Value, AwsError> {
    let Some(translator) = &service.translator else { return Err(lacking(&format!("transform `{NAME}`"))) };
    if let Some(id) = of_repository(&template) {
        return Err(lacking(&format!("an application of the Serverless Application Repository ({id})")));
    }
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
    let named = managed_policies().map(|policy| (policy.name().to_owned(), Value::from(policy.arn)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_of_the_repository_is_told_from_one_at_an_address() {
        let application = |location: Value| json!({"Resources": {"A": {"Type": "AWS::Serverless::Application", "Properties": {"Location": location}}}});
        assert_eq!(
            of_repository(&application(json!({"ApplicationId": "arn:aws:serverlessrepo:::a", "SemanticVersion": "1.0.0"}))),
            Some("A")
        );
        assert_eq!(of_repository(&application(json!("https://bucket.s3.amazonaws.com/t.yaml"))), None);
        assert_eq!(of_repository(&json!({})), None);
    }
}
