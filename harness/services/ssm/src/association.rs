//! An association of State Manager: a document that is run on its targets again and again.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-associations.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::command::{Command, Target};
use crate::command_parameters::Given;
use crate::timing::{Timing, TimingSettings};

/// The resource type that associations have in operations on tags.
pub(crate) const TAGGED_AS: &str = "Association";

/// What an association says of itself, a version of it.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html>
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AssociationSettings {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document_version: Option<String>,
    #[serde(default)]
    pub(crate) parameters: Given,
    #[serde(default)]
    pub(crate) targets: Vec<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schedule_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schedule_offset: Option<i64>,
    #[serde(default)]
    pub(crate) apply_only_at_cron_interval: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) output_location: Option<OutputLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) association_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_errors: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_concurrency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compliance_severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sync_compliance: Option<String>,
}

/// Where output goes. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_InstanceAssociationOutputLocation.html>
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct OutputLocation {
    #[serde(rename = "S3Location", default)]
    pub(crate) s3: S3Location,
}

/// A place in a bucket. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_S3OutputLocation.html>
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct S3Location {
    #[serde(rename = "OutputS3Region", skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(rename = "OutputS3BucketName", skip_serializing_if = "Option::is_none")]
    bucket: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix", skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
}

impl AssociationSettings {
    /// When it is due; nothing for one that is run once.
    ///
    /// # Errors
    /// `InvalidSchedule`
    pub(crate) fn timing(&self) -> Result<Option<Timing>, AwsError> {
        let invalid = |message: &str| AwsError::new("InvalidSchedule", 400, message);
        let Some(schedule) = &self.schedule_expression else {
            return match self.apply_only_at_cron_interval {
                true => Err(invalid("ApplyOnlyAtCronInterval requires a schedule expression.")),
                false => Ok(None),
            };
        };
        if self.apply_only_at_cron_interval && !schedule.starts_with("cron(") {
            return Err(invalid("ApplyOnlyAtCronInterval is supported with cron expressions only."));
        }
        let settings = TimingSettings { schedule, offset: self.schedule_offset, ..TimingSettings::default() };
        Timing::new(&settings).map(Some).map_err(|error| invalid(&error.message))
    }

    /// The command that runs it.
    pub(crate) fn command(&self, id: &str) -> Value {
        let mut input = json!({
            "DocumentName": self.name,
            "Targets": self.targets,
            "Parameters": self.parameters,
            "Comment": format!("Association {id}"),
        });
        let place = self.output_location.as_ref().map(|location| &location.s3);
        let given = [
            ("DocumentVersion", self.document_version.as_ref()),
            ("MaxConcurrency", self.max_concurrency.as_ref()),
            ("MaxErrors", self.max_errors.as_ref()),
            ("OutputS3BucketName", place.and_then(|place| place.bucket.as_ref())),
            ("OutputS3KeyPrefix", place.and_then(|place| place.prefix.as_ref())),
        ];
        if let Some(members) = input.as_object_mut() {
            members.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.as_str().into()))));
        }
        input
    }
}

/// An association's record.
#[derive(Debug)]
pub(crate) struct Association {
    pub(crate) id: String,
    /// The first has number 1; the last counts.
    pub(crate) versions: Vec<(Timestamp, AssociationSettings)>,
    pub(crate) timing: Option<Timing>,
    pub(crate) created: Timestamp,
    /// When it was due last.
    pub(crate) last: Option<Timestamp>,
    /// Oldest first.
    pub(crate) executions: Vec<AssociationExecution>,
    /// What an agent or a caller told of it.
    pub(crate) told: Option<Value>,
    /// Ends the task that waits for its next time.
    pub(crate) waiting: CancellationToken,
}

/// One run of an association.
#[derive(Debug, Clone)]
pub(crate) struct AssociationExecution {
    pub(crate) id: String,
    pub(crate) version: usize,
    pub(crate) created: Timestamp,
    /// The command that it is; empty as long as it was not sent, and where it was refused.
    pub(crate) command: String,
    pub(crate) refused: bool,
}

