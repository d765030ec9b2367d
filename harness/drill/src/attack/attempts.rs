//! The calls that an intruder would try. Each is one that the documentation of its service names as a way to lose data or protection:
//! - S3: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html>,
//!   <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>
//! - KMS: <https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html>

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::attack::attacker::Attacker;
use crate::attack::attempt::{Planned, Request, Undo};
use crate::attack::result::AttackEffect;
use crate::attack::target::Target;
use crate::chain::failure::{HopFailure, at};
use crate::steps::occurrence::{Cause, Messenger, Occurrence};
use crate::steps::rule::Rule;
use crate::{FailurePoint, Hop};

/// A policy that allows everything, for a role that may give it to itself.
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const ATTACK_POLICY: &str = "nightproof-attack";
const LOST: (AttackEffect, &str) = (AttackEffect::Destroyed, "nobody can read the archive any more");

fn planned(action: &'static str, on: String, request: Request) -> Planned {
    Planned {
        action,
        on,
        requests: vec![request],
        then: None,
        unreadable: LOST,
        otherwise: (AttackEffect::Withstood, "the archive is as it was".to_owned()),
        undone_by: Undo::Operator(Vec::new()),
    }
}

impl Planned {
    fn or(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }

    fn then(mut self, request: Request) -> Self {
        self.then = Some(request);
        self
    }

    fn weakens(mut self, why: impl Into<String>) -> Self {
        self.otherwise = (AttackEffect::Weakened, why.into());
        self
    }

    fn undo(mut self, requests: impl IntoIterator<Item = Request>) -> Self {
        self.undone_by = Undo::Operator(requests.into_iter().collect());
        self
    }

    fn last(mut self) -> Self {
        self.undone_by = Undo::Never;
        self
    }
}

/// The deletion of the target itself, with all that its caller may do to get around Object Lock.
fn deletion(target: &Target) -> Request {
    let mut input = json!({ "Bucket": target.bucket, "Key": target.key });
    if let (Some(members), Some(version)) = (input.as_object_mut(), &target.version) {
        members.insert("VersionId".to_owned(), version.as_str().into());
        if target.settings.object_lock.is_some() {
            members.insert("BypassGovernanceRetention".to_owned(), true.into());
        }
    }
    Request::call("s3", "DeleteObject", input)
}

