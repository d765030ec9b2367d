//! Resource types of the registry: AWS's own, of which all are activated in every account.

use nightproof_core::page::page;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::error::validation;

/// Most types in an answer.
const PAGE: usize = 100;

/// `ListTypes`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListTypes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTypes {
    visibility: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    filters: Option<Filters>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filters {
    category: Option<String>,
    type_name_prefix: Option<String>,
}

/// `DescribeType`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeType.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeType {
    #[serde(rename = "Type")]
    kind: Option<String>,
    type_name: Option<String>,
    arn: Option<String>,
}

fn arn(call: &Call, name: &str) -> String {
    format!("arn:aws:cloudformation:{}::type/resource/{}", call.region.name(), name.replace("::", "-"))
}

impl CloudFormation {
    pub(crate) fn list_types(&self, call: &Call, input: ListTypes) -> Result<Value, AwsError> {
        let filters = input.filters;
        let category = filters.as_ref().and_then(|filters| filters.category.as_deref());
        if category == Some("THIRD_PARTY") {
            return Err(AwsError::not_implemented("cloudformation", "Category THIRD_PARTY of ListTypes"));
        }
        // Nobody can register types, hooks and modules here, and so there are none but AWS's.
        let is_of_aws = input.visibility.as_deref() == Some("PUBLIC")
            && matches!(input.kind.as_deref(), None | Some("RESOURCE"))
            && matches!(category, None | Some("AWS_TYPES"));
        let prefix = filters.and_then(|filters| filters.type_name_prefix).unwrap_or_default();
        let names = nightproof_registry::names().filter(|name| is_of_aws && name.starts_with(&prefix));
        let summary = |name: &str| json!({ "Type": "RESOURCE", "TypeName": name, "TypeArn": arn(call, name) });
        let size = input.max_results.unwrap_or(PAGE).clamp(1, PAGE);
        let invalid = || AwsError::new("CFNRegistryException", 400, "Invalid NextToken");
        page("TypeSummaries", names.map(summary).collect(), input.next_token.as_deref(), size, invalid)
    }

    pub(crate) fn describe_type(&self, call: &Call, input: DescribeType) -> Result<Value, AwsError> {
        let name = match (input.type_name, &input.arn) {
            (Some(name), None) if input.kind.is_some() => name,
            (None, Some(arn)) => arn.rsplit('/').next().unwrap_or_default().replace('-', "::"),
            _ => return Err(validation("Either the Arn, or the Type and the TypeName must be specified")),
        };
        let found = matches!(input.kind.as_deref(), None | Some("RESOURCE")).then(|| nightproof_registry::resource_type(&name));
        let Some(found) = found.flatten() else {
            return Err(AwsError::new("TypeNotFoundException", 404, format!("The type '{name}' cannot be found.")));
        };
        Ok(json!({
            "Arn": arn(call, &name),
            "Type": "RESOURCE",
            "TypeName": name,
            "Visibility": "PUBLIC",
            "ProvisioningType": found.provisioning_type(),
            "DeprecatedStatus": "LIVE",
            "Schema": found.schema(&name).to_string(),
        }))
    }
}