impl AssociationExecution {
    /// `Status` and `DetailedStatus`, and how many resources have each status.
    pub(crate) fn status(&self, commands: &[Command]) -> (&'static str, &'static str, BTreeMap<&'static str, usize>) {
        if self.refused {
            return ("Failed", "Failed", BTreeMap::new());
        }
        let Some(command) = commands.iter().find(|command| command.id == self.command) else {
            return ("Pending", "Pending", BTreeMap::new());
        };
        let verdict = command.verdict();
        let mut counts = BTreeMap::new();
        for invocation in &command.invocations {
            *counts.entry(invocation.state.words().0).or_default() += 1;
        }
        (verdict.status, verdict.details, counts)
    }

    /// The `AssociationExecution` of the API.
    pub(crate) fn describe(&self, association: &str, commands: &[Command]) -> Value {
        let (status, details, counts) = self.status(commands);
        let counts: Vec<String> = counts.into_iter().map(|(status, count)| format!("{status}={count}")).collect();
        json!({
            "AssociationId": association,
            "AssociationVersion": self.version.to_string(),
            "ExecutionId": self.id,
            "Status": status,
            "DetailedStatus": details,
            "CreatedTime": self.created.to_string(),
            "LastExecutionDate": self.created.to_string(),
            "ResourceCountByStatus": format!("{{{}}}", counts.join(", ")),
        })
    }
}

impl Association {
    pub(crate) fn settings(&self) -> Option<&AssociationSettings> {
        self.versions.last().map(|(_, settings)| settings)
    }

    /// From where it counts: what it was last changed to, and when it was due last.
    pub(crate) fn since(&self) -> (Timestamp, Timestamp) {
        let modified = self.versions.last().map_or(self.created, |(modified, _)| *modified);
        (modified, self.last.unwrap_or(modified))
    }

    fn overview(&self, commands: &[Command]) -> Value {
        let Some(last) = self.executions.last() else { return json!({ "Status": "Pending", "DetailedStatus": "Creating" }) };
        let (status, details, counts) = last.status(commands);
        json!({ "Status": status, "DetailedStatus": details, "AssociationStatusAggregatedCount": counts })
    }

    /// The `AssociationDescription` of the API.
    pub(crate) fn describe(&self, commands: &[Command]) -> Value {
        let mut shown = self.versions.last().map(|(_, settings)| json!(settings)).unwrap_or_default();
        let (modified, _) = self.since();
        let succeeded = self.executions.iter().rev().find(|execution| execution.status(commands).0 == "Success");
        let dates = [
            ("LastExecutionDate", self.executions.last().map(|execution| execution.created)),
            ("LastSuccessfulExecutionDate", succeeded.map(|execution| execution.created)),
        ];
        if let Some(members) = shown.as_object_mut() {
            let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
            put("AssociationId", self.id.as_str().into());
            put("AssociationVersion", self.versions.len().to_string().into());
            put("Date", self.created.to_string().into());
            put("LastUpdateAssociationDate", modified.to_string().into());
            put("Overview", self.overview(commands));
            if let Some(told) = &self.told {
                put("Status", told.clone());
            }
            for (name, date) in dates {
                if let Some(date) = date {
                    put(name, date.to_string().into());
                }
            }
            members.entry("DocumentVersion").or_insert_with(|| "$DEFAULT".into());
        }
        shown
    }

    /// An item of `ListAssociations`, which has less.
    pub(crate) fn summary(&self, commands: &[Command]) -> Value {
        const MEMBERS: [&str; 10] = [
            "Name",
            "AssociationId",
            "AssociationVersion",
            "DocumentVersion",
            "Targets",
            "LastExecutionDate",
            "Overview",
            "ScheduleExpression",
            "AssociationName",
            "ScheduleOffset",
        ];
        let mut shown = self.describe(commands);
        if let Some(members) = shown.as_object_mut() {
            members.retain(|name, _| MEMBERS.contains(&name.as_str()));
        }
        shown
    }
}

impl Drop for Association {
    fn drop(&mut self) {
        self.waiting.cancel();
    }
}
