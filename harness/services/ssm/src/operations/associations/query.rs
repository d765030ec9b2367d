//! Describing and listing associations.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::association::Association;
use crate::command::{Command, Target};
use crate::page::page;
use crate::records::Ssm;

/// `DescribeAssociation`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAssociation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeAssociation {
    association_id: Option<String>,
    name: Option<String>,
    instance_id: Option<String>,
}

/// `ListAssociations`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListAssociations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAssociations {
    #[serde(default)]
    association_filter_list: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `ListAssociationVersions`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListAssociationVersions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAssociationVersions {
    association_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Filter {
    key: String,
    value: String,
}

/// The error for an association that there is not.
pub(super) fn not_there() -> AwsError {
    AwsError::new("AssociationDoesNotExist", 400, "The specified association does not exist.")
}

impl Filter {
    fn takes(&self, shown: &Value) -> Result<bool, AwsError> {
        let pointer = match self.key.as_str() {
            "Name" => "/Name",
            "AssociationId" => "/AssociationId",
            "AssociationName" => "/AssociationName",
            "AssociationStatusName" => "/Overview/Status",
            other => return Err(AwsError::not_implemented("ssm", &format!("the filter {other} of ListAssociations"))),
        };
        Ok(shown.pointer(pointer).and_then(Value::as_str) == Some(self.value.as_str()))
    }
}

impl Ssm {
    /// Runs `act` on an association of the caller's account, with the commands that there are.
    pub(super) fn with_association<T>(
        &self,
        call: &Call,
        id: &str,
        act: impl FnOnce(&mut Association, &[Command]) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with(call.account(), |records| {
            let association = records.associations.get_mut(id).ok_or_else(not_there)?;
            act(association, &records.commands)
        })
    }

    /// The id of an association that is named by it, or by its document and the one node that it is for.
    pub(super) fn association_named(
        &self,
        call: &Call,
        id: Option<String>,
        document: Option<&str>,
        node: Option<&str>,
    ) -> Result<String, AwsError> {
        if let Some(id) = id {
            return Ok(id);
        }
        let (Some(document), Some(node)) = (document, node) else { return Err(not_there()) };
        let is_it = |association: &Association| {
            association.settings().is_some_and(|settings| {
                let of_node = |target: &Target| target.key.as_deref() == Some("InstanceIds") && target.values == [node];
                settings.name == document && settings.targets.iter().all(of_node)
            })
        };
        self.with(call.account(), |records| {
            records.associations.values().find(|one| is_it(one)).map(|one| one.id.clone()).ok_or_else(not_there)
        })
    }

    pub(crate) fn describe_association(&self, call: &Call, input: DescribeAssociation) -> Result<Value, AwsError> {
        let id = self.association_named(call, input.association_id, input.name.as_deref(), input.instance_id.as_deref())?;
        self.with_association(call, &id, |association, commands| {
            Ok(json!({ "AssociationDescription": association.describe(commands) }))
        })
    }

    pub(crate) fn list_associations(&self, call: &Call, input: ListAssociations) -> Result<Value, AwsError> {
        let mut found: Vec<Value> = self.with(call.account(), |records| {
            records.associations.values().map(|association| association.summary(&records.commands)).collect()
        });
        for filter in &input.association_filter_list {
            let mut kept = Vec::new();
            for shown in found {
                if filter.takes(&shown)? {
                    kept.push(shown);
                }
            }
            found = kept;
        }
        page("Associations", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) fn list_association_versions(&self, call: &Call, input: ListAssociationVersions) -> Result<Value, AwsError> {
        let found = self.with_association(call, &input.association_id, |association, _| {
            let shown = association.versions.iter().enumerate().map(|(index, (created, settings))| {
                let mut shown = json!(settings);
                if let Some(members) = shown.as_object_mut() {
                    members.insert("AssociationId".to_owned(), association.id.as_str().into());
                    members.insert("AssociationVersion".to_owned(), (index + 1).to_string().into());
                    members.insert("CreatedDate".to_owned(), created.to_string().into());
                }
                shown
            });
            Ok(shown.collect())
        })?;
        page("AssociationVersions", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
