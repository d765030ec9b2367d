//! The global condition keys of a call.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::sync::Arc;

use nightproof_core::service::Arn;
use nightproof_core::service::Call;
use nightproof_core::{Caller, Principal};
use nightproof_iam_policy::Context;
use serde_json::Value;

use super::principal::Subject;
use super::table;

/// Keys that do not depend on the resource, over those `of_principal`.
pub(super) fn of_call(call: &Call, service: &str, input: &Value, of_principal: Arc<Context>) -> Context {
    let mut context = Context::over(of_principal);
    let caller = &call.caller;
    let now = call.now;
    context.insert_with("aws:CurrentTime", move || now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    context.insert_with("aws:EpochTime", move || now.as_second().to_string());
    context.insert("aws:SecureTransport", call.tls.to_string());
    // IAM has one endpoint, in us-east-1.
    context.insert("aws:RequestedRegion", if service == "iam" { "us-east-1" } else { call.region.name() });
    // A call that a service makes has no address of its own.
    if call.http.is_some() {
        match call.vpc_endpoint(service) {
            // What passes an endpoint has an address of its VPC alone.
            Some(passed) => {
                context.insert("aws:SourceVpce", passed.endpoint);
                context.insert("aws:SourceVpc", passed.vpc);
                context.insert("aws:VpcSourceIp", passed.source_ip.to_string());
            }
            None => context.insert("aws:SourceIp", call.source_ip.clone()),
        }
        context.insert("aws:UserAgent", call.user_agent.clone());
    }
    if let Some(arn) = source_arn(caller, service) {
        context.insert("aws:SourceArn", arn.to_owned());
        context.insert("aws:SourceAccount", caller.account.clone());
    }
    let (tags, keys) = table::request_tags(input);
    for (key, value) in tags {
        context.insert(format!("aws:RequestTag/{key}"), value);
    }
    if !keys.is_empty() {
        context.insert_all("aws:TagKeys", keys);
    }
    context.insert("aws:ViaAWSService", caller.via.is_some().to_string());
    if let Some(via) = &caller.via {
        // CloudFormation is one of the few services that this key knows.
        if via.starts_with("cloudformation.") {
            context.insert_all("aws:CalledVia", [via.clone()]);
            context.insert("aws:CalledViaFirst", via.clone());
            context.insert("aws:CalledViaLast", via.clone());
        } else if service == "kms" {
            context.insert("kms:ViaService", via.clone());
        }
    }
    match service {
        "kms" => of_kms(&mut context, call, input),
        "s3" => of_s3(&mut context, call),
        "sns" => of_sns(&mut context, call),
        _ => {}
    }
    context
}

/// For which resource the caller says that it calls `service`. EventBridge on its way to a topic says for which rule and account it comes
/// to nobody: a condition on either in a topic's policy keeps it out.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions>
pub(super) fn source_arn<'a>(caller: &'a Caller, service: &str) -> Option<&'a str> {
    let silent = service == "sns" && matches!(&caller.principal, Principal::Service { name } if name == "events.amazonaws.com");
    caller.source_arn.as_deref().filter(|_| !silent)
}

/// Keys that depend on the caller alone.
pub(super) fn of_principal(caller: &Caller, region: &str, subject: &Subject) -> Context {
    let mut context = Context::new();
    let is_service = matches!(caller.principal, Principal::Service { .. });
    context.insert("aws:PrincipalIsAWSService", is_service.to_string());
    match &caller.principal {
        Principal::Root => {
            context.insert("aws:PrincipalType", "Account");
            context.insert("aws:userid", caller.account.clone());
            context.insert("aws:PrincipalArn", caller.arn());
        }
        Principal::User { name, id } => {
            context.insert("aws:PrincipalType", "User");
            context.insert("aws:username", name.clone());
            context.insert("aws:userid", id.clone());
            context.insert("aws:PrincipalArn", caller.arn());
        }
        Principal::AssumedRole { .. } => {
            context.insert("aws:PrincipalType", "AssumedRole");
            context.insert("aws:userid", caller.user_id());
            // The role's ARN, whatever the session.
            if let nightproof_iam_policy::PrincipalKind::Session { role_arn } = &subject.principal.kind {
                context.insert("aws:PrincipalArn", role_arn.clone());
            }
        }
        Principal::Service { name } => {
            context.insert("aws:PrincipalServiceName", name.clone());
            context.insert_all("aws:PrincipalServiceNamesList", [name.clone()]);
        }
        Principal::Anonymous => {
            context.insert("aws:PrincipalType", "Anonymous");
            context.insert("aws:userid", "anonymous");
        }
    }
    if !is_service && caller.principal != Principal::Anonymous {
        context.insert("aws:PrincipalAccount", caller.account.clone());
    }
    for (key, value) in &subject.tags {
        context.insert(format!("aws:PrincipalTag/{key}"), value.clone());
    }
    if let Some(session) = &subject.facts {
        context.insert("aws:TokenIssueTime", session.issued.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        context.insert("aws:MultiFactorAuthPresent", "false");
        if let Some(identity) = &session.source_identity {
            context.insert("aws:SourceIdentity", identity.clone());
        }
        if let (Principal::Service { name }, Principal::AssumedRole { session: instance, .. }) =
            (&session.issued_to.principal, &caller.principal)
            && name == "ec2.amazonaws.com"
        {
            let arn = Arn::new("ec2", region, &caller.account, format!("instance/{instance}")).to_string();
            context.insert("ec2:SourceInstanceARN", arn);
            context.insert("ec2:RoleDelivery", "2.0");
        }
    }
    context
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html>
fn of_kms(context: &mut Context, call: &Call, input: &Value) {
    if !matches!(call.caller.principal, Principal::Service { .. } | Principal::Anonymous) {
        context.insert("kms:CallerAccount", call.account());
    }
    let given = ["EncryptionContext", "SourceEncryptionContext"].iter().find_map(|name| input.get(*name)?.as_object());
    let mut keys = Vec::new();
    for (key, value) in given.into_iter().flatten() {
        context.insert(format!("kms:EncryptionContext:{key}"), value.as_str().unwrap_or_default());
        keys.push(key.clone());
    }
    if !keys.is_empty() {
        context.insert_all("kms:EncryptionContextKeys", keys);
    }
}

/// The key that the policy is about which a topic is made with: the account that a service publishes for. Nobody else has it.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner>
fn of_sns(context: &mut Context, call: &Call) {
    if matches!(call.caller.principal, Principal::Service { .. }) && source_arn(&call.caller, "sns").is_some() {
        context.insert("aws:SourceOwner", call.account());
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html>
fn of_s3(context: &mut Context, call: &Call) {
    if !matches!(call.caller.principal, Principal::Service { .. } | Principal::Anonymous) {
        let account = call.account().to_owned();
        context.insert_with(nightproof_iam_policy::CANONICAL_USER, move || nightproof_core::canonical_id(&account));
    }
    let Some(http) = &call.http else { return };
    if call.caller.access_key_id.is_some() {
        let presigned = http.uri.query().is_some_and(|query| query.contains("X-Amz-Signature="));
        context.insert("s3:authType", if presigned { "REST-QUERY-STRING" } else { "REST-HEADER" });
        context.insert("s3:signatureversion", "AWS4-HMAC-SHA256");
    }
    if let Some(hash) = http.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()) {
        context.insert("s3:x-amz-content-sha256", hash);
    }
    if let Some(tls) = http.extensions.get::<nightproof_core::Tls>() {
        context.insert("s3:TlsVersion", tls.version.trim_start_matches("TLSv").replace('_', "."));
    }
}
