//! What a denied caller reads, in each service's words.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use nightproof_core::authorization::Need;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Principal};
use nightproof_iam_policy::Decision;

/// The error of a call to `service` for which `need` was not allowed. `encoded` is what EC2's message carries for
/// `sts:DecodeAuthorizationMessage`.
pub(super) fn error(
    service: &str,
    region: &str,
    caller: &Caller,
    need: &Need,
    decision: &Decision,
    encoded: Option<String>,
) -> AwsError {
    if service == "s3" && caller.principal == Principal::Anonymous {
        return AwsError::new("AccessDenied", 403, "Access Denied");
    }
    let text = words(service, region, caller, need, decision);
    let (status, text) = match (service, encoded) {
        ("ec2", Some(encoded)) => (
            403,
            format!("You are not authorized to perform this operation. {text}. Encoded authorization failure message: {encoded}"),
        ),
        ("ssm" | "events" | "logs" | "kms" | "ec2messages" | "ssmmessages", _) => (400, text),
        _ => (403, text),
    };
    AwsError::new("AccessDenied", status, text)
}

fn words(service: &str, region: &str, caller: &Caller, need: &Need, decision: &Decision) -> String {
    let who = match &caller.principal {
        Principal::Service { name } => format!("Service: {name}"),
        _ => format!("User: {}", caller.arn()),
    };
    // SQS writes actions in lower case, and S3 quotes resources.
    let action = if service == "sqs" { need.action.to_lowercase() } else { need.action.clone() };
    let because = decision.because(&action);
    let resource = match need.resource.as_str() {
        "*" if service == "ec2" => String::new(),
        "*" if service == "ssm" => format!(" on resource: arn:aws:ssm:{region}:{}:*", caller.account),
        arn if service == "s3" => format!(" on resource: \"{arn}\""),
        arn => format!(" on resource: {arn}"),
    };
    format!("{who} is not authorized to perform: {action}{resource} {because}").trim_end().to_owned()
}