/// Against one archive and its bucket.
pub(crate) fn on_archive(target: &Target, attacker: &Attacker) -> Vec<Planned> {
    let (bucket, key, settings) = (target.bucket.as_str(), target.key.as_str(), &target.settings);
    let object = || target.name();
    let whole = || format!("s3://{bucket}");
    let named = json!({ "Bucket": bucket, "Key": key });
    let mut found = vec![
        planned("s3:DeleteObject", object(), Request::call("s3", "DeleteObject", named)),
        planned("s3:PutObject", object(), Request::Overwrite { encrypted_alike: false })
            .or(Request::Overwrite { encrypted_alike: true }),
    ];
    if let Some(version) = &target.version {
        let input = json!({ "Bucket": bucket, "Key": key, "VersionId": version });
        let plain = planned("s3:DeleteObjectVersion", object(), Request::call("s3", "DeleteObject", input));
        found.push(if settings.object_lock.is_some() { plain.or(deletion(target)) } else { plain });
        let suspended = json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Suspended" } });
        let enabled = json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Enabled" } });
        found.push(
            planned("s3:PutBucketVersioning", whole(), Request::call("s3", "PutBucketVersioning", suspended))
                .weakens("it suspends versioning: what is written from then on is lost when it is overwritten")
                .undo([Request::call("s3", "PutBucketVersioning", enabled)]),
        );
    }
    let expiring = json!([{ "ID": ATTACK_POLICY, "Status": "Enabled", "Filter": { "Prefix": "" }, "Expiration": { "Days": 1 },
        "NoncurrentVersionExpiration": { "NoncurrentDays": 1 } }]);
    let mut lifecycle = planned(
        "s3:PutLifecycleConfiguration",
        whole(),
        Request::call(
            "s3",
            "PutBucketLifecycleConfiguration",
            json!({ "Bucket": bucket, "LifecycleConfiguration": { "Rules": expiring } }),
        ),
    )
    .undo([settings.put_lifecycle(bucket)]);
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-lifecycle
    lifecycle.otherwise = if settings.object_lock.is_some() {
        (
            AttackEffect::Hidden,
            "a lifecycle rule expires every archive after a day; locked versions stay until their retention ends".to_owned(),
        )
    } else {
        (AttackEffect::Destroyed, "a lifecycle rule removes every archive with all its versions after a day or two".to_owned())
    };
    found.push(lifecycle);
    let open = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": attacker.principal },
        "Action": "s3:*", "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")] }] });
    found.push(
        planned(
            "s3:PutBucketPolicy",
            whole(),
            Request::call("s3", "PutBucketPolicy", json!({ "Bucket": bucket, "Policy": open.to_string() })),
        )
        .then(deletion(target))
        .weakens("it replaces the bucket's policy")
        .undo([settings.put_policy(bucket)]),
    );
    if settings.policy.is_some() {
        found.push(
            planned("s3:DeleteBucketPolicy", whole(), Request::call("s3", "DeleteBucketPolicy", json!({ "Bucket": bucket })))
                .then(deletion(target))
                .weakens("it removes the bucket's policy")
                .undo([settings.put_policy(bucket)]),
        );
    }
    if settings.encryption.is_some() {
        let own = json!({ "Rules": [{ "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }] });
        let input = json!({ "Bucket": bucket, "ServerSideEncryptionConfiguration": own });
        found.push(
            planned("s3:PutEncryptionConfiguration", whole(), Request::call("s3", "PutBucketEncryption", input))
                .weakens("it changes by which key archives are encrypted from then on")
                .undo([settings.put_encryption(bucket)]),
        );
    }
    if let Some(logging) = &settings.logging {
        let put =
            |status: Value| Request::call("s3", "PutBucketLogging", json!({ "Bucket": bucket, "BucketLoggingStatus": status }));
        found.push(
            planned("s3:PutBucketLogging", whole(), put(json!({})))
                .weakens("it ends the bucket's access log, which shows what was deleted")
                .undo([put(json!({ "LoggingEnabled": logging }))]),
        );
    }
    // It has ended already while the attack lasts.
    if settings.replication.is_some() {
        let ended = Request::call("s3", "DeleteBucketReplication", json!({ "Bucket": bucket }));
        let planned = planned("s3:PutReplicationConfiguration", whole(), ended);
        found.push(planned.weakens("it ends replication: archives that are written from then on have no copy"));
    }
    if let (Some(lock), Some(version)) = (&settings.object_lock, &target.version) {
        found.extend(on_lock(target, lock, version));
    }
    found
}

/// Against what Object Lock holds.
fn on_lock(target: &Target, lock: &Value, version: &str) -> Vec<Planned> {
    let (bucket, key) = (&target.bucket, &target.key);
    let retain = |retention: Value| {
        let input = json!({ "Bucket": bucket, "Key": key, "VersionId": version, "Retention": retention, "BypassGovernanceRetention": true });
        Request::call("s3", "PutObjectRetention", input)
    };
    let hold = |status: &str| {
        let input = json!({ "Bucket": bucket, "Key": key, "VersionId": version, "LegalHold": { "Status": status } });
        Request::call("s3", "PutObjectLegalHold", input)
    };
    let put = |configuration: Value| {
        let input = json!({ "Bucket": bucket, "ObjectLockConfiguration": configuration });
        Request::call("s3", "PutObjectLockConfiguration", input)
    };
    let mut found = vec![
        planned("s3:PutBucketObjectLockConfiguration", format!("s3://{bucket}"), put(json!({ "ObjectLockEnabled": "Enabled" })))
            .weakens("archives that are written from then on are not locked")
            .undo([put(lock.clone())]),
    ];
    if let Some((mode, until)) = &target.retention {
        let mut ended = planned("s3:PutObjectRetention", target.name(), retain(json!({})))
            .then(deletion(target))
            .weakens("it ends the retention of the archive");
        ended.undone_by = Undo::IfThere(vec![retain(json!({ "Mode": mode, "RetainUntilDate": until }))]);
        found.push(ended);
    }
    if target.is_held {
        let mut lifted = planned("s3:PutObjectLegalHold", target.name(), hold("OFF"))
            .then(deletion(target))
            .weakens("it lifts the legal hold of the archive");
        lifted.undone_by = Undo::IfThere(vec![hold("ON")]);
        found.push(lifted);
    }
    found
}

/// Against the key that decrypts an archive, if it is a customer's own.
pub(crate) async fn on_key(client: &DynamicClient, target: &Target, attacker: &Attacker) -> Result<Vec<Planned>, HopFailure> {
    let Some(key) = &target.key_id else { return Ok(Vec::new()) };
    let id = json!({ "KeyId": key });
    let described = client.ask("kms", "DescribeKey", &id).await.map_err(at(FailurePoint::Drill, "DescribeKey"))?;
    if described.pointer("/KeyMetadata/KeyManager").and_then(Value::as_str) != Some("CUSTOMER") {
        return Ok(Vec::new());
    }
    let named = json!({ "KeyId": key, "PolicyName": "default" });
    let saved = client.ask("kms", "GetKeyPolicy", &named).await.map_err(at(FailurePoint::Drill, "GetKeyPolicy"))?;
    let put = |policy: Value| {
        let input = json!({ "KeyId": key, "PolicyName": "default", "Policy": policy, "BypassPolicyLockoutSafetyCheck": true });
        Request::call("kms", "PutKeyPolicy", input)
    };
    let enable = Request::call("kms", "EnableKey", id.clone());
    let mut disabled =
        planned("kms:DisableKey", key.clone(), Request::call("kms", "DisableKey", id.clone())).undo([enable.clone()]);
    disabled.unreadable = (AttackEffect::Hidden, "no archive can be read until the key is enabled again");
    let pending = json!({ "KeyId": key, "PendingWindowInDays": 7 });
    let mut deleted = planned("kms:ScheduleKeyDeletion", key.clone(), Request::call("kms", "ScheduleKeyDeletion", pending))
        .undo([Request::call("kms", "CancelKeyDeletion", id), enable]);
    deleted.unreadable = (AttackEffect::Destroyed, "no archive can be read from then on, and after 7 days none ever will");
    let mut found = vec![disabled, deleted];
    if attacker.role.is_some() {
        let own = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": attacker.principal },
            "Action": "kms:*", "Resource": "*" }] });
        let mut policy =
            planned("kms:PutKeyPolicy", key.clone(), put(own.to_string().into())).weakens("it replaces the key's policy");
        policy.unreadable = (AttackEffect::Destroyed, "nobody but the intruder can read any archive");
        policy.undone_by = Undo::Attacker(vec![put(saved.get("Policy").cloned().unwrap_or_default())]);
        found.push(policy);
    }
    Ok(found)
}

