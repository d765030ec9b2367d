//! `AWS::IAM::OIDCProvider`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-oidcprovider.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, changed, tag_list, text, texts,
};
use serde_json::{Value, json};

pub(super) struct OidcProvider;

#[async_trait]
impl ResourceProvider for OidcProvider {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["ClientIdList", "Tags", "ThumbprintList", "Url"],
                attributes: &["Arn"],
                ..ResourceFacts::new("AWS::IAM::OIDCProvider")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let input = json!({
            "Url": properties.get("Url"),
            "ClientIDList": properties.get("ClientIdList"),
            "ThumbprintList": properties.get("ThumbprintList"),
            "Tags": tag_list(properties, "Key", "Value"),
        });
        let answer = context.make("iam", "CreateOpenIDConnectProvider", input).await?;
        let arn = text(&answer, "/OpenIDConnectProviderArn");
        context.exists(&arn);
        Ok(MadeResource::new(&arn, [("Arn", arn.as_str().into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (arn, before) = (&old.physical, &old.properties);
        let (had, wanted) = (texts(before, "ClientIdList"), texts(properties, "ClientIdList"));
        for client in wanted.iter().filter(|client| !had.contains(client)) {
            let input = json!({"OpenIDConnectProviderArn": arn, "ClientID": client});
            context.make("iam", "AddClientIDToOpenIDConnectProvider", input).await?;
        }
        for client in had.iter().filter(|client| !wanted.contains(client)) {
            let input = json!({"OpenIDConnectProviderArn": arn, "ClientID": client});
            context.make("iam", "RemoveClientIDFromOpenIDConnectProvider", input).await?;
        }
        if changed(before, properties, "ThumbprintList").is_some() {
            let input = json!({"OpenIDConnectProviderArn": arn, "ThumbprintList": texts(properties, "ThumbprintList")});
            context.make("iam", "UpdateOpenIDConnectProviderThumbprint", input).await?;
        }
        let tags = TagChange::between(before, properties);
        if let Some(keys) = tags.removed() {
            let input = json!({"OpenIDConnectProviderArn": arn, "TagKeys": keys});
            context.make("iam", "UntagOpenIDConnectProvider", input).await?;
        }
        if let Some(tags) = tags.set_list("Key", "Value") {
            let input = json!({"OpenIDConnectProviderArn": arn, "Tags": tags});
            context.make("iam", "TagOpenIDConnectProvider", input).await?;
        }
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let input = json!({"OpenIDConnectProviderArn": made.physical});
        let found = context.read("iam", "GetOpenIDConnectProvider", input, "").await?;
        Ok(json!({
            "Arn": made.physical,
            "ClientIdList": found.get("ClientIDList"),
            "Tags": found.get("Tags"),
            "ThumbprintList": found.get("ThumbprintList"),
            // IAM leaves the scheme out, of which there is one.
            "Url": format!("https://{}", text(&found, "/Url")),
        }))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("iam", "DeleteOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": made.physical})).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nightproof_core::Caller;
    use nightproof_test_region::{region, resource_context};

    use super::*;

    const ACCOUNT: &str = "111122223333";

    #[tokio::test]
    async fn clients_and_tags_are_changed_in_place() {
        let region = region(ACCOUNT, "/nonexistent");
        region.install(vec![("iam", crate::Iam::new() as Arc<_>)]);
        let properties = |clients: [&str; 2], tag: &str| json!({"Url": "https://a.example", "ClientIdList": clients, "Tags": [{"Key": tag, "Value": "x"}]});
        let (first, second) = (properties(["one", "two"], "a"), properties(["two", "three"], "b"));
        let made = OidcProvider.create(&resource_context(&region, false), &first).await.unwrap();
        let made = MadeResource { properties: first, ..made };
        OidcProvider.update(&resource_context(&region, true), &made, &second).await.unwrap();
        let get = async || {
            let input = json!({"OpenIDConnectProviderArn": made.physical});
            region.call(&Caller::root(ACCOUNT), "iam", "GetOpenIDConnectProvider", input).await
        };
        let provider = get().await.unwrap();
        assert_eq!(provider["ClientIDList"], json!(["two", "three"]));
        assert_eq!(provider["Tags"], json!([{"Key": "b", "Value": "x"}]));

        let context = resource_context(&region, false);
        OidcProvider.delete(&context, &made).await.unwrap();
        OidcProvider.delete(&context, &made).await.unwrap();
        assert_eq!(get().await.unwrap_err().code, "NoSuchEntity");
    }
}
