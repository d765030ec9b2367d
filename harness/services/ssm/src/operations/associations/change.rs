//! Making, changing, starting and deleting associations.

use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::query::not_there;
use crate::association::{Association, AssociationSettings, OutputLocation, TAGGED_AS};
use crate::command::Target;
use crate::command_parameters::{Given, typed};
use crate::maintenance_windows::overlay::overlaid;
use crate::records::{Records, Ssm};

/// `CreateAssociation`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAssociation {
    name: String,
    document_version: Option<String>,
    instance_id: Option<String>,
    #[serde(default)]
    parameters: Given,
    #[serde(default)]
    targets: Vec<Target>,
    schedule_expression: Option<String>,
    schedule_offset: Option<i64>,
    #[serde(default)]
    apply_only_at_cron_interval: bool,
    output_location: Option<OutputLocation>,
    association_name: Option<String>,
    max_errors: Option<String>,
    max_concurrency: Option<String>,
    compliance_severity: Option<String>,
    sync_compliance: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `UpdateAssociation`: what it does not name becomes what it is without.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateAssociation.html>
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAssociation {
    #[serde(skip_serializing)]
    association_id: String,
    #[serde(skip_serializing)]
    association_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Given>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Target>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apply_only_at_cron_interval: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_location: Option<OutputLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    association_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_errors: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compliance_severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_compliance: Option<String>,
}

/// `DeleteAssociation`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteAssociation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteAssociation {
    association_id: Option<String>,
    name: Option<String>,
    instance_id: Option<String>,
}

/// `UpdateAssociationStatus`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateAssociationStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateAssociationStatus {
    name: String,
    instance_id: String,
    association_status: AssociationStatus,
}

/// What somebody tells of an association. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AssociationStatus.html>
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssociationStatus {
    date: String,
    name: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_info: Option<String>,
}

/// `StartAssociationsOnce`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAssociationsOnce.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartAssociationsOnce {
    association_ids: Vec<String>,
}

impl Ssm {
    /// Refuses what cannot be run.
    fn check_association(&self, call: &Call, settings: &AssociationSettings) -> Result<(), AwsError> {
        let version = settings.document_version.as_deref();
        let found = self.command_document(call, &settings.name, version);
        // State Manager runs runbooks, too. https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-state-manager-associations-automation.html
        if found.is_err() && self.automation_document(call, &settings.name, version).is_ok() {
            return Err(AwsError::not_implemented(
                "ssm",
                &format!("an association of the Automation document {}", settings.name),
            ));
        }
        let (_, _, document) = found?;
        typed(&document, &settings.parameters)?;
        if settings.targets.is_empty() {
            return Err(AwsError::new("InvalidTarget", 400, "Targets or InstanceId must be specified."));
        }
        self.resolve(&call.region, call.account(), &[], &settings.targets).map(drop)
    }

    /// It is run at once, unless it is to be only when its schedule says so.
    pub(crate) fn create_association(&self, call: &Call, input: CreateAssociation) -> Result<Value, AwsError> {
        let mut targets = input.targets;
        targets.extend(input.instance_id.map(|id| Target { key: Some("InstanceIds".to_owned()), values: vec![id] }));
        let settings = AssociationSettings {
            name: input.name,
            document_version: input.document_version,
            parameters: input.parameters,
            targets,
            schedule_expression: input.schedule_expression,
            schedule_offset: input.schedule_offset,
            apply_only_at_cron_interval: input.apply_only_at_cron_interval,
            output_location: input.output_location,
            association_name: input.association_name,
            max_errors: input.max_errors,
            max_concurrency: input.max_concurrency,
            compliance_severity: input.compliance_severity,
            sync_compliance: input.sync_compliance,
        };
        self.check_association(call, &settings)?;
        let (timing, at_once) = (settings.timing()?, !settings.apply_only_at_cron_interval);
        let id = uuid::Uuid::new_v4().to_string();
        let mut association = Association {
            id: id.clone(),
            versions: vec![(call.now, settings)],
            timing,
            created: call.now,
            last: None,
            executions: Vec::new(),
            told: None,
            waiting: CancellationToken::new(),
        };
        let shown = self.with(call.account(), |records| {
            self.await_association(&call.region, call.account(), &mut association);
            let shown = association.describe(&records.commands);
            records.associations.insert(id.clone(), association);
            if !input.tags.is_empty() {
                let tags = input.tags.into_iter().map(Tag::pair).collect();
                records.tags.insert((TAGGED_AS.to_owned(), id.clone()), tags);
            }
            shown
        });
        if let Some(ssm) = self.me.upgrade().filter(|_| at_once) {
            ssm.run_association(&call.region, call.account(), &id, None);
        }
        Ok(json!({ "AssociationDescription": shown }))
    }

    /// Another version, which is run at once like the first.
    pub(crate) fn update_association(&self, call: &Call, input: UpdateAssociation) -> Result<Value, AwsError> {
        let id = input.association_id.clone();
        let (settings, number) = self.with_association(call, &id, |association, _| {
            let number = association.versions.len();
            association.settings().cloned().map(|settings| (settings, number)).ok_or_else(not_there)
        })?;
        if input.association_version.as_deref().is_some_and(|version| version != "$LATEST" && version != number.to_string()) {
            let message = "The version you specified isn't valid. Use the latest version, or $LATEST.";
            return Err(AwsError::new("InvalidAssociationVersion", 400, message));
        }
        let mut change = input;
        change.name.get_or_insert_with(|| settings.name.clone());
        change.targets.get_or_insert_with(|| settings.targets.clone());
        let changed: AssociationSettings = overlaid(&settings, &change, true)?;
        self.check_association(call, &changed)?;
        let (timing, at_once) = (changed.timing()?, !changed.apply_only_at_cron_interval);
        let shown = self.with_association(call, &id, |association, commands| {
            association.versions.push((call.now, changed));
            association.timing = timing;
            self.await_association(&call.region, call.account(), association);
            Ok(association.describe(commands))
        })?;
        if let Some(ssm) = self.me.upgrade().filter(|_| at_once) {
            ssm.run_association(&call.region, call.account(), &id, None);
        }
        Ok(json!({ "AssociationDescription": shown }))
    }

    pub(crate) fn delete_association(&self, call: &Call, input: DeleteAssociation) -> Result<Value, AwsError> {
        let id = self.association_named(call, input.association_id, input.name.as_deref(), input.instance_id.as_deref())?;
        self.with(call.account(), |records| {
            records.tags.remove(&(TAGGED_AS.to_owned(), id.clone()));
            records.associations.remove(&id).map(|_| json!({})).ok_or_else(not_there)
        })
    }

    pub(crate) fn update_association_status(&self, call: &Call, input: UpdateAssociationStatus) -> Result<Value, AwsError> {
        let id = self.association_named(call, None, Some(&input.name), Some(&input.instance_id))?;
        self.with_association(call, &id, |association, commands| {
            association.told = Some(json!(input.association_status));
            Ok(json!({ "AssociationDescription": association.describe(commands) }))
        })
    }

    pub(crate) fn start_associations_once(&self, call: &Call, input: StartAssociationsOnce) -> Result<Value, AwsError> {
        let known = |records: &mut Records| input.association_ids.iter().all(|id| records.associations.contains_key(id));
        if !self.with(call.account(), known) {
            return Err(not_there());
        }
        if let Some(ssm) = self.me.upgrade() {
            for id in &input.association_ids {
                ssm.run_association(&call.region, call.account(), id, None);
            }
        }
        Ok(json!({}))
    }
}