/// Against a bucket or an alarm that starts the backup without a rule.
async fn on_messenger(
    client: &DynamicClient,
    rule: &Rule,
    occurrence: &Occurrence,
    stopped: &str,
) -> Result<Vec<Planned>, HopFailure> {
    if let Occurrence::ObjectCreated { bucket, .. } = occurrence {
        let saved = client.ask("s3", "GetBucketNotificationConfiguration", &json!({ "Bucket": bucket })).await;
        let saved = saved.map_err(at(Hop::Rule, "GetBucketNotificationConfiguration"))?;
        let put = |configuration: Value| {
            let input = json!({ "Bucket": bucket, "NotificationConfiguration": configuration });
            Request::call("s3", "PutBucketNotificationConfiguration", input)
        };
        let silenced = planned("s3:PutBucketNotification", rule.arn.clone(), put(json!({})));
        return Ok(vec![silenced.weakens(stopped).undo([put(saved)])]);
    }
    let alarm = json!({ "AlarmNames": [rule.name] });
    let disabled = Request::call("monitoring", "DisableAlarmActions", alarm.clone());
    let enabled = Request::call("monitoring", "EnableAlarmActions", alarm.clone());
    let deleted = Request::call("monitoring", "DeleteAlarms", alarm);
    Ok(vec![
        planned("cloudwatch:DisableAlarmActions", rule.arn.clone(), disabled).weakens(stopped).undo([enabled]),
        planned("cloudwatch:DeleteAlarms", rule.arn.clone(), deleted).weakens(stopped).last(),
    ])
}

