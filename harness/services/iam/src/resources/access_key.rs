//! `AWS::IAM::AccessKey`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-accesskey.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, text};
use serde_json::{Value, json};

pub(super) struct AccessKey;

#[async_trait]
impl ResourceProvider for AccessKey {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Serial", "Status", "UserName"],
                attributes: &["Id", "SecretAccessKey"],
                ..ResourceFacts::new("AWS::IAM::AccessKey")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let answer = context.make("iam", "CreateAccessKey", json!({"UserName": properties.get("UserName")})).await?;
        let id = text(&answer, "/AccessKey/AccessKeyId");
        context.exists(&id);
        if properties.get("Status").is_some_and(|status| status != "Active") {
            set_status(context, &id, properties).await?;
        }
        let secret = text(&answer, "/AccessKey/SecretAccessKey");
        Ok(MadeResource::new(&id, [("Id", id.as_str().into()), ("SecretAccessKey", secret.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        set_status(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({"UserName": made.properties.get("UserName"), "AccessKeyId": made.physical});
        context.unmake("iam", "DeleteAccessKey", input).await
    }
}

async fn set_status(context: &Context, id: &str, properties: &Value) -> Result<()> {
    let status = properties.get("Status").and_then(Value::as_str).unwrap_or("Active");
    let input = json!({"UserName": properties.get("UserName"), "AccessKeyId": id, "Status": status});
    context.make("iam", "UpdateAccessKey", input).await.map(|_| ())
}
