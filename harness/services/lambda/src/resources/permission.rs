//! `AWS::Lambda::Permission`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result};
use serde_json::{Value, json};

pub(super) struct Permission;

#[async_trait]
impl ResourceProvider for Permission {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "Action",
                    "EventSourceToken",
                    "FunctionName",
                    "FunctionUrlAuthType",
                    "InvokedViaFunctionUrl",
                    "Principal",
                    "PrincipalOrgID",
                    "SourceAccount",
                    "SourceArn",
                ],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::Lambda::Permission")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let id = context.name(100);
        let mut input = properties.clone();
        input["StatementId"] = id.as_str().into();
        context.make("lambda", "AddPermission", input).await?;
        context.exists(&id);
        Ok(MadeResource::new(&id, [("Id", id.as_str().into())]))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({"FunctionName": made.properties.get("FunctionName"), "StatementId": made.physical});
        context.unmake("lambda", "RemovePermission", input).await
    }
}