/// Against what starts the backup.
pub(crate) async fn on_trigger(client: &DynamicClient, rule: &Rule) -> Result<Vec<Planned>, HopFailure> {
    const STOPPED: &str = "no backup is made any more";
    let name = json!({ "Name": rule.name });
    let mut found = Vec::new();
    // No role of AWS's can touch a job of an instance.
    if rule.starts.is_job() {
        return Ok(found);
    }
    if let Some(window) = &rule.window {
        let set =
            |enabled: bool| Request::call("ssm", "UpdateMaintenanceWindow", json!({ "WindowId": window, "Enabled": enabled }));
        found.push(planned("ssm:UpdateMaintenanceWindow", rule.arn.clone(), set(false)).weakens(STOPPED).undo([set(true)]));
        let gone = Request::call("ssm", "DeleteMaintenanceWindow", json!({ "WindowId": window }));
        found.push(planned("ssm:DeleteMaintenanceWindow", rule.arn.clone(), gone).weakens(STOPPED).last());
    } else if let Some(Cause { messenger: Messenger::Service | Messenger::Topic(_), occurrence }) = &rule.cause {
        found.extend(on_messenger(client, rule, occurrence, STOPPED).await?);
    } else if rule.is_association() {
        let id = rule.arn.rsplit('/').next().unwrap_or_default();
        let gone = Request::call("ssm", "DeleteAssociation", json!({ "AssociationId": id }));
        found.push(planned("ssm:DeleteAssociation", rule.arn.clone(), gone).weakens(STOPPED).last());
    } else if rule.by_role {
        let group = rule.arn.rsplit('/').nth(1).unwrap_or("default");
        let id = json!({ "Name": rule.name, "GroupName": group });
        let mut saved = client.ask("scheduler", "GetSchedule", &id).await.map_err(at(Hop::Rule, "GetSchedule"))?;
        if let Some(members) = saved.as_object_mut() {
            members.retain(|name, _| !["Arn", "CreationDate", "LastModificationDate"].contains(&name.as_str()));
        }
        let mut disabled = saved.clone();
        if let Some(members) = disabled.as_object_mut() {
            members.insert("State".to_owned(), "DISABLED".into());
        }
        let update = |schedule: Value| Request::call("scheduler", "UpdateSchedule", schedule);
        found.push(
            planned("scheduler:UpdateSchedule", rule.arn.clone(), update(disabled))
                .weakens(STOPPED)
                .undo([update(saved.clone())]),
        );
        found.push(
            planned("scheduler:DeleteSchedule", rule.arn.clone(), Request::call("scheduler", "DeleteSchedule", id))
                .weakens(STOPPED)
                .undo([Request::call("scheduler", "CreateSchedule", saved)]),
        );
    } else {
        let targets = client.ask("events", "ListTargetsByRule", &json!({ "Rule": rule.name })).await;
        let targets = targets.map_err(at(Hop::Rule, "ListTargetsByRule"))?.get("Targets").cloned().unwrap_or_else(|| json!([]));
        let ids: Vec<Value> = targets.as_array().into_iter().flatten().filter_map(|target| target.get("Id").cloned()).collect();
        found.push(
            planned("events:DisableRule", rule.arn.clone(), Request::call("events", "DisableRule", name.clone()))
                .weakens(STOPPED)
                .undo([Request::call("events", "EnableRule", name.clone())]),
        );
        found.push(
            planned(
                "events:RemoveTargets",
                rule.arn.clone(),
                Request::call("events", "RemoveTargets", json!({ "Rule": rule.name, "Ids": ids })),
            )
            .weakens(STOPPED)
            .undo([Request::call("events", "PutTargets", json!({ "Rule": rule.name, "Targets": targets }))]),
        );
        // EventBridge deletes no rule that has targets.
        found.push(planned("events:DeleteRule", rule.arn.clone(), Request::call("events", "DeleteRule", name)));
    }
    if let Some(function) = rule.starts.function() {
        let none = json!({ "FunctionName": function, "ReservedConcurrentExecutions": 0 });
        found.push(
            planned(
                "lambda:PutFunctionConcurrency",
                function.to_owned(),
                Request::call("lambda", "PutFunctionConcurrency", none),
            )
            .weakens("the function is not invoked any more")
            .undo([Request::call("lambda", "DeleteFunctionConcurrency", json!({ "FunctionName": function }))]),
        );
        let gone = Request::call("lambda", "DeleteFunction", json!({ "FunctionName": function }));
        found.push(planned("lambda:DeleteFunction", function.to_owned(), gone).weakens(STOPPED).last());
    }
    Ok(found)
}

