//! Credentials of the instance: of its profile's role, and of the instance itself.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Principal};
use serde_json::{Value, json};

use super::page::{pretty, refusal, seconds, text};
use super::session::Issued;
use super::tree::Facts;
use crate::instance_handle::InstanceHandle;

const HOURS: i64 = 6;
const IDENTITY: &str = "meta-data/identity-credentials/ec2/security-credentials/ec2-instance";

/// The answer to a path of credentials; `None` for all other paths.
pub(super) async fn answer(instance: &InstanceHandle, facts: &Facts, path: &str) -> Option<Response<Full<Bytes>>> {
    if path == IDENTITY {
        return Some(text(identity_credentials(instance)));
    }
    let rest = path.strip_prefix("meta-data/iam")?;
    let Some(profile) = &facts.profile else { return Some(refusal(StatusCode::NOT_FOUND)) };
    let found = match rest {
        "" | "/" => text("info\nsecurity-credentials/"),
        "/info" => text(pretty(&json!({
            "Code": "Success", "LastUpdated": seconds(profile.since), "InstanceProfileArn": profile.arn, "InstanceProfileId": profile.id,
        }))),
        "/security-credentials" | "/security-credentials/" => match role(instance, &profile.name).await {
            Ok(Some((name, _))) => text(name),
            Ok(None) => text(""),
            Err(_) => refusal(StatusCode::NOT_FOUND),
        },
        other => match other.strip_prefix("/security-credentials/") {
            Some(asked) => match role(instance, &profile.name).await {
                Ok(Some((name, arn))) if name == asked.trim_end_matches('/') => {
                    text(role_credentials(instance, &profile.arn, &name, &arn).await)
                }
                _ => refusal(StatusCode::NOT_FOUND),
            },
            None => refusal(StatusCode::NOT_FOUND),
        },
    };
    Some(found)
}

/// Who the instance is to a service that it shows its identity: the session of its role, or its own where it has none.
pub(super) async fn caller(instance: &InstanceHandle, facts: &Facts) -> Option<Caller> {
    let profile = facts.profile.as_ref();
    let role = match profile {
        Some(profile) => role(instance, &profile.name).await.ok().flatten(),
        None => None,
    };
    let document = match profile.zip(role) {
        Some((profile, (name, arn))) => role_credentials(instance, &profile.arn, &name, &arn).await,
        None => identity_credentials(instance),
    };
    let document: Value = serde_json::from_str(&document).ok()?;
    Some(instance.region.credentials().find(document.text("AccessKeyId")?)?.caller)
}

/// Name and ARN of the role that the profile holds now.
async fn role(instance: &InstanceHandle, profile: &str) -> Result<Option<(String, String)>, AwsError> {
    let ec2 = Caller::service(&instance.account, "ec2.amazonaws.com");
    let found = instance.region.call(&ec2, "iam", "GetInstanceProfile", json!({ "InstanceProfileName": profile })).await?;
    let roles = found.get("InstanceProfile").map(|profile| profile.list("Roles")).unwrap_or_default();
    Ok(roles.first().map(|role| (role.required("RoleName").to_owned(), role.required("Arn").to_owned())))
}

/// The credentials of the role: those given out before while they last for another hour, else new ones.
async fn role_credentials(instance: &InstanceHandle, profile: &str, name: &str, arn: &str) -> String {
    let now = instance.region.clock().now();
    if let Some(document) = still_good(instance, name, profile, now) {
        return document;
    }
    let ec2 = Caller::service(&instance.account, "ec2.amazonaws.com");
    let input = json!({ "RoleArn": arn, "RoleSessionName": instance.id, "DurationSeconds": HOURS * 3600 });
    match instance.region.call(&ec2, "sts", "AssumeRole", input).await {
        Ok(output) => {
            let credentials = output.get("Credentials").cloned().unwrap_or_default();
            let document = success(&credentials, now);
            remember(instance, name, profile, &credentials, &document);
            document
        }
        Err(refused) => {
            tracing::warn!(instance = instance.id, role = name, %refused, "role of the instance cannot be assumed");
            let message = format!(
                "EC2 cannot assume the role {name}. Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."
            );
            pretty(&json!({ "Code": "AssumeRoleUnauthorizedAccess", "Message": message, "LastUpdated": seconds(now) }))
        }
    }
}

/// Every instance has a role of its own, to which AWS alone gives permissions.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html#ec2-instance-identity-roles>
fn identity_credentials(instance: &InstanceHandle) -> String {
    const ROLE: &str = "aws:ec2-instance";
    let now = instance.region.clock().now();
    if let Some(document) = still_good(instance, ROLE, "", now) {
        return document;
    }
    let principal = Principal::AssumedRole {
        role: ROLE.to_owned(),
        role_id: instance.account.clone() + ":" + ROLE,
        session: instance.id.clone(),
    };
    let mut caller = Caller::root(&instance.account);
    caller.principal = principal;
    let expires = now.saturating_add(SignedDuration::from_hours(HOURS)).unwrap_or(Timestamp::MAX);
    let credential = instance.region.credentials().issue_session(caller, expires);
    let credentials = json!({
        "AccessKeyId": credential.access_key_id, "SecretAccessKey": credential.secret_access_key,
        "SessionToken": credential.session_token, "Expiration": seconds(expires),
    });
    let document = success(&credentials, now);
    remember(instance, ROLE, "", &credentials, &document);
    document
}

fn still_good(instance: &InstanceHandle, role: &str, profile: &str, now: Timestamp) -> Option<String> {
    let sessions = instance.ec2.metadata.lock();
    let issued = sessions.get(&instance.id)?.issued.get(role)?;
    let expires = instance.region.credentials().find(&issued.access_key_id)?.expires?;
    let left = expires.duration_since(now);
    (issued.profile == profile && left >= SignedDuration::from_hours(1)).then(|| issued.document.clone())
}

fn remember(instance: &InstanceHandle, role: &str, profile: &str, credentials: &Value, document: &str) {
    let Some(access_key_id) = credentials.text("AccessKeyId").map(str::to_owned) else { return };
    let issued = Issued { profile: profile.to_owned(), access_key_id, document: document.to_owned() };
    instance.ec2.metadata.lock().entry(instance.id.clone()).or_default().issued.insert(role.to_owned(), issued);
}

fn success(credentials: &Value, now: Timestamp) -> String {
    pretty(&json!({
        "Code": "Success",
        "LastUpdated": seconds(now),
        "Type": "AWS-HMAC",
        "AccessKeyId": credentials.required("AccessKeyId"),
        "SecretAccessKey": credentials.required("SecretAccessKey"),
        "Token": credentials.required("SessionToken"),
        "Expiration": credentials.required("Expiration"),
    }))
}
