//! `AssumeRole`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::identity::Session;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Principal};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{access_denied, validation};
use crate::records::Sts;
use crate::role_arn::parse;
use crate::session::{describe, duration, expiry};
use crate::session_tags::SessionTags;

/// `AssumeRole`. <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AssumeRole {
    role_arn: String,
    role_session_name: String,
    #[serde(default)]
    policy_arns: Vec<PolicyArn>,
    policy: Option<String>,
    duration_seconds: Option<i64>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    transitive_tag_keys: Vec<String>,
    #[expect(dead_code, reason = "authorization has compared it with what the role's trust policy demands")]
    external_id: Option<String>,
    source_identity: Option<String>,
}

/// A managed policy that restricts a session.
#[derive(Debug, Deserialize)]
struct PolicyArn {
    arn: Option<String>,
}

impl Sts {
    pub(crate) fn assume_role(&self, call: &Call, input: AssumeRole) -> Result<Value, AwsError> {
        let arn = input.role_arn.as_str();
        let session_name = session_name(&input.role_session_name)?;
        let seconds = duration(input.duration_seconds, 43_200)?;
        let (account, name) = parse(arn).ok_or_else(|| validation(format!("{arn} is invalid")))?;
        if call.caller.principal == Principal::Root {
            return Err(access_denied("Roles may not be assumed by root accounts."));
        }
        if account != call.account() {
            return Err(AwsError::not_implemented("sts", "AssumeRole across accounts"));
        }
        // AWS tells a role that does not exist and one that may not be assumed apart in no way.
        let role = self.identities.role(account, name).filter(|role| role.arn == arn).ok_or_else(|| denied(&call.caller, arn))?;
        let seconds = granted(call, seconds, role.max_session_duration)?;
        let given = input.tags.into_iter().map(Tag::pair).collect();
        let SessionTags { tags, transitive } = SessionTags::new(given, input.transitive_tag_keys, &self.tags_of(&call.caller))?;

        let principal =
            Principal::AssumedRole { role: role.name.clone(), role_id: role.id.clone(), session: session_name.to_owned() };
        let caller = Caller { account: account.to_owned(), principal, access_key_id: None, source_arn: None, via: None };
        let expires = expiry(call.now, seconds);
        let user = json!({ "AssumedRoleId": caller.user_id(), "Arn": caller.arn() });
        let credential = call.region.credentials().issue_session(caller, expires);
        let session = Session {
            role_arn: Some(role.arn),
            policy: session_policy(input.policy)?,
            policy_arns: input.policy_arns.into_iter().filter_map(|policy| policy.arn).collect(),
            tags,
            source_identity: input.source_identity,
            issued_to: call.caller.clone(),
            issued: call.now,
            expires,
        };
        let mut output = json!({ "Credentials": describe(&credential), "AssumedRoleUser": user });
        if let (Some(output), Some(identity)) = (output.as_object_mut(), &session.source_identity) {
            output.insert("SourceIdentity".to_owned(), identity.as_str().into());
        }
        self.remember(&credential.access_key_id, session, transitive);
        Ok(output)
    }
}

/// How long the session lasts. Services, which hand sessions to instances and functions, are not bound by the role's
/// maximum; a role that assumes another gets an hour.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
fn granted(call: &Call, asked: Option<i64>, role_maximum: i64) -> Result<i64, AwsError> {
    let Some(asked) = asked else { return Ok(3600) };
    match &call.caller.principal {
        Principal::Service { .. } => Ok(asked),
        Principal::AssumedRole { .. } if asked > 3600 => {
            Err(validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"))
        }
        _ if asked > role_maximum => {
            Err(validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."))
        }
        _ => Ok(asked),
    }
}

fn session_name(name: &str) -> Result<&str, AwsError> {
    let well_formed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if well_formed && (2..=64).contains(&name.len()) {
        return Ok(name);
    }
    Err(validation(format!(
        "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    )))
}

fn session_policy(given: Option<String>) -> Result<Option<PolicyDocument>, AwsError> {
    let Some(document) = given.map(PolicyDocument::of_identity) else { return Ok(None) };
    let malformed = document.policy().err().map(|error| AwsError::new("MalformedPolicyDocument", 400, error.message()));
    malformed.map_or(Ok(Some(document)), Err)
}

fn denied(caller: &Caller, role: &str) -> AwsError {
    let who = match &caller.principal {
        Principal::Service { name } => format!("Service: {name}"),
        _ => format!("User: {}", caller.arn()),
    };
    access_denied(format!("{who} is not authorized to perform: sts:AssumeRole on resource: {role}"))
}
