//! An error of AWS that a log or a script's output tells of. Pure.

use std::sync::LazyLock;

use nightproof_drill::capture::Evidence;
use nightproof_wire::Operation;
use regex::Regex;
use serde_json::{Value, json};

/// A call that AWS refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) code: String,
    pub(crate) operation: String,
    /// Signing name; nothing if no service of a local region has the operation.
    pub(crate) service: Option<String>,
    pub(crate) message: String,
}

/// Services whose operation is meant if several have one of that name.
const NEAR: [&str; 7] = ["ssm", "s3", "kms", "lambda", "sts", "sqs", "logs"];

/// As botocore and the AWS CLI say it.
/// <https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html>
static SAID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"An error occurred \(([\w.]+)\) when calling the (\w+) operation(?: \(reached max retries: \d+\))?: *([^\r\n]*)")
        .ok()
});

impl ServiceError {
    /// The first error that a text tells of.
    pub(crate) fn said_in(text: &str) -> Option<Self> {
        let found = SAID.as_ref()?.captures(text)?;
        let part = |number: usize| found.get(number).map_or_else(String::new, |part| part.as_str().trim().to_owned());
        let (code, operation, message) = (part(1), part(2), part(3));
        Some(Self { code, service: service_of(&operation), operation, message })
    }

    /// The first call of the role's sessions that the event history has an error of.
    pub(crate) fn recorded(evidence: &Evidence, role: &str) -> Option<Self> {
        let role = role.rsplit('/').next()?;
        let text = |event: &Value, pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        evidence.history.iter().find_map(|event| {
            let caller = text(event, "/userIdentity/arn")?;
            caller.contains(&format!(":assumed-role/{role}/")).then_some(())?;
            let source = text(event, "/eventSource")?;
            Some(Self {
                code: text(event, "/errorCode")?,
                operation: text(event, "/eventName")?,
                service: source.split('.').next().map(str::to_owned),
                message: text(event, "/errorMessage").unwrap_or_default(),
            })
        })
    }

    /// What the reader should know of a fault that stands for this error, if a policy is its cause.
    pub(crate) fn remark(&self) -> Option<&'static str> {
        self.is_denial().then_some(
            "Should the template itself lack the permission, remove the fault: the template alone shows it then, and its fix mends it.",
        )
    }

    /// Whether a policy, and not AWS's state, is the cause.
    fn is_denial(&self) -> bool {
        self.code.starts_with("AccessDenied") || self.code == "UnauthorizedOperation"
    }

    /// The fault by which `principal` gets this error.
    pub(crate) fn fault(&self, principal: &str) -> Option<Value> {
        let service = self.service.as_ref()?;
        let error = json!({ "code": self.code, "status": self.status(), "message": self.message });
        let when = json!({ "service": service, "operation": self.operation, "principal": principal });
        Some(json!({ "when": when, "then": { "error": error } }))
    }

    /// The HTTP status that goes with the code: it decides whether a client tries again.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
    fn status(&self) -> u16 {
        match self.code.as_str() {
            "SlowDown" | "ServiceUnavailable" | "503" => 503,
            "InternalError" | "InternalServerError" | "InternalFailure" | "ServiceException" => 500,
            "AccessDenied" | "RequestTimeTooSkewed" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "AllAccessDisabled" => 403,
            "NoSuchBucket" | "NoSuchKey" | "NoSuchUpload" | "404" => 404,
            "OperationAborted" => 409,
            "PreconditionFailed" => 412,
            _ => 400,
        }
    }
}

fn service_of(operation: &str) -> Option<String> {
    let has_operation = |service: &&&str| {
        nightproof_wire::service(service).and_then(|model| model.operation(operation)).is_some_and(Operation::served)
    };
    let found: Vec<&str> = nightproof_wire::SERVICES.iter().filter(has_operation).copied().collect();
    let near = NEAR.iter().find(|near| found.contains(near)).copied();
    near.or_else(|| found.first().copied()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_from_what_clients_say() {
        let text = "[ERROR] ClientError: An error occurred (ThrottlingException) when calling the SendCommand operation (reached max retries: 4): Rate exceeded\rTraceback";
        let error = ServiceError::said_in(text).unwrap();
        assert_eq!(
            (error.code.as_str(), error.operation.as_str(), error.message.as_str()),
            ("ThrottlingException", "SendCommand", "Rate exceeded")
        );
        assert_eq!(error.service.as_deref(), Some("ssm"));
        let fault = error.fault("*:assumed-role/*R*").unwrap();
        assert_eq!(fault["when"], json!({ "service": "ssm", "operation": "SendCommand", "principal": "*:assumed-role/*R*" }));
        assert_eq!(fault["then"]["error"], json!({ "code": "ThrottlingException", "status": 400, "message": "Rate exceeded" }));
        assert_eq!(ServiceError::said_in("all is well"), None);
    }

    #[test]
    fn an_operation_that_no_local_service_has_gives_no_fault() {
        let error = ServiceError::said_in("An error occurred (Broken) when calling the FlyToTheMoon operation: no").unwrap();
        assert_eq!((error.service.clone(), error.fault("*")), (None, None));
    }

    #[test]
    fn the_event_history_tells_what_no_log_has() {
        let event = json!({ "eventSource": "ssm.amazonaws.com", "eventName": "SendCommand", "errorCode": "AccessDenied", "errorMessage": "no",
            "userIdentity": { "arn": "arn:aws:sts::1:assumed-role/role/f" } });
        let evidence = Evidence { history: vec![event], ..Evidence::default() };
        let error = ServiceError::recorded(&evidence, "arn:aws:iam::1:role/path/role").unwrap();
        assert!(error.is_denial() && error.service.as_deref() == Some("ssm"));
        assert_eq!(ServiceError::recorded(&evidence, "arn:aws:iam::1:role/other"), None);
    }
}
