//! `AWS::Lambda::Permission`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, document, members, text,
};
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

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let given = |name: &str| made.properties.get(name).cloned().unwrap_or_default();
        let policy = context.read("lambda", "GetPolicy", json!({"FunctionName": given("FunctionName")}), "/Policy").await?;
        let policy = document(Some(&policy));
        let mut statements = policy.get("Statement").and_then(Value::as_array).into_iter().flatten();
        let this = |statement: &&Value| statement.get("Sid").and_then(Value::as_str) == Some(made.physical.as_str());
        let statement = statements.find(this).ok_or(Unread::Gone)?;
        let mut found = members(statement, STATEMENT);
        let principal = ["/Principal/Service", "/Principal/AWS", "/Principal"].iter().find_map(|name| statement.pointer(name));
        // An account is stored as its root user.
        let is_account = principal
            .is_some_and(|principal| *principal == format!("arn:aws:iam::{}:root", text(&made.properties, "/Principal")));
        found["Principal"] = if is_account { given("Principal") } else { principal.cloned().unwrap_or_default() };
        found["FunctionName"] = given("FunctionName");
        found["Id"] = made.physical.as_str().into();
        Ok(found)
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        identifier.get("Id").and_then(Value::as_str).map(str::to_owned)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({"FunctionName": made.properties.get("FunctionName"), "StatementId": made.physical});
        context.unmake("lambda", "RemovePermission", input).await
    }
}

/// Where the statement of a permission has its properties.
const STATEMENT: &[(&str, &str)] = &[
    ("Action", "/Action"),
    ("EventSourceToken", "/Condition/StringEquals/lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "/Condition/StringEquals/lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "/Condition/Bool/lambda:InvokedViaFunctionUrl"),
    ("PrincipalOrgID", "/Condition/StringEquals/aws:PrincipalOrgID"),
    ("SourceAccount", "/Condition/StringEquals/AWS:SourceAccount"),
    ("SourceArn", "/Condition/ArnLike/AWS:SourceArn"),
];
