//! What a region was asked, to be looked at by a test.

use std::fmt;
use std::ops::Deref;

use nightproof_journal::ApiCall;
use nightproof_wildcard::{Pattern, Syntax};

/// API calls, oldest first. Each method but the assertions keeps those of them that it is about; in names `*` stands for any text.
#[derive(Debug, Clone, PartialEq)]
pub struct Calls(Vec<ApiCall>);

impl Calls {
    pub(super) fn new(calls: Vec<ApiCall>) -> Self {
        Self(calls)
    }

    /// Those to a service, by the name that CloudTrail has for it: `s3`, `monitoring`.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
    #[must_use]
    pub fn to(self, service: &str) -> Self {
        self.that(|call| call.event_source.strip_suffix(".amazonaws.com").is_some_and(|name| like(service, name)))
    }

    /// Those of an operation: `PutObject`.
    #[must_use]
    pub fn named(self, operation: &str) -> Self {
        self.that(|call| like(operation, &call.event_name))
    }

    /// Those by a principal, by its ARN, or by a service's name: `*:assumed-role/*Backup*`.
    #[must_use]
    pub fn by(self, principal: &str) -> Self {
        self.that(|call| {
            let caller = &call.user_identity;
            caller.arn.iter().chain(&caller.invoked_by).any(|name| like(principal, name))
        })
    }

    /// Those whose input document has this text as a member of its top level: `("bucketName", "archives")`, named as CloudTrail names it.
    #[must_use]
    pub fn with(self, member: &str, value: &str) -> Self {
        self.that(|call| {
            call.request_parameters.get(member).and_then(serde_json::Value::as_str).is_some_and(|text| like(value, text))
        })
    }

    /// Those that went well.
    #[must_use]
    pub fn succeeded(self) -> Self {
        self.that(|call| call.error_code.is_none())
    }

    /// Those that ended with an error of this code: `AccessDenied`, `*`.
    #[must_use]
    pub fn failed_with(self, code: &str) -> Self {
        self.that(|call| call.error_code.as_ref().is_some_and(|actual| like(code, actual)))
    }

    /// Those for which `wanted` holds.
    #[must_use]
    pub fn that(self, wanted: impl Fn(&ApiCall) -> bool) -> Self {
        Self(self.0.into_iter().filter(wanted).collect())
    }

    /// Asserts that there are so many.
    ///
    /// # Panics
    /// If not: with all of them.
    #[track_caller]
    pub fn assert_count(&self, expected: usize) -> &Self {
        assert_eq!(self.0.len(), expected, "calls:\n{self}");
        self
    }

    /// Asserts that there is one or more.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn assert_some(&self) -> &Self {
        assert!(!self.0.is_empty(), "no such call");
        self
    }

    /// Asserts that there is none.
    ///
    /// # Panics
    /// If there is: with all of them.
    #[track_caller]
    pub fn assert_none(&self) {
        self.assert_count(0);
    }
}

impl Deref for Calls {
    type Target = [ApiCall];

    fn deref(&self) -> &[ApiCall] {
        &self.0
    }
}

impl fmt::Display for Calls {
    /// A line a call.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for call in &self.0 {
            let caller = &call.user_identity;
            let caller = caller.arn.as_ref().or(caller.invoked_by.as_ref()).map_or("nobody", String::as_str);
            let ended = call.error_code.as_deref().unwrap_or("ok");
            writeln!(f, "{} {} by {caller}: {ended}", call.event_source, call.event_name)?;
        }
        Ok(())
    }
}

fn like(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern, Syntax::default()).matches(text)
}

#[cfg(test)]
mod tests {
    use nightproof_journal::UserIdentity;
    use serde_json::{Value, json};

    use super::*;

    fn call(source: &str, name: &str, error: Option<&str>) -> ApiCall {
        let value = json!({
            "eventVersion": "1.11", "userIdentity": UserIdentity { arn: Some("arn:aws:iam::1:role/Backup".to_owned()), ..UserIdentity::default() },
            "eventTime": "", "eventSource": source, "eventName": name, "awsRegion": "", "sourceIPAddress": "", "userAgent": "",
            "requestParameters": {"bucketName": "archives"}, "responseElements": Value::Null, "errorCode": error, "requestID": "",
            "eventID": "", "readOnly": false, "eventType": "", "recipientAccountId": ""
        });
        serde_json::from_value(value).unwrap()
    }

    fn calls() -> Calls {
        let denied = call("s3.amazonaws.com", "PutObject", Some("AccessDenied"));
        Calls::new(vec![call("s3.amazonaws.com", "PutObject", None), denied, call("sqs.amazonaws.com", "SendMessage", None)])
    }

    #[test]
    fn calls_are_kept_by_service_operation_caller_input_and_end() {
        calls().to("s3").assert_count(2);
        calls().named("Put*").succeeded().assert_count(1);
        calls().failed_with("*Denied").assert_count(1);
        calls().by("*role/Backup").with("bucketName", "arch*").assert_count(3);
        calls().by("ec2*").assert_none();
        calls().to("s").assert_none();
    }

    #[test]
    #[should_panic(expected = "s3.amazonaws.com PutObject by arn:aws:iam::1:role/Backup: AccessDenied")]
    fn an_assertion_that_does_not_hold_shows_the_calls() {
        calls().failed_with("AccessDenied").assert_none();
    }

    #[test]
    #[should_panic(expected = "no such call")]
    fn a_call_that_is_missed_is_asserted() {
        calls().to("kms").assert_some();
    }
}
