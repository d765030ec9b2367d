//! `AWS::SecretsManager::Secret`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, Unread, changed, members, tag_list, text,
};
use serde_json::{Map, Value, json};

pub(super) struct Secret;

#[async_trait]
impl ResourceProvider for Secret {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Description", "GenerateSecretString", "KmsKeyId", "Name", "SecretString", "Tags"],
                naming: Some("Name"),
                attributes: &["Id"],
                ..ResourceFacts::new("AWS::SecretsManager::Secret")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let value = value(context, properties).await?;
        let input = json!({
            "Name": context.name_or(properties, "Name", 512),
            "ClientRequestToken": uuid::Uuid::new_v4().to_string(),
            "Description": properties.get("Description"),
            "KmsKeyId": properties.get("KmsKeyId"),
            "SecretString": value,
            "Tags": tag_list(properties, "Key", "Value"),
        });
        let arn = text(&context.make("secretsmanager", "CreateSecret", input).await?, "/ARN");
        context.exists(&arn);
        Ok(MadeResource::new(&arn, [("Id", arn.as_str().into())]))
    }

    /// A value that is declared or generated in another way than before is a new version.
    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (arn, before) = (&old.physical, &old.properties);
        let mut input = Map::new();
        for name in ["Description", "KmsKeyId"] {
            if let Some((_, new)) = changed(before, properties, name) {
                input.insert(name.to_owned(), new.as_str().unwrap_or_default().into());
            }
        }
        let another = ["GenerateSecretString", "SecretString"].iter().any(|name| changed(before, properties, name).is_some());
        if let Some(value) = if another { value(context, properties).await? } else { None } {
            input.insert("SecretString".to_owned(), value.into());
            input.insert("ClientRequestToken".to_owned(), uuid::Uuid::new_v4().to_string().into());
        }
        if !input.is_empty() {
            input.insert("SecretId".to_owned(), arn.as_str().into());
            context.make("secretsmanager", "UpdateSecret", input.into()).await?;
        }
        TagChange::between(before, properties).apply(context, "secretsmanager", ("SecretId", arn)).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let secret = context.read("secretsmanager", "DescribeSecret", json!({ "SecretId": made.physical }), "").await?;
        // One that waits for its deletion is gone.
        if secret.get("DeletedDate").is_some_and(|date| !date.is_null()) {
            return Err(Unread::Gone);
        }
        let names =
            [("Description", "/Description"), ("Id", "/ARN"), ("KmsKeyId", "/KmsKeyId"), ("Name", "/Name"), ("Tags", "/Tags")];
        Ok(members(&secret, &names))
    }

    /// Without a recovery window, as CloudFormation does.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({ "SecretId": made.physical, "ForceDeleteWithoutRecovery": true });
        context.unmake("secretsmanager", "DeleteSecret", input).await
    }
}

/// The value that is declared, or one that is generated; `None` for a secret that begins without one.
async fn value(context: &Context, properties: &Value) -> Result<Option<String>> {
    match (properties.get("SecretString"), properties.get("GenerateSecretString")) {
        (Some(_), Some(_)) => Err("You can't specify both SecretString and GenerateSecretString".to_owned()),
        (Some(declared), None) => Ok(declared.as_str().map(str::to_owned)),
        (None, Some(rules)) => generated(context, rules).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// A password, alone or as the member `GenerateStringKey` of the JSON in `SecretStringTemplate`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html>
async fn generated(context: &Context, rules: &Value) -> Result<String> {
    let mut input = rules.as_object().cloned().unwrap_or_default();
    let template = input.remove("SecretStringTemplate");
    let key = input.remove("GenerateStringKey");
    let password = text(&context.make("secretsmanager", "GetRandomPassword", input.into()).await?, "/RandomPassword");
    let (template, key) = match (template, key) {
        (None, None) => return Ok(password),
        (Some(Value::String(template)), Some(Value::String(key))) => (template, key),
        _ => return Err("You must specify both SecretStringTemplate and GenerateStringKey, or neither".to_owned()),
    };
    let Ok(Value::Object(mut members)) = serde_json::from_str(&template) else {
        return Err("Could not parse SecretStringTemplate JSON".to_owned());
    };
    members.insert(key, password.into());
    Ok(Value::Object(members).to_string())
}
