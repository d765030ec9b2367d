//! What requests have in common that submit a template for a stack.

use nightproof_core::service::AwsError;
use serde::{Deserialize, Serialize};

use crate::error::validation;
use crate::template_source::TemplateSource;

/// A template with all that is given for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Submitted {
    pub template: TemplateSource,
    pub use_previous_template: bool,
    pub parameters: Vec<GivenParameter>,
    pub capabilities: Vec<String>,
    /// `None`: those that the stack has.
    pub tags: Option<Vec<StackTag>>,
    /// The types that the request may touch.
    pub resource_types: Option<Vec<String>>,
    pub rollback: Option<RollbackConfiguration>,
    /// `None`: those that the stack has.
    pub notification_arns: Option<Vec<String>>,
    /// Whether macros may be applied without an acknowledgement: whoever makes a change set sees what they have made before anything is done.
    pub shows_expansion: bool,
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html>
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GivenParameter {
    #[serde(default)]
    pub parameter_key: String,
    pub parameter_value: Option<String>,
    #[serde(default)]
    pub use_previous_value: bool,
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StackTag {
    pub key: String,
    pub value: String,
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RollbackConfiguration {
    /// `None`: those that the stack has.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback_triggers: Option<Vec<RollbackTrigger>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_time_in_minutes: Option<u32>,
}

/// An alarm that takes back what is going on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RollbackTrigger {
    pub arn: String,
    #[serde(rename = "Type")]
    pub kind: String,
}

impl Submitted {
    /// Refuses rollback triggers that are none.
    pub(crate) fn check(&self) -> Result<(), AwsError> {
        self.rollback.as_ref().map_or(Ok(()), RollbackConfiguration::check)
    }
}

impl RollbackConfiguration {
    pub(crate) fn triggers(&self) -> &[RollbackTrigger] {
        self.rollback_triggers.as_deref().unwrap_or_default()
    }

    /// With what was given for the stack before where nothing is given now.
    pub(crate) fn or(self, before: &Self) -> Self {
        Self {
            rollback_triggers: self.rollback_triggers.or_else(|| before.rollback_triggers.clone()),
            monitoring_time_in_minutes: self.monitoring_time_in_minutes.or(before.monitoring_time_in_minutes),
        }
    }

    fn check(&self) -> Result<(), AwsError> {
        for trigger in self.triggers() {
            if !matches!(trigger.kind.as_str(), "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm") {
                return Err(validation("Rollback Trigger Type not supported"));
            }
            if trigger.arn.splitn(6, ':').nth(5).is_none_or(|relative| !relative.starts_with("alarm:")) {
                return Err(validation("RelativeId of a Rollback Trigger's ARN is incorrect"));
            }
        }
        Ok(())
    }
}

/// Refuses a member that is not acted upon where it would change something.
pub(crate) fn lacking(asked: bool, member: &str, operation: &str) -> Result<(), AwsError> {
    match asked {
        true => Err(AwsError::not_implemented("cloudformation", &format!("{member} of {operation}"))),
        false => Ok(()),
    }
}

/// Refuses types that a request does not allow itself to touch: `AWS::*`, `AWS::EC2::*`, `Custom::MyType`.
pub(crate) fn check_types<'a>(allowed: Option<&[String]>, mut kinds: impl Iterator<Item = &'a str>) -> Result<(), AwsError> {
    let Some(allowed) = allowed.filter(|allowed| !allowed.is_empty()) else { return Ok(()) };
    let is_allowed = |kind: &&str| {
        allowed.iter().any(|one| match one.strip_suffix("::*") {
            Some(namespace) => kind.strip_prefix(namespace).is_some_and(|rest| rest.starts_with("::")),
            None => one == kind,
        })
    };
    match kinds.find(|kind| !is_allowed(kind)) {
        Some(kind) => {
            let allowed = allowed.join(", ");
            Err(validation(format!("Resource type {kind} is not allowed by parameter ResourceTypes [{allowed}]")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_allowed_by_their_names_and_namespaces() {
        let allowed = |types: &[&str], kind: &str| {
            let types: Vec<String> = types.iter().map(|one| (*one).to_owned()).collect();
            check_types(Some(&types), std::iter::once(kind)).map_err(|error| error.message)
        };
        for types in [&["AWS::*"][..], &["AWS::SNS::*"], &["AWS::EC2::*", "AWS::SNS::Topic"], &[]] {
            assert_eq!(allowed(types, "AWS::SNS::Topic"), Ok(()), "{types:?}");
        }
        assert_eq!(
            allowed(&["AWS::EC2::*"], "AWS::SNS::Topic").unwrap_err(),
            "Resource type AWS::SNS::Topic is not allowed by parameter ResourceTypes [AWS::EC2::*]"
        );
        assert!(allowed(&["AWS::SNS*"], "AWS::SNS::Topic").is_err());
    }

    #[test]
    fn rollback_triggers_are_alarms() {
        let refusal = |trigger: serde_json::Value| {
            let given: RollbackConfiguration =
                serde_json::from_value(serde_json::json!({ "RollbackTriggers": [trigger] })).unwrap();
            given.check().map_err(|error| error.message)
        };
        let trigger = |arn: &str, kind: &str| serde_json::json!({ "Arn": arn, "Type": kind });
        assert_eq!(refusal(trigger("x", "Another")).unwrap_err(), "Rollback Trigger Type not supported");
        let wrong = trigger("arn:aws:cloudwatch:us-east-1:111122223333:name", "AWS::CloudWatch::Alarm");
        assert_eq!(refusal(wrong).unwrap_err(), "RelativeId of a Rollback Trigger's ARN is incorrect");
        let right = trigger("arn:aws:cloudwatch:us-east-1:111122223333:alarm:name", "AWS::CloudWatch::Alarm");
        assert_eq!(refusal(right), Ok(()));
    }
}
