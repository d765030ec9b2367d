//! Findings: what does not break a night and should be mended.

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::archive::bucket::Bucket;
use crate::chain::failure::{HopFailure, at};
use crate::evidence::notifications::Notification;
use crate::evidence::open_port;
use crate::restore::archive_check::Restored;
use crate::steps::rule::Rule;
use crate::steps::verify::Stored;
use crate::{Finding, Hop, outcome};

fn finding(id: &str, detail: impl Into<String>) -> Finding {
    outcome::Finding { id: id.to_owned(), detail: detail.into() }
}

/// Of the stack as it stands.
pub(crate) async fn of_stack(
    client: &DynamicClient,
    stack: &str,
    buckets: &[Bucket],
    resources: &Resources,
) -> Result<Vec<Finding>, HopFailure> {
    let mut found = open_port::find(client, stack, resources).await?;
    for bucket in buckets.iter().filter(|bucket| bucket.log.is_none()) {
        found.push(finding(
            "no-access-log",
            format!("{} gets archives and logs no access: give it a LoggingConfiguration", bucket.name),
        ));
    }
    let mut names: Vec<String> = buckets.iter().map(|bucket| bucket.name.clone()).collect();
    names.extend(resources.ids("AWS::S3::Bucket"));
    names.sort();
    names.dedup();
    for name in names {
        let answer = client.ask("s3", "GetPublicAccessBlock", &json!({ "Bucket": name })).await;
        let answer = match answer {
            Err(error) if error.code == "NoSuchPublicAccessBlockConfiguration" => Value::Null,
            answered => answered.map_err(at(Hop::Object, "GetPublicAccessBlock"))?,
        };
        let is_on = |way: &str| answer.pointer(&format!("/PublicAccessBlockConfiguration/{way}")) == Some(&Value::Bool(true));
        let whole = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"].into_iter().all(is_on);
        if !whole {
            found.push(finding(
                "no-public-access-block",
                format!("{name} does not block public access in all four ways: set its PublicAccessBlockConfiguration"),
            ));
        }
    }
    Ok(found)
}

/// Of what the function said.
pub(crate) fn of_function(function: &str, complaint: Option<&str>) -> Option<Finding> {
    complaint.map(|line| {
        finding("function-error", format!("{function} logs an error and reports success, so no alarm sees it: {line}"))
    })
}

/// Of a function that leaves no trace of what it did.
pub(crate) fn of_function_log(function: &str) -> Finding {
    finding("no-function-log", format!("{function} wrote no log: may its role write to the function's log group?"))
}

/// Of a chain that was left out, as no bucket of the stack is named in it.
pub(crate) fn of_trigger(rule: &Rule) -> Finding {
    let detail = format!(
        "{} starts {}, and nothing in that chain names a bucket of the stack: it was not drilled; choose it by --trigger if it is a backup",
        rule.name, rule.starts
    );
    finding("chain-not-drilled", detail)
}

/// Of a chain that an event starts, beside one that a clock does.
pub(crate) fn of_event(rule: &Rule) -> Finding {
    let detail = format!(
        "{} ({}) starts {}, which names a bucket of the stack, beside a backup that a clock starts: it was not drilled; choose it by --trigger if it is a backup",
        rule.name, rule.schedule, rule.starts
    );
    finding("chain-not-drilled", detail)
}

/// Of an archive, beside the bucket's own default.
pub(crate) async fn of_archive(client: &DynamicClient, stored: &Stored) -> Result<Option<Finding>, HopFailure> {
    let archive = &stored.archive;
    let answer = match client.ask("s3", "GetBucketEncryption", &json!({ "Bucket": archive.bucket })).await {
        Err(error) if error.code == "ServerSideEncryptionConfigurationNotFoundError" => return Ok(None),
        answered => answered.map_err(at(Hop::Object, "GetBucketEncryption"))?,
    };
    let default = answer.pointer("/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault");
    let member = |name: &str| default.and_then(|default| default.get(name)).and_then(Value::as_str);
    let Some(wanted) = member("SSEAlgorithm") else { return Ok(None) };
    if wanted != archive.encryption {
        let detail = format!("{} is encrypted by {} where the bucket's default is {wanted}", archive.key, archive.encryption);
        return Ok(Some(finding("other-encryption", detail)));
    }
    let key = archive.key_id.as_deref().unwrap_or_default();
    Ok(member("KMSMasterKeyID").filter(|wanted| !same_key(wanted, key)).map(|wanted| {
        finding("other-key", format!("{} is encrypted by the key `{key}` where the bucket's default is `{wanted}`", archive.key))
    }))
}

/// Whether the two name one key, as an ARN or an id. An alias cannot be told, and passes.
fn same_key(wanted: &str, key: &str) -> bool {
    let id = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    wanted.contains("alias/") || id(wanted) == id(key)
}

/// Of what a backup holds beside the data, has no place for, or keeps to itself.
pub(crate) fn of_restore(stored: &[&Stored], restored: &Restored) -> Vec<Finding> {
    let comparison = &restored.comparison;
    let keys: Vec<&str> = stored.iter().map(|one| one.archive.key.as_str()).collect();
    let (keys, mut found) = (keys.join(", "), Vec::new());
    if let Some(first) = comparison.extra.first() {
        let count = comparison.extra.len();
        found.push(finding("extra-files", format!("{keys} holds {count} entries that were not seeded, such as `{first}`")));
    }
    if let Some(first) = comparison.not_kept.first() {
        let count = comparison.not_kept.len();
        let detail =
            format!("the form of {keys} has no place for {count} things of the data, which have to be set by hand: {first}");
        found.push(finding("not-kept", detail));
    }
    let unopened = restored.unopened.iter().map(|unopened| {
        finding("not-opened", format!("all of the data restores without it, and nothing is known of what is in it: {unopened}"))
    });
    found.extend(unopened);
    found
}

/// Of a file of checksums that names nothing of its night.
pub(crate) fn of_checksum(key: &str) -> Finding {
    finding("checksum-of-nothing", format!("{key} has no checksum of any object of its night"))
}

/// Notifications that were refused by a topic or by a subscriber.
pub(crate) fn of_notice(refused: &[(String, String, String)], told: &[Notification]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (topic, by, message) in refused {
        let hint =
            if by == "events.amazonaws.com" { " (EventBridge is let in by a statement without a Condition alone)" } else { "" };
        found.push(finding(
            "notice-refused",
            format!("topic {topic} was told nothing by {by}: {message}: let its policy name {by}{hint}"),
        ));
    }
    for told in told {
        for to in told.to.iter().filter(|to| to.contains(": not delivered: ")) {
            found.push(finding("notice-undelivered", format!("{}, and not who has subscribed: {to}", told.sentence())));
        }
    }
    found
}

/// Of an upload that no access log shows.
pub(crate) fn of_access_log(stored: &Stored) -> Finding {
    finding(
        "access-log-missing",
        format!(
            "the upload of {} is in no access log: may logging.s3.amazonaws.com write to the log bucket?",
            stored.archive.key
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_by_id_and_by_arn() {
        let arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
        assert!(same_key("1234abcd", arn) && same_key(arn, arn) && same_key("alias/x", arn));
        assert!(!same_key("arn:aws:kms:us-east-1:123456789012:key/other", arn));
    }
}
