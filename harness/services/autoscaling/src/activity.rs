//! Scaling activities. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html>

use jiff::Timestamp;
use nightproof_core::document::whole_seconds;
use serde_json::{Value, json};

/// Activities are kept for six weeks on AWS; so many are more than a rehearsal makes.
const MOST: usize = 1000;

/// What a group did, or does.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub(crate) id: String,
    description: String,
    cause: String,
    start: Timestamp,
    end: Option<Timestamp>,
    pub(crate) status: &'static str,
    message: Option<String>,
    details: String,
}

impl Activity {
    /// One that begins now.
    pub(crate) fn new(description: String, cause: String, (subnet, zone): (&str, &str), now: Timestamp) -> Self {
        let mut details = json!({ "Availability Zone": zone });
        if let (Some(members), false) = (details.as_object_mut(), subnet.is_empty()) {
            members.insert("Subnet ID".to_owned(), subnet.into());
        }
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            description,
            cause,
            start: now,
            end: None,
            status: "InProgress",
            message: None,
            details: details.to_string(),
        }
    }

    /// Ends it.
    pub(crate) fn end(&mut self, status: &'static str, message: Option<String>, now: Timestamp) {
        (self.status, self.message, self.end) = (status, message, Some(now));
    }

    /// Its cause and times, as events have them.
    pub(crate) fn event(&self, status: &str, now: Timestamp) -> Value {
        let message = self.message.as_deref().unwrap_or_default();
        json!({
            "StatusCode": status, "StatusMessage": message, "Description": self.description, "Cause": self.cause,
            "ActivityId": self.id, "RequestId": self.id, "Progress": 50,
            "StartTime": self.start, "EndTime": self.end.unwrap_or(now),
        })
    }

    pub(crate) fn describe(&self, group: &str, arn: &str) -> Value {
        let mut described = json!({
            "ActivityId": self.id, "AutoScalingGroupName": group, "AutoScalingGroupARN": arn, "Description": self.description,
            "Cause": self.cause, "StartTime": self.start, "StatusCode": self.status,
            "Progress": if self.end.is_some() { 100 } else { 50 }, "Details": self.details,
        });
        if let Some(members) = described.as_object_mut() {
            if let Some(end) = self.end {
                members.insert("EndTime".to_owned(), json!(end));
            }
            if let Some(message) = &self.message {
                members.insert("StatusMessage".to_owned(), message.as_str().into());
            }
        }
        described
    }
}

/// The activities of a group, the newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activities(Vec<Activity>);

impl Activities {
    /// Adds one; returns its id.
    pub(crate) fn add(&mut self, activity: Activity) -> String {
        let id = activity.id.clone();
        self.0.insert(0, activity);
        self.0.truncate(MOST);
        id
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Activity> {
        self.0.iter()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Activity> {
        self.0.iter().find(|activity| activity.id == id)
    }

    /// Gives one another status before it ends.
    pub(crate) fn set_status(&mut self, id: &str, status: &'static str) {
        if let Some(activity) = self.0.iter_mut().find(|activity| activity.id == id && activity.end.is_none()) {
            activity.status = status;
        }
    }

    /// Ends one that has not ended yet.
    pub(crate) fn end(&mut self, id: &str, status: &'static str, message: Option<String>, now: Timestamp) {
        if let Some(activity) = self.0.iter_mut().find(|activity| activity.id == id && activity.end.is_none()) {
            activity.end(status, message, now);
        }
    }

    /// Whether one has not ended.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.0.iter().any(|activity| activity.end.is_none())
    }
}

/// A time as causes have it.
pub(crate) fn at(time: Timestamp) -> String {
    whole_seconds(time).to_string()
}
