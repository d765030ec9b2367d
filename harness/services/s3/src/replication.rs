//! Replication configurations: which objects of a bucket are copied to which bucket.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html>

use serde::Deserialize;
use serde_json::Value;

/// `ReplicationConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Replication {
    /// The role that S3 replicates as.
    pub(crate) role: String,
    pub(crate) rules: Vec<Rule>,
}

/// A rule. Of the first version, which had a prefix and no filter, it takes delete markers too.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rule {
    #[serde(rename = "ID", default)]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) priority: i64,
    pub(crate) prefix: Option<String>,
    pub(crate) filter: Option<Filter>,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) source_selection_criteria: SourceSelectionCriteria,
    pub(crate) existing_object_replication: Option<Switch>,
    #[serde(default)]
    pub(crate) destination: Destination,
    pub(crate) delete_marker_replication: Option<Switch>,
}

/// What is on or off.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Switch {
    pub(crate) status: String,
}

impl Switch {
    fn is_on(&self) -> bool {
        self.status == "Enabled"
    }
}

/// Which objects a rule is for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Filter {
    prefix: Option<String>,
    pub(crate) tag: Option<Value>,
    pub(crate) and: Option<And>,
}

/// Several conditions together.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct And {
    prefix: Option<String>,
    pub(crate) tags: Vec<Value>,
}

/// Which objects that are not replicated by themselves are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SourceSelectionCriteria {
    pub(crate) sse_kms_encrypted_objects: Switch,
    pub(crate) replica_modifications: Switch,
}

/// Where replicas go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Destination {
    /// The ARN of the bucket.
    pub(crate) bucket: String,
    /// The account that owns it.
    pub(crate) account: Option<String>,
    pub(crate) storage_class: Option<String>,
    pub(crate) access_control_translation: Option<Value>,
    pub(crate) encryption_configuration: EncryptionConfiguration,
    pub(crate) replication_time: Option<Value>,
    pub(crate) metrics: Option<Value>,
}

/// What replicas are encrypted by.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct EncryptionConfiguration {
    #[serde(rename = "ReplicaKmsKeyID")]
    pub(crate) replica_kms_key_id: Option<String>,
}

impl Destination {
    /// The bucket's name.
    pub(crate) fn bucket_name(&self) -> &str {
        self.bucket.strip_prefix("arn:aws:s3:::").unwrap_or(&self.bucket)
    }
}

impl Rule {
    /// The prefix of the keys that it is for.
    pub(crate) fn key_prefix(&self) -> &str {
        let filter = self.filter.as_ref();
        let of_filter =
            filter.and_then(|filter| filter.and.as_ref().map_or(filter.prefix.as_deref(), |and| and.prefix.as_deref()));
        of_filter.or(self.prefix.as_deref()).unwrap_or_default()
    }

    fn tags(&self) -> impl Iterator<Item = &Value> {
        let filter = self.filter.as_ref();
        let several = filter.and_then(|filter| filter.and.as_ref()).into_iter().flat_map(|and| &and.tags);
        several.chain(filter.and_then(|filter| filter.tag.as_ref()))
    }

    /// Whether it looks at tags.
    pub(crate) fn is_by_tags(&self) -> bool {
        self.tags().next().is_some()
    }

    fn is_on(&self) -> bool {
        self.status == "Enabled"
    }

    /// Whether it is for an object of this key with these tags.
    fn takes(&self, key: &str, tags: &[Value]) -> bool {
        self.is_on() && key.starts_with(self.key_prefix()) && self.tags().all(|tag| tags.contains(tag))
    }

    /// Whether it copies delete markers.
    fn takes_markers(&self) -> bool {
        match &self.delete_marker_replication {
            Some(switch) => switch.is_on(),
            None => self.filter.is_none(),
        }
    }
}

/// What is to be replicated.
pub(crate) struct Candidate<'a> {
    pub(crate) key: &'a str,
    pub(crate) tags: &'a [Value],
    /// Whether it is encrypted under a key of KMS.
    pub(crate) under_kms: bool,
    pub(crate) is_marker: bool,
}

impl Replication {
    /// The rules by which an object is replicated: for each destination that of the highest priority.
    pub(crate) fn rules_for(&self, candidate: &Candidate<'_>) -> Vec<&Rule> {
        let mut found: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| rule.takes(candidate.key, candidate.tags))
            .filter(|rule| !candidate.is_marker || rule.takes_markers())
            .filter(|rule| !candidate.under_kms || rule.source_selection_criteria.sse_kms_encrypted_objects.is_on())
            .collect();
        found.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|rule| seen.insert(rule.destination.bucket.as_str()));
        found
    }
}

/// How far an object is replicated.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplicationStatus {
    Pending,
    Completed,
    Failed,
    /// It is a replica itself.
    Replica,
}

impl ReplicationStatus {
    /// `x-amz-replication-status`
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Replica => "REPLICA",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn replication(rules: Value) -> Replication {
        serde_json::from_value(json!({"Role": "arn:aws:iam::111122223333:role/r", "Rules": rules})).unwrap()
    }

    fn rule(id: &str, more: Value) -> Value {
        let mut rule = json!({"ID": id, "Status": "Enabled", "Filter": {}, "Destination": {"Bucket": "arn:aws:s3:::there"}});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    }

    fn ids(replication: &Replication, candidate: &Candidate<'_>) -> Vec<String> {
        replication.rules_for(candidate).into_iter().map(|rule| rule.id.clone()).collect()
    }

    const OBJECT: Candidate<'static> = Candidate { key: "db/night.tar", tags: &[], under_kms: false, is_marker: false };

    #[test]
    fn of_two_rules_for_a_bucket_the_higher_priority_counts() {
        let rules = json!([
            rule("low", json!({"Priority": 1})),
            rule("high", json!({"Priority": 2})),
            rule("else", json!({"Priority": 0, "Destination": {"Bucket": "arn:aws:s3:::elsewhere"}})),
            rule("off", json!({"Priority": 9, "Status": "Disabled"}))
        ]);
        assert_eq!(ids(&replication(rules), &OBJECT), ["high", "else"]);
    }

    #[test]
    fn prefix_and_tags_choose() {
        let tag = json!({"Key": "keep", "Value": "yes"});
        let rules = json!([rule("tagged", json!({"Filter": {"And": {"Prefix": "db/", "Tags": [tag]}}}))]);
        let replication = replication(rules);
        assert!(ids(&replication, &OBJECT).is_empty());
        let tags = [tag.clone()];
        assert_eq!(ids(&replication, &Candidate { tags: &tags, ..OBJECT }), ["tagged"]);
        assert!(ids(&replication, &Candidate { tags: &tags, key: "log", ..OBJECT }).is_empty());
    }

    #[test]
    fn delete_markers_and_objects_under_kms_are_asked_for() {
        let plain = replication(json!([rule("plain", json!({}))]));
        let marker = Candidate { is_marker: true, ..OBJECT };
        let kms = Candidate { under_kms: true, ..OBJECT };
        assert!(ids(&plain, &marker).is_empty() && ids(&plain, &kms).is_empty());
        let asked = replication(json!([rule(
            "asked",
            json!({"DeleteMarkerReplication": {"Status": "Enabled"},
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}})
        )]));
        assert!(ids(&asked, &marker) == ["asked"] && ids(&asked, &kms) == ["asked"]);
        let first = json!([{"ID": "v1", "Status": "Enabled", "Prefix": "db/", "Destination": {"Bucket": "arn:aws:s3:::there"}}]);
        assert_eq!(ids(&replication(first), &marker), ["v1"]);
    }
}
