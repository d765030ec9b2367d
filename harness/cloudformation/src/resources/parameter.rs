//! `AWS::SSM::Parameter` and `AWS::SSM::Document`

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, changed, made, pick, policy, text};
use super::tag;
use crate::stack::MadeResource;

const DOCUMENT: &str = "AWS::SSM::Document";
/// What `PutParameter` takes, besides name and tags.
const PUT: [&str; 6] = ["Type", "Value", "Description", "AllowedPattern", "DataType", "Tier"];

pub(super) async fn create(context: &Context, kind: &str, properties: &Value) -> Result<MadeResource> {
    if kind == DOCUMENT {
        return document(context, properties).await;
    }
    let name = context.name_or(properties, "Name", 128);
    let mut input = pick(properties, &PUT);
    input["Name"] = name.as_str().into();
    input["Tags"] = tag::list(properties, "Key", "Value");
    context.make("ssm", "PutParameter", input).await?;
    context.exists(&name);
    Ok(parameter(&name, properties))
}

fn parameter(name: &str, properties: &Value) -> MadeResource {
    made(name, [("Type", text(properties, "/Type").into()), ("Value", text(properties, "/Value").into())])
}

async fn document(context: &Context, properties: &Value) -> Result<MadeResource> {
    let name = context.name_or(properties, "Name", 128);
    let kind = properties.get("DocumentType").cloned().unwrap_or_else(|| "Command".into());
    let mut input = pick(properties, &["DocumentFormat"]);
    input["DocumentType"] = kind;
    input["Name"] = name.as_str().into();
    input["Content"] = properties.get("Content").map(policy).unwrap_or_default();
    context.make("ssm", "CreateDocument", input).await?;
    context.exists(&name);
    retag(context, "Document", &name, &Value::Null, properties).await?;
    Ok(made(name, []))
}

async fn retag(context: &Context, kind: &str, id: &str, old: &Value, new: &Value) -> Result<()> {
    let tags = tag::Changed::between(old, new);
    if let Some(keys) = tags.removed() {
        let input = json!({"ResourceType": kind, "ResourceId": id, "TagKeys": keys});
        context.make("ssm", "RemoveTagsFromResource", input).await?;
    }
    if let Some(tags) = tags.set("Key", "Value") {
        context.make("ssm", "AddTagsToResource", json!({"ResourceType": kind, "ResourceId": id, "Tags": tags})).await?;
    }
    Ok(())
}

pub(super) async fn update(context: &Context, kind: &str, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
    let (id, before) = (&old.physical, &old.properties);
    if kind == DOCUMENT {
        let differs = |name: &str| changed(before, properties, name).is_some();
        if differs("Content") || differs("DocumentFormat") {
            // Undoing an update that failed on the way, the latest version may be this one already.
            let mut input = pick(properties, &["DocumentFormat"]);
            input["Name"] = id.as_str().into();
            input["Content"] = properties.get("Content").map(policy).unwrap_or_default();
            input["DocumentVersion"] = "$LATEST".into();
            context.make_or("ssm", "UpdateDocument", input, "DuplicateDocumentContent").await?;
            let described = context.make("ssm", "DescribeDocument", json!({"Name": id, "DocumentVersion": "$LATEST"})).await?;
            let version = text(&described, "/Document/DocumentVersion");
            context.make("ssm", "UpdateDocumentDefaultVersion", json!({"Name": id, "DocumentVersion": version})).await?;
        }
        retag(context, "Document", id, before, properties).await?;
        return Ok(old.clone());
    }
    if PUT.into_iter().any(|name| changed(before, properties, name).is_some()) {
        let mut input = pick(properties, &PUT);
        input["Name"] = id.as_str().into();
        input["Overwrite"] = true.into();
        // What is not given stays as it is; a description that was taken out of the template is to go.
        if changed(before, properties, "Description").is_some() && properties.get("Description").is_none() {
            input["Description"] = "".into();
        }
        context.make("ssm", "PutParameter", input).await?;
    }
    retag(context, "Parameter", id, before, properties).await?;
    Ok(parameter(id, properties))
}

pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    let operation = if kind == DOCUMENT { "DeleteDocument" } else { "DeleteParameter" };
    context.unmake("ssm", operation, json!({"Name": made.physical})).await
}
