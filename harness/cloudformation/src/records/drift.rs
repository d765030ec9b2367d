//! What detections of drift have found.

use jiff::Timestamp;
use serde_json::{Value, json};

/// What a resource was found to be, against what it is to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResourceDrift {
    /// `IN_SYNC`, `MODIFIED`, `DELETED` or `UNKNOWN`.
    pub status: &'static str,
    /// Why it could not be looked at.
    pub reason: Option<String>,
    pub checked: Timestamp,
    /// The properties that the template gives.
    pub expected: Value,
    /// The same properties as they are; `None` if the resource is gone.
    pub actual: Option<Value>,
    /// In the form of answers.
    pub differences: Vec<Value>,
}

impl ResourceDrift {
    /// Whether the resource is not what it is to be.
    pub(crate) fn is_drifted(&self) -> bool {
        matches!(self.status, "MODIFIED" | "DELETED")
    }
}

/// The drift information of a resource in the form of answers.
pub(crate) fn resource_information(drift: Option<&ResourceDrift>) -> Value {
    match drift {
        Some(drift) => {
            json!({"StackResourceDriftStatus": drift.status, "LastCheckTimestamp": drift.checked.to_string()})
        }
        None => json!({"StackResourceDriftStatus": "NOT_CHECKED"}),
    }
}

/// An operation that looks at a stack's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DriftDetection {
    pub id: String,
    pub begun: Timestamp,
    /// `None` as long as it goes on.
    pub ended: Option<DetectionEnd>,
}

/// What a detection came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DetectionEnd {
    /// `IN_SYNC`, `DRIFTED` or `UNKNOWN`.
    pub stack_status: &'static str,
    /// Why not all resources could be looked at.
    pub failure: Option<String>,
    /// How many resources are not what they are to be.
    pub drifted: usize,
}

impl DriftDetection {
    /// The detection in `DescribeStackDriftDetectionStatus`' form.
    pub(crate) fn document(&self, stack_id: &str) -> Value {
        let end = self.ended.as_ref();
        let (status, reason) = match end.map(|end| &end.failure) {
            None => ("DETECTION_IN_PROGRESS", Some("User Initiated".to_owned())),
            Some(None) => ("DETECTION_COMPLETE", None),
            Some(failure) => ("DETECTION_FAILED", failure.clone()),
        };
        json!({
            "StackId": stack_id,
            "StackDriftDetectionId": self.id,
            "StackDriftStatus": end.map(|end| end.stack_status),
            "DetectionStatus": status,
            "DetectionStatusReason": reason,
            "DriftedStackResourceCount": end.map(|end| end.drifted),
            "Timestamp": self.begun.to_string(),
        })
    }
}

/// The drift information of a stack in the form of answers: what the last detection that has ended came to.
pub(crate) fn stack_information(detections: &[DriftDetection]) -> Value {
    let last = detections.iter().rev().find_map(|one| Some((one, one.ended.as_ref()?)));
    match last {
        Some((detection, end)) => {
            json!({"StackDriftStatus": end.stack_status, "LastCheckTimestamp": detection.begun.to_string()})
        }
        None => json!({"StackDriftStatus": "NOT_CHECKED"}),
    }
}
