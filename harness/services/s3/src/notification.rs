//! Event notifications: which events of a bucket go where.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html>

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Events that can be asked for. Those of losses, tiering and restoring never happen here, and those of replication go with its metrics, which are none.
const EVENTS: [&str; 26] = [
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
];

/// A bucket's configuration, as it is put.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notifications {
    #[serde(default)]
    pub(crate) topic_configurations: Vec<Notification>,
    #[serde(default)]
    pub(crate) queue_configurations: Vec<Notification>,
    #[serde(default)]
    pub(crate) lambda_function_configurations: Vec<Notification>,
    pub(crate) event_bridge_configuration: Option<EventBridge>,
}

/// Whether all events go to the default event bus.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EventBridge {}

/// Which events go to one destination.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notification {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(alias = "TopicArn", alias = "QueueArn", alias = "LambdaFunctionArn")]
    pub(crate) arn: String,
    #[serde(default)]
    pub(crate) events: Vec<String>,
    pub(crate) filter: Option<Filter>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Filter {
    pub(crate) key: Option<KeyFilter>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyFilter {
    #[serde(default)]
    pub(crate) filter_rules: Vec<FilterRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FilterRule {
    pub(crate) name: Option<String>,
    pub(crate) value: Option<String>,
}

/// Where a notification goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Topic,
    Queue,
    Function,
}

impl Kind {
    /// The signing name of its service.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Topic => "sns",
            Self::Queue => "sqs",
            Self::Function => "lambda",
        }
    }

    /// What refusals call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Topic => "Topic",
            Self::Queue => "Queue",
            Self::Function => "CloudFunction",
        }
    }

    fn member(self) -> &'static str {
        match self {
            Self::Topic => "TopicArn",
            Self::Queue => "QueueArn",
            Self::Function => "LambdaFunctionArn",
        }
    }
}

/// Whether S3 knows an event of this name.
pub(crate) fn is_event(name: &str) -> bool {
    EVENTS.contains(&name)
}

impl Notifications {
    /// All destinations but the event bus.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Kind, &Notification)> {
        let topics = self.topic_configurations.iter().map(|one| (Kind::Topic, one));
        let queues = self.queue_configurations.iter().map(|one| (Kind::Queue, one));
        topics.chain(queues).chain(self.lambda_function_configurations.iter().map(|one| (Kind::Function, one)))
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = (Kind, &mut Notification)> {
        let topics = self.topic_configurations.iter_mut().map(|one| (Kind::Topic, one));
        let queues = self.queue_configurations.iter_mut().map(|one| (Kind::Queue, one));
        topics.chain(queues).chain(self.lambda_function_configurations.iter_mut().map(|one| (Kind::Function, one)))
    }

    /// The document that is read back.
    pub(crate) fn document(&self) -> Value {
        let list = |kind: Kind, all: &[Notification]| -> Value {
            if all.is_empty() { Value::Null } else { all.iter().map(|one| one.document(kind)).collect() }
        };
        json!({
            "TopicConfigurations": list(Kind::Topic, &self.topic_configurations),
            "QueueConfigurations": list(Kind::Queue, &self.queue_configurations),
            "LambdaFunctionConfigurations": list(Kind::Function, &self.lambda_function_configurations),
            "EventBridgeConfiguration": self.event_bridge_configuration.as_ref().map(|_| json!({})),
        })
    }
}

impl Notification {
    fn document(&self, kind: Kind) -> Value {
        let mut out = Map::new();
        out.insert("Id".to_owned(), json!(self.id));
        out.insert(kind.member().to_owned(), json!(self.arn));
        out.insert("Events".to_owned(), json!(self.events));
        if let Some(filter) = &self.filter {
            let rules: Vec<Value> = self.rules().iter().map(|rule| json!({"Name": rule.name, "Value": rule.value})).collect();
            out.insert("Filter".to_owned(), json!({"Key": filter.key.as_ref().map(|_| json!({"FilterRules": rules}))}));
        }
        Value::Object(out)
    }

    pub(crate) fn rules(&self) -> &[FilterRule] {
        self.filter.as_ref().and_then(|filter| filter.key.as_ref()).map_or(&[], |key| &key.filter_rules)
    }

    fn rule(&self, name: &str) -> &str {
        self.rules()
            .iter()
            .find(|rule| rule.name.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(name)))
            .and_then(|rule| rule.value.as_deref())
            .unwrap_or_default()
    }

    /// Whether it wants this event (`ObjectCreated:Put`) of this key.
    pub(crate) fn wants(&self, event: &str, key: &str) -> bool {
        self.events.iter().any(|wanted| takes(wanted, event))
            && key.starts_with(self.rule("prefix"))
            && key.ends_with(self.rule("suffix"))
    }

    /// Whether some event of some key would go to both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let common = |one: &str, another: &str| takes(one, another.trim_start_matches("s3:"));
        let events =
            self.events.iter().any(|one| other.events.iter().any(|another| common(one, another) || common(another, one)));
        let (prefix, suffix) = (self.rule("prefix"), self.rule("suffix"));
        let (prefixes, suffixes) = (other.rule("prefix"), other.rule("suffix"));
        events
            && (prefix.starts_with(prefixes) || prefixes.starts_with(prefix))
            && (suffix.ends_with(suffixes) || suffixes.ends_with(suffix))
    }
}

/// Whether the event that is asked for (`s3:ObjectCreated:*`) is this one (`ObjectCreated:Put`), or all of its kind.
fn takes(wanted: &str, event: &str) -> bool {
    let wanted = wanted.trim_start_matches("s3:");
    match wanted.strip_suffix('*') {
        Some(kind) => event.starts_with(kind),
        None => wanted == event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(events: &[&str], rules: &[(&str, &str)]) -> Notification {
        let rules: Vec<Value> = rules.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        serde_json::from_value(json!({"QueueArn": "a", "Events": events, "Filter": {"Key": {"FilterRules": rules}}}))
            .expect("one")
    }

    #[test]
    fn an_event_goes_where_it_is_wanted() {
        let wanted = notification(&["s3:ObjectCreated:*"], &[("Prefix", "in/"), ("suffix", ".txt")]);
        assert!(wanted.wants("ObjectCreated:Put", "in/a.txt"));
        assert!(!wanted.wants("ObjectRemoved:Delete", "in/a.txt") && !wanted.wants("ObjectCreated:Put", "in/a.gz"));
        assert!(!notification(&["s3:ObjectCreated:Copy"], &[]).wants("ObjectCreated:Put", "k"));
    }

    #[test]
    fn configurations_that_share_an_event_overlap() {
        let all = notification(&["s3:ObjectCreated:*"], &[("prefix", "a")]);
        assert!(all.overlaps(&notification(&["s3:ObjectCreated:Put"], &[("prefix", "ab"), ("suffix", ".x")])));
        assert!(!all.overlaps(&notification(&["s3:ObjectCreated:Put"], &[("prefix", "b")])));
        assert!(!all.overlaps(&notification(&["s3:ObjectRemoved:*"], &[])));
    }
}