/// Against what reports a night that failed: topics with their subscriptions, alarms, and rules beside the trigger.
pub(crate) async fn on_notice(
    client: &DynamicClient,
    rules: &[&Rule],
    resources: &Resources,
) -> Result<Vec<Planned>, HopFailure> {
    const SILENT: &str = "nobody is notified of a night that fails";
    let mut found = Vec::new();
    let is_trigger = |logical: &str| rules.iter().any(|rule| rule.logical == logical);
    for resource in resources.of_type("AWS::Events::Rule").filter(|resource| !is_trigger(&resource.logical)) {
        let (bus, name) = resource.physical.split_once('|').unwrap_or(("default", &resource.physical));
        let id = json!({ "Name": name, "EventBusName": bus });
        found.push(
            planned("events:DisableRule", resource.logical.clone(), Request::call("events", "DisableRule", id.clone()))
                .weakens(SILENT)
                .undo([Request::call("events", "EnableRule", id)]),
        );
    }
    for resource in resources.of_type("AWS::CloudWatch::Alarm") {
        let names = json!({ "AlarmNames": [resource.physical] });
        found.push(
            planned(
                "cloudwatch:DisableAlarmActions",
                resource.logical.clone(),
                Request::call("monitoring", "DisableAlarmActions", names.clone()),
            )
            .weakens(SILENT)
            .undo([Request::call("monitoring", "EnableAlarmActions", names.clone())]),
        );
        let gone = Request::call("monitoring", "DeleteAlarms", names);
        found.push(planned("cloudwatch:DeleteAlarms", resource.logical.clone(), gone).weakens(SILENT).last());
    }
    for resource in resources.of_type("AWS::SNS::Topic") {
        let topic = json!({ "TopicArn": resource.physical });
        let listed = client.ask("sns", "ListSubscriptionsByTopic", &topic).await;
        let listed = listed.map_err(at(FailurePoint::Drill, "ListSubscriptionsByTopic"))?;
        let subscriptions = listed.get("Subscriptions").and_then(Value::as_array).into_iter().flatten();
        let arns = subscriptions.filter_map(|one| one.get("SubscriptionArn")?.as_str()).filter(|arn| arn.starts_with("arn:"));
        for arn in arns {
            let gone = Request::call("sns", "Unsubscribe", json!({ "SubscriptionArn": arn }));
            found.push(planned("sns:Unsubscribe", resource.logical.clone(), gone).weakens(SILENT).last());
        }
        let gone = Request::call("sns", "DeleteTopic", topic);
        found.push(planned("sns:DeleteTopic", resource.logical.clone(), gone).weakens(SILENT).last());
    }
    Ok(found)
}

/// By permissions that a role gives to itself.
pub(crate) fn by_escalation(target: &Target, attacker: &Attacker) -> Vec<Planned> {
    const WIDER: &str = "the role may give itself any permission";
    let Some(role) = &attacker.role else { return Vec::new() };
    let inline = json!({ "RoleName": role.name, "PolicyName": ATTACK_POLICY });
    let mut put = inline.clone();
    if let Some(members) = put.as_object_mut() {
        members.insert("PolicyDocument".to_owned(), EVERYTHING.into());
    }
    let attached = json!({ "RoleName": role.name, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess" });
    vec![
        planned("iam:PutRolePolicy", role.arn.clone(), Request::call("iam", "PutRolePolicy", put))
            .then(deletion(target))
            .weakens(WIDER)
            .undo([Request::call("iam", "DeleteRolePolicy", inline)]),
        planned("iam:AttachRolePolicy", role.arn.clone(), Request::call("iam", "AttachRolePolicy", attached.clone()))
            .then(deletion(target))
            .weakens(WIDER)
            .undo([Request::call("iam", "DetachRolePolicy", attached)]),
    ]
}
