//! `AWS::IAM::OIDCProvider`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-oidcprovider.html>

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, text, texts};
use super::tag;
use crate::stack::MadeResource;

pub(super) async fn create(context: &Context, properties: &Value) -> Result<MadeResource> {
    let input = json!({
        "Url": properties.get("Url"),
        "ClientIDList": properties.get("ClientIdList"),
        "ThumbprintList": properties.get("ThumbprintList"),
        "Tags": tag::list(properties, "Key", "Value"),
    });
    let answer = context.make("iam", "CreateOpenIDConnectProvider", input).await?;
    let arn = text(&answer, "/OpenIDConnectProviderArn");
    context.exists(&arn);
    Ok(made(&arn, [("Arn", arn.as_str().into())]))
}

pub(super) async fn update(context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (before, arn) = (&old.properties, old.physical.as_str());
    let clients = |properties: &Value| texts(properties.get("ClientIdList").unwrap_or(&Value::Null));
    let (had, wanted) = (clients(before), clients(properties));
    for client in wanted.iter().filter(|client| !had.contains(client)) {
        let input = json!({"OpenIDConnectProviderArn": arn, "ClientID": client});
        context.make("iam", "AddClientIDToOpenIDConnectProvider", input).await?;
    }
    for client in had.iter().filter(|client| !wanted.contains(client)) {
        let input = json!({"OpenIDConnectProviderArn": arn, "ClientID": client});
        context.make("iam", "RemoveClientIDFromOpenIDConnectProvider", input).await?;
    }
    if let Some((_, thumbprints)) = changed(before, properties, "ThumbprintList") {
        let input = json!({"OpenIDConnectProviderArn": arn, "ThumbprintList": texts(thumbprints)});
        context.make("iam", "UpdateOpenIDConnectProviderThumbprint", input).await?;
    }
    let tags = tag::Changed::between(before, properties);
    if let Some(keys) = tags.removed() {
        let input = json!({"OpenIDConnectProviderArn": arn, "TagKeys": keys});
        context.make("iam", "UntagOpenIDConnectProvider", input).await?;
    }
    if let Some(tags) = tags.set("Key", "Value") {
        let input = json!({"OpenIDConnectProviderArn": arn, "Tags": tags});
        context.make("iam", "TagOpenIDConnectProvider", input).await?;
    }
    Ok(old.clone())
}

pub(super) async fn delete(context: &Context, made: &MadeResource) -> Result<()> {
    context.unmake("iam", "DeleteOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": made.physical})).await
}
