//! `AWS::SSM::Document`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-document.html>

use async_trait::async_trait;
use nightproof_registry::resource_type;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TemplateValue, changed, pick, policy, text,
};
use serde_json::{Value, json};

use super::tags::change_tags;

const NAME: &str = "AWS::SSM::Document";

pub(super) struct Document;

#[async_trait]
impl ResourceProvider for Document {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Content", "DocumentFormat", "DocumentType", "Name", "Tags", "UpdateMethod"],
                naming: Some("Name"),
                ..ResourceFacts::new(NAME)
            }
        }
    }

    /// Another content replaces the document, unless `UpdateMethod` asks for a new version.
    fn replaces(&self, property: &str, new: &Value) -> Option<bool> {
        matches!(property, "Content" | "DocumentFormat").then(|| text(new, "/UpdateMethod") != "NewVersion")
    }

    fn lacking_value(&self, value: &TemplateValue<'_>) -> Option<String> {
        let (["DocumentType"], Some(kind)) = (value.path, value.text) else { return None };
        let of_aws = || resource_type(NAME).is_some_and(|aws| aws.values(value.path).is_some_and(|all| all.contains(&kind)));
        (!["Automation", "Command", "Session"].contains(&kind) && of_aws()).then(|| format!("document type `{kind}`"))
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "Name", 128);
        let mut input = pick(properties, &["DocumentFormat"]);
        input["DocumentType"] = properties.get("DocumentType").cloned().unwrap_or_else(|| "Command".into());
        input["Name"] = name.as_str().into();
        input["Content"] = properties.get("Content").map(policy).unwrap_or_default();
        context.make("ssm", "CreateDocument", input).await?;
        context.exists(&name);
        change_tags(context, "Document", &name, &Value::Null, properties).await?;
        Ok(MadeResource::new(name, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        let differs = |property: &str| changed(before, properties, property).is_some();
        if differs("Content") || differs("DocumentFormat") {
            // Undoing an update that failed half-way, the latest version may be this one already.
            let mut input = pick(properties, &["DocumentFormat"]);
            input["Name"] = name.as_str().into();
            input["Content"] = properties.get("Content").map(policy).unwrap_or_default();
            input["DocumentVersion"] = "$LATEST".into();
            context.make_or("ssm", "UpdateDocument", input, "DuplicateDocumentContent").await?;
            let described = context.make("ssm", "DescribeDocument", json!({"Name": name, "DocumentVersion": "$LATEST"})).await?;
            let version = text(&described, "/Document/DocumentVersion");
            context.make("ssm", "UpdateDocumentDefaultVersion", json!({"Name": name, "DocumentVersion": version})).await?;
        }
        change_tags(context, "Document", name, before, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"Name": made.physical});
        let described = context.read("ssm", "DescribeDocument", input.clone(), "/Document").await?;
        let mut found = pick(&described, &["DocumentFormat", "DocumentType", "Name", "Tags"]);
        found["Content"] = context.read("ssm", "GetDocument", input, "/Content").await?;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ssm", "DeleteDocument", json!({"Name": made.physical})).await
    }
}
