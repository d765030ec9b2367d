//! `RedriveAllowPolicy`: which queues may have a queue as their dead-letter queue.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use nightproof_core::service::AwsError;
use serde::Deserialize;

use crate::error::bad_value;

/// A policy that was checked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RedriveAllow {
    redrive_permission: Permission,
    source_queue_arns: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Permission {
    AllowAll,
    DenyAll,
    ByQueue,
}

const REFUSED: &str = "Amazon SQS can't create the redrive allow policy";

impl RedriveAllow {
    pub(crate) fn parse(text: &str) -> Result<Self, AwsError> {
        let Ok(policy) = serde_json::from_str::<Self>(text) else {
            let reason = format!("{REFUSED}, as it’s in an unsupported format.");
            let message = format!("Invalid value for the parameter RedriveAllowPolicy. Reason: {reason}");
            return Err(AwsError::new("InvalidAttributeValue", 400, message));
        };
        let refused = |reason: &str| {
            bad_value(format!("Value {text} for parameter RedriveAllowPolicy is invalid. Reason: {REFUSED}. {reason}"))
        };
        match (policy.redrive_permission, policy.source_queue_arns.as_ref().map(Vec::len)) {
            (Permission::ByQueue, None | Some(0)) => Err(refused(
                "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.",
            )),
            (Permission::ByQueue, Some(sources)) if sources > 10 => {
                Err(refused("You can specify up to 10 sourceQueueArns values."))
            }
            (Permission::AllowAll | Permission::DenyAll, Some(_)) => {
                Err(refused("To specify one or more source queue ARNs, you must set redrivePermission to byQueue."))
            }
            _ => Ok(policy),
        }
    }

    /// Whether the queue with this ARN may.
    pub(crate) fn allows(&self, source: &str) -> bool {
        match self.redrive_permission {
            Permission::AllowAll => true,
            Permission::DenyAll => false,
            Permission::ByQueue => self.source_queue_arns.iter().flatten().any(|allowed| allowed == source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_lets_all_queues_none_or_some() {
        let allows = |policy: &str| RedriveAllow::parse(policy).unwrap().allows("arn:a");
        assert!(allows(r#"{"redrivePermission":"allowAll"}"#));
        assert!(!allows(r#"{"redrivePermission":"denyAll"}"#));
        assert!(allows(r#"{"redrivePermission":"byQueue","sourceQueueArns":["arn:a"]}"#));
        assert!(!allows(r#"{"redrivePermission":"byQueue","sourceQueueArns":["arn:b"]}"#));
    }

    #[test]
    fn a_policy_that_says_neither_or_both_is_refused() {
        for (policy, says) in [
            ("x", "unsupported format"),
            (r#"{"redrivePermission":"some"}"#, "unsupported format"),
            (r#"{"redrivePermission":"byQueue"}"#, "you must also specify one or more sourceQueueArns values"),
            (r#"{"redrivePermission":"denyAll","sourceQueueArns":["arn:a"]}"#, "you must set redrivePermission to byQueue"),
        ] {
            let error = RedriveAllow::parse(policy).expect_err("refused");
            assert!(error.message.contains(says), "{error}");
        }
    }
}
