//! Who is in a group: `AWS::IAM::UserToGroupAddition`, and the groups of `AWS::IAM::User`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-usertogroupaddition.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, text, texts};
use serde_json::{Value, json};

pub(super) struct UserToGroupAddition;

#[async_trait]
impl ResourceProvider for UserToGroupAddition {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["GroupName", "Users"],
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::IAM::UserToGroupAddition")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let physical = context.name(32);
        context.exists(&physical);
        change(context, &Value::Null, properties).await?;
        Ok(MadeResource::new(&physical, [("Id", physical.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        change(context, &old.properties, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        change(context, &made.properties, &Value::Null).await
    }
}

async fn change(context: &Context, old: &Value, new: &Value) -> Result<()> {
    let pairs = |properties: &Value| {
        let group = text(properties, "/GroupName");
        texts(properties, "Users").into_iter().map(|user| (user, group.clone())).collect::<Vec<_>>()
    };
    move_members(context, &pairs(old), &pairs(new)).await
}

/// Changes the groups of a user.
pub(super) async fn change_groups(context: &Context, user: &str, old: &Value, new: &Value) -> Result<()> {
    let pairs =
        |properties: &Value| texts(properties, "Groups").into_iter().map(|group| (user.to_owned(), group)).collect::<Vec<_>>();
    move_members(context, &pairs(old), &pairs(new)).await
}

/// Adds and removes users, of whom each comes with a group.
async fn move_members(context: &Context, old: &[(String, String)], new: &[(String, String)]) -> Result<()> {
    let input = |(user, group): &(String, String)| json!({"UserName": user, "GroupName": group});
    for one in new.iter().filter(|one| !old.contains(one)) {
        context.make("iam", "AddUserToGroup", input(one)).await?;
    }
    for one in old.iter().filter(|one| !new.contains(one)) {
        context.unmake("iam", "RemoveUserFromGroup", input(one)).await?;
    }
    Ok(())
}
