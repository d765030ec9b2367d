//! `AWS::ResourceGroups::Group`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-resourcegroups-group.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, changed, document, tag_map, tag_pairs,
    text,
};
use serde_json::{Value, json};

pub(super) struct Group;

#[async_trait]
impl ResourceProvider for Group {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Description", "Name", "ResourceQuery", "Tags"],
                naming: Some("Name"),
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::ResourceGroups::Group")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let input = json!({
            "Name": properties["Name"],
            "Description": properties.get("Description"),
            "ResourceQuery": query(properties),
            "Tags": tag_map(properties),
        });
        let made = context.make(SERVICE, "CreateGroup", input).await?;
        let name = text(&made, "/Group/Name");
        context.exists(&name);
        Ok(MadeResource::new(name, [("Arn", text(&made, "/Group/GroupArn").into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let group = &old.physical;
        if let Some((_, description)) = changed(&old.properties, properties, "Description") {
            let description = description.as_str().unwrap_or_default();
            context.make(SERVICE, "UpdateGroup", json!({ "Group": group, "Description": description })).await?;
        }
        if changed(&old.properties, properties, "ResourceQuery").is_some() {
            let input = json!({ "Group": group, "ResourceQuery": query(properties) });
            context.make(SERVICE, "UpdateGroupQuery", input).await?;
        }
        let (arn, tags) = (old.attribute("Arn"), TagChange::between(&old.properties, properties));
        if let Some(keys) = tags.removed() {
            context.make(SERVICE, "Untag", json!({ "Arn": arn, "Keys": keys })).await?;
        }
        if let Some(tags) = tags.set_map() {
            context.make(SERVICE, "Tag", json!({ "Arn": arn, "Tags": tags })).await?;
        }
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let named = json!({ "Group": made.physical });
        let group = context.read(SERVICE, "GetGroup", named.clone(), "/Group").await?;
        let found = context.read(SERVICE, "GetGroupQuery", named, "/GroupQuery/ResourceQuery").await?;
        let tags = context.read_part(SERVICE, "GetTags", json!({ "Arn": group["GroupArn"] }), "/Tags").await?;
        let tags = tags.as_object().into_iter().flatten().map(|(key, value)| json!({ "Key": key, "Value": value }));
        Ok(json!({
            "Arn": group["GroupArn"],
            "Name": group["Name"],
            "Description": group.get("Description"),
            "ResourceQuery": { "Type": found["Type"], "Query": document(found.get("Query")) },
            "Tags": tags.collect::<Vec<_>>(),
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake(SERVICE, "DeleteGroup", json!({ "Group": made.physical })).await
    }
}

const SERVICE: &str = "resource-groups";

/// The query in the form of the service's call, where it is a text. Without a stack it is of this one, and without types of all that there
/// are. <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resourcegroups-group-resourcequery.html>
fn query(properties: &Value) -> Value {
    let Some(given) = properties.get("ResourceQuery") else { return Value::Null };
    let mut query = given.get("Query").cloned().unwrap_or_else(|| json!({}));
    if let Some(members) = query.as_object_mut() {
        members.entry("ResourceTypeFilters").or_insert_with(|| json!(["AWS::AllSupported"]));
        if given["Type"] == "CLOUDFORMATION_STACK_1_0" && !members.contains_key("StackIdentifier") {
            // CloudFormation tags the group with it.
            let own = tag_pairs(properties).into_iter().find(|(key, _)| key == "aws:cloudformation:stack-id");
            members.insert("StackIdentifier".to_owned(), own.map(|(_, id)| id).unwrap_or_default());
        }
    }
    json!({ "Type": given["Type"], "Query": query.to_string() })
}
