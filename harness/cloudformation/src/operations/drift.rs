//! Detections of drift, and what they have found.

use nightproof_core::page::page;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudformation::CloudFormation;
use crate::drift::{self, Looked};
use crate::error::validation;
use crate::records::{DriftDetection, ResourceDrift, Stack, StackResource};
use crate::worker::Worker;

/// Most drifts in one answer.
const PAGE: usize = 100;
const STATUSES: [&str; 6] = ["IN_SYNC", "MODIFIED", "DELETED", "NOT_CHECKED", "UNKNOWN", "UNSUPPORTED"];

/// `DetectStackDrift`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DetectStackDrift {
    stack_name: String,
    logical_resource_ids: Option<Vec<String>>,
}

/// `DescribeStackDriftDetectionStatus`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackDriftDetectionStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStackDriftDetectionStatus {
    stack_drift_detection_id: String,
}

/// `DetectStackResourceDrift`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackResourceDrift.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DetectStackResourceDrift {
    stack_name: String,
    logical_resource_id: String,
}

/// `DescribeStackResourceDrifts`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResourceDrifts.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStackResourceDrifts {
    stack_name: String,
    #[serde(default)]
    stack_resource_drift_status_filters: Vec<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// A resource's drift in the form of answers.
fn document(stack_id: &str, resource: &StackResource, drift: &ResourceDrift) -> Value {
    json!({
        "StackId": stack_id,
        "LogicalResourceId": resource.id,
        "PhysicalResourceId": resource.made.as_ref().map(|made| made.physical.as_str()),
        "ResourceType": resource.kind,
        "ExpectedProperties": drift.expected.to_string(),
        "ActualProperties": drift.actual.as_ref().map(Value::to_string),
        "PropertyDifferences": drift.differences,
        "StackResourceDriftStatus": drift.status,
        "DriftStatusReason": drift.reason,
        "Timestamp": drift.checked.to_string(),
    })
}

/// The stack, if its drift can be detected.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html#drift-considerations>
fn detectable(service: &CloudFormation, call: &Call, name: &str) -> Result<Stack, AwsError> {
    let stack = service.look_up(call.account(), name, Stack::clone);
    let stack = stack.ok_or_else(|| validation(format!("Stack [{name}] does not exist")))?;
    if !stack.status.is_detectable() {
        let status = stack.status.word();
        return Err(validation(format!("Drift detection cannot be performed on stack [{}] in {status} state", stack.id)));
    }
    match stack.detections.iter().any(|one| one.ended.is_none()) {
        true => Err(validation(format!("Drift detection is already in progress for stack [{}]", stack.id))),
        false => Ok(stack),
    }
}

fn resource<'a>(stack: &'a Stack, id: &str) -> Result<&'a StackResource, AwsError> {
    let found = stack.resources.iter().find(|resource| resource.id == id);
    found.ok_or_else(|| validation(format!("Resource {id} does not exist for stack {}", stack.name)))
}

/// Looks as whoever asks: the caller needs the permissions to read the resources.
fn worker(service: &CloudFormation, call: &Call, stack: &Stack) -> Result<Worker, AwsError> {
    let worker = Worker::on(stack, service, call, call.caller.clone());
    worker.ok_or_else(|| AwsError::internal("the region goes down"))
}

impl CloudFormation {
    pub(crate) fn detect_stack_drift(&self, call: &Call, input: DetectStackDrift) -> Result<Value, AwsError> {
        let stack = detectable(self, call, &input.stack_name)?;
        let records = match &input.logical_resource_ids {
            Some(ids) => ids.iter().map(|id| resource(&stack, id).cloned()).collect::<Result<Vec<_>, _>>()?,
            None => stack.resources.clone(),
        };
        let worker = worker(self, call, &stack)?;
        let id = uuid::Uuid::new_v4().to_string();
        let detection = DriftDetection { id: id.clone(), begun: call.now, ended: None };
        worker.with(|stack| stack.detections.push(detection));
        let answer = json!({"StackDriftDetectionId": id});
        call.region.tasks().spawn(async move {
            let end = drift::detect(&worker, records).await;
            worker.with(|stack| {
                if let Some(detection) = stack.detections.iter_mut().find(|one| one.id == id) {
                    detection.ended = Some(end);
                }
            });
        });
        Ok(answer)
    }

    pub(crate) fn describe_stack_drift_detection_status(
        &self,
        call: &Call,
        input: DescribeStackDriftDetectionStatus,
    ) -> Result<Value, AwsError> {
        let id = input.stack_drift_detection_id;
        let stacks = self.lock();
        let mut stacks = stacks.get(call.account()).into_iter().flatten();
        let found = stacks.find_map(|stack| Some(stack.detections.iter().find(|one| one.id == id)?.document(&stack.id)));
        found.ok_or_else(|| validation(format!("Drift detection with id {id} does not exist")))
    }

    pub(crate) async fn detect_stack_resource_drift(
        &self,
        call: &Call,
        input: DetectStackResourceDrift,
    ) -> Result<Value, AwsError> {
        let stack = detectable(self, call, &input.stack_name)?;
        let resource = resource(&stack, &input.logical_resource_id)?;
        let worker = worker(self, call, &stack)?;
        let drift = match drift::look(&worker, resource).await {
            Looked::At(drift) => drift,
            Looked::Lacking => {
                return Err(AwsError::not_implemented("cloudformation", &format!("drift detection of {}", resource.kind)));
            }
            Looked::Unsupported => {
                return Err(validation(format!("Resource type {} does not support drift detection", resource.kind)));
            }
        };
        if let Some(reason) = &drift.reason {
            return Err(validation(format!("Failed to detect drift on resource [{}]: {reason}", resource.id)));
        }
        let answer = json!({"StackResourceDrift": document(&stack.id, resource, &drift)});
        drift::keep(&worker, resource, *drift);
        Ok(answer)
    }

    pub(crate) fn describe_stack_resource_drifts(
        &self,
        call: &Call,
        input: DescribeStackResourceDrifts,
    ) -> Result<Value, AwsError> {
        let (name, filters) = (&input.stack_name, &input.stack_resource_drift_status_filters);
        if let Some(other) = filters.iter().find(|one| !STATUSES.contains(&one.as_str())) {
            return Err(validation(format!(
                "1 validation error detected: Value '[{other}]' at 'stackResourceDriftStatusFilters' failed to satisfy constraint: \
                 Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
                STATUSES.join(", ")
            )));
        }
        let listed = |stack: &Stack| {
            let checked = stack.resources.iter().filter_map(|resource| Some((resource, resource.drift.as_ref()?)));
            let wanted = checked.filter(|(_, drift)| filters.is_empty() || filters.iter().any(|one| one == drift.status));
            let mut wanted: Vec<_> = wanted.collect();
            wanted.sort_by_key(|(resource, _)| resource.id.as_str());
            wanted.iter().map(|(resource, drift)| document(&stack.id, resource, drift)).collect::<Vec<_>>()
        };
        let drifts = self.look_up(call.account(), name, listed);
        let drifts = drifts.ok_or_else(|| validation(format!("Stack [{name}] does not exist")))?;
        let size = input.max_results.unwrap_or(PAGE).clamp(1, PAGE);
        page("StackResourceDrifts", drifts, input.next_token.as_deref(), size, || validation("Invalid NextToken"))
    }
}
