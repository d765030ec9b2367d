//! Statements of layers' policies, which let other accounts use a version.
//! <https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{conflict, not_found, revision_mismatch};
use crate::function_name::is_account;
use crate::layer::{LayerName, LayerPolicy, LayerVersion};
use crate::operations::layers::{missing, number};
use crate::records::Lambda;

/// `AddLayerVersionPermission`. <https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddLayerVersionPermission {
    layer_name: String,
    version_number: i64,
    statement_id: String,
    action: String,
    principal: String,
    organization_id: Option<String>,
    revision_id: Option<String>,
}

/// `RemoveLayerVersionPermission`. <https://docs.aws.amazon.com/lambda/latest/api/API_RemoveLayerVersionPermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemoveLayerVersionPermission {
    layer_name: String,
    version_number: i64,
    statement_id: String,
    revision_id: Option<String>,
}

/// `GetLayerVersionPolicy`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetLayerVersionPolicy {
    layer_name: String,
    version_number: i64,
}

impl AddLayerVersionPermission {
    fn statement(&self, resource: String) -> Value {
        let principal = match self.principal.as_str() {
            "*" => json!("*"),
            account if is_account(account) => json!({ "AWS": Arn::new("iam", "", account, "root").to_string() }),
            arn => json!({ "AWS": arn }),
        };
        let mut made = json!({
            "Sid": self.statement_id, "Effect": "Allow", "Principal": principal, "Action": self.action, "Resource": resource,
        });
        if let Some(organization) = &self.organization_id {
            made["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": organization } });
        }
        made
    }
}

fn check_revision(policy: Option<&LayerPolicy>, wanted: Option<&str>) -> Result<(), AwsError> {
    match wanted {
        Some(wanted) if policy.is_none_or(|policy| policy.revision != wanted) => Err(revision_mismatch("GetLayerPolicy")),
        _ => Ok(()),
    }
}

impl Lambda {
    /// Acts on a version of a layer.
    fn with_layer<T>(
        &self,
        call: &Call,
        reference: &str,
        version: i64,
        act: impl FnOnce(&LayerName, u64, &mut LayerVersion) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let (name, number) = (LayerName::read(call, reference), number(version)?);
        let mut accounts = self.accounts.lock();
        let layer = accounts.get_mut(&name.account).and_then(|account| account.layers.get_mut(&name.name));
        let found = layer.and_then(|layer| layer.versions.get_mut(&number));
        act(&name, number, found.ok_or_else(|| missing(reference, call, number))?)
    }

    pub(crate) fn add_layer_version_permission(&self, call: &Call, input: AddLayerVersionPermission) -> Result<Value, AwsError> {
        self.with_layer(call, &input.layer_name, input.version_number, |name, number, version| {
            let mut statements = version.policy.as_ref().map(|policy| policy.statements.clone()).unwrap_or_default();
            let sid = &input.statement_id;
            if statements.iter().any(|statement| statement.required("Sid") == sid) {
                let message = format!("The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement.");
                return Err(conflict(message));
            }
            check_revision(version.policy.as_ref(), input.revision_id.as_deref())?;
            let made = input.statement(name.version_arn(number));
            statements.push(made.clone());
            let policy = LayerPolicy::new(statements);
            let answer = json!({ "Statement": made.to_string(), "RevisionId": policy.revision });
            version.policy = Some(policy);
            Ok(answer)
        })
    }

    pub(crate) fn remove_layer_version_permission(
        &self,
        call: &Call,
        input: RemoveLayerVersionPermission,
    ) -> Result<Value, AwsError> {
        self.with_layer(call, &input.layer_name, input.version_number, |_, _, version| {
            check_revision(version.policy.as_ref(), input.revision_id.as_deref())?;
            let mut statements = version.policy.as_ref().map(|policy| policy.statements.clone()).unwrap_or_default();
            let (sid, before) = (&input.statement_id, statements.len());
            statements.retain(|statement| statement.required("Sid") != sid);
            if statements.len() == before {
                return Err(not_found(format!("Statement {sid} is not found in resource policy.")));
            }
            version.policy = Some(LayerPolicy::new(statements));
            Ok(json!({}))
        })
    }

    pub(crate) fn get_layer_version_policy(&self, call: &Call, input: GetLayerVersionPolicy) -> Result<Value, AwsError> {
        self.with_layer(call, &input.layer_name, input.version_number, |_, _, version| match &version.policy {
            Some(policy) if !policy.statements.is_empty() => {
                Ok(json!({ "Policy": &*policy.document, "RevisionId": policy.revision }))
            }
            _ => Err(not_found("No policy is associated with the given resource.")),
        })
    }
}
