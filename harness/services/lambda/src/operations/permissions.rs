//! Statements of functions' resource policies, which let others than the own account invoke them.
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::Arn;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{conflict, invalid, no_such_resource, not_found, require_one_of, revision_mismatch};
use crate::function::Function;
use crate::function_name::{FunctionName, is_account};
use crate::records::Lambda;

/// `AddPermission`. <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddPermission {
    function_name: String,
    statement_id: String,
    action: String,
    principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
    event_source_token: Option<String>,
    qualifier: Option<String>,
    revision_id: Option<String>,
    #[serde(rename = "PrincipalOrgID")]
    principal_org_id: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
}

/// `RemovePermission`. <https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemovePermission {
    function_name: String,
    statement_id: String,
    qualifier: Option<String>,
    revision_id: Option<String>,
}

/// `GetPolicy`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetPolicy {
    function_name: String,
    qualifier: Option<String>,
}

/// Where the policy of a version or alias that is there is kept: that of `$LATEST` is the function's.
fn key(function: &Function, named: &FunctionName) -> Result<String, AwsError> {
    match named.qualifier() {
        None | Some("$LATEST") => Ok(String::new()),
        Some(qualifier) => function.require(qualifier).map(|()| qualifier.to_owned()),
    }
}

/// Whether a revision is that of a policy, or of what it is for: publishing a version makes another one of the function, and none of its policy.
fn is_current(function: &Function, key: &str, wanted: Option<&str>) -> bool {
    let policy = function.policies.get(key).filter(|policy| !policy.statements.is_empty());
    wanted.is_none_or(|wanted| wanted == function.revision_of(key) || policy.is_some_and(|policy| policy.revision == wanted))
}

/// A change of a policy is a revision of what it is for.
fn revise(function: &mut Function, key: &str) {
    function.revise(key);
    let revision = function.revision_of(key).to_owned();
    if let Some(policy) = function.policies.get_mut(key) {
        policy.revision = revision;
    }
}

impl AddPermission {
    /// The statement that is added.
    fn statement(&self, resource: &str) -> Result<Value, AwsError> {
        require_one_of(self.function_url_auth_type.as_deref(), "functionUrlAuthType", &["NONE", "AWS_IAM"])?;
        let principal = match self.principal.as_str() {
            "*" => json!("*"),
            name if name.ends_with(".amazonaws.com") => json!({ "Service": name }),
            account if is_account(account) => json!({ "AWS": Arn::new("iam", "", account, "root").to_string() }),
            arn if arn.starts_with("arn:") => json!({ "AWS": arn }),
            _ => return Err(invalid("The provided principal was invalid. Please check the principal and try again.")),
        };
        let mut made = json!({
            "Sid": self.statement_id, "Effect": "Allow", "Principal": principal, "Action": self.action, "Resource": resource,
        });
        let mut equal = Map::new();
        for (key, value) in [
            ("AWS:SourceAccount", &self.source_account),
            ("lambda:FunctionUrlAuthType", &self.function_url_auth_type),
            ("aws:PrincipalOrgID", &self.principal_org_id),
            ("lambda:EventSourceToken", &self.event_source_token),
        ] {
            if let Some(value) = value {
                equal.insert(key.to_owned(), value.as_str().into());
            }
        }
        let mut condition = Map::new();
        if !equal.is_empty() {
            condition.insert("StringEquals".to_owned(), equal.into());
        }
        if let Some(arn) = &self.source_arn {
            condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": arn }));
        }
        if let Some(via) = self.invoked_via_function_url {
            condition.insert("Bool".to_owned(), json!({ "lambda:InvokedViaFunctionUrl": via.to_string() }));
        }
        if !condition.is_empty() {
            made["Condition"] = condition.into();
        }
        Ok(made)
    }
}

impl Lambda {
    pub(crate) fn add_permission(&self, call: &Call, input: AddPermission) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        if named.qualifier() == Some("$LATEST") {
            return Err(invalid("We currently do not support adding policies for $LATEST."));
        }
        self.with(&named, |function| {
            let key = key(function, &named)?;
            if !is_current(function, &key, input.revision_id.as_deref()) {
                return Err(revision_mismatch("GetPolicy"));
            }
            let policy = function.policies.entry(key.clone()).or_default();
            let sid = &input.statement_id;
            if policy.statements.iter().any(|statement| statement.required("Sid") == sid) {
                let message = format!("The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement.");
                return Err(conflict(message));
            }
            let made = input.statement(&named.qualified_arn())?;
            policy.statements.push(made.clone());
            policy.change();
            revise(function, &key);
            Ok(json!({ "Statement": made.to_string() }))
        })
    }

    pub(crate) fn remove_permission(&self, call: &Call, input: RemovePermission) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let sid = &input.statement_id;
        let removed = self.find(&named, |function| {
            let key = key(function, &named)?;
            let policy = function.policies.get(&key).filter(|policy| !policy.statements.is_empty());
            let policy = policy.ok_or_else(|| not_found("No policy is associated with the given resource."))?;
            if !policy.statements.iter().any(|statement| statement.required("Sid") == sid) {
                return Err(not_found(format!("Statement {sid} is not found in resource policy.")));
            }
            if !is_current(function, &key, input.revision_id.as_deref()) {
                return Err(revision_mismatch("GetFunction/GetAlias"));
            }
            if let Some(policy) = function.policies.get_mut(&key) {
                policy.statements.retain(|statement| statement.required("Sid") != sid);
                policy.change();
            }
            revise(function, &key);
            Ok(json!({}))
        });
        removed.unwrap_or_else(|| Err(not_found(format!("No policy found for: {}", named.arn()))))
    }

    pub(crate) fn get_policy(&self, call: &Call, input: GetPolicy) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let found = self.find(&named, |function| {
            let key = named.qualifier().filter(|qualifier| *qualifier != "$LATEST").unwrap_or_default();
            let policy = function.policies.get(key).filter(|policy| !policy.statements.is_empty())?;
            Some(json!({ "Policy": policy.document.as_deref(), "RevisionId": policy.revision }))
        });
        found.flatten().ok_or_else(no_such_resource)
    }
}
