//! A rule: which calls, how often, and what becomes of them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use nightproof_core::Caller;
use nightproof_core::service::AwsError;
use nightproof_wildcard::{Pattern, Syntax};
use schemars::JsonSchema;
use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{InstanceFault, Occurrence};

/// A fault: the effect on some of the calls that match.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which calls.
    pub when: Matcher,
    /// Which of them.
    #[serde(default)]
    pub occurrence: Occurrence,
    /// What becomes of them.
    pub then: Effect,
}

/// Which calls a rule is about. What is left out matches all; `*` stands for any text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matcher {
    /// Signing name: `s3`, `ssm`, `ec2messages`.
    pub service: Option<String>,
    /// The model's name: `PutObject`.
    pub operation: Option<String>,
    /// The caller's ARN, or a service's name: `*:assumed-role/*BackupFunctionRole*`.
    pub principal: Option<String>,
    /// Members of the input document, by their names in the service model.
    #[serde(default)]
    pub input: BTreeMap<String, String>,
}

impl Matcher {
    pub(super) fn matches(&self, caller: &Caller, service: &str, operation: &str, input: &Value) -> bool {
        let like = |pattern: &Option<String>, text: &str| pattern.as_ref().is_none_or(|pattern| like(pattern, text));
        let has = |(name, pattern): (&String, &String)| match input.get(name) {
            Some(Value::String(text)) => self::like(pattern, text),
            Some(value) => self::like(pattern, &value.to_string()),
            None => false,
        };
        like(&self.service, service)
            && like(&self.operation, operation)
            && like(&self.principal, &caller.arn())
            && self.input.iter().all(has)
    }
}

/// Whether `text` is like `pattern`, in which `*` stands for any text.
fn like(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern, Syntax::default()).matches(text)
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// AWS answers this error, and nothing is done.
    Error(ErrorAnswer),
    /// It takes so many seconds longer.
    Delay(
        #[serde(deserialize_with = "seconds")]
        #[schemars(range(min = 0))]
        f64,
    ),
    /// It is done, and the connection ends without an answer.
    LoseAnswer,
    /// It is done twice, as what AWS delivers at least once may be; the second answer is the caller's.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
    Repeat,
    /// The connection ends after so many bytes of the payload that is answered.
    CutAnswer(u64),
    /// The connection ends after so many bytes of the payload that is sent.
    CutRequest(u64),
    /// One bit of the byte at this offset of the payload that is sent arrives flipped; without effect beyond its end.
    CorruptRequest(u64),
    /// Before it is done, the session whose credentials signed it ends: the caller's next call is refused. Without effect on long-lived
    /// keys, which do not expire.
    ExpireCredentials,
    /// Before it is done, this befalls the instance that makes it; without effect on calls that no instance makes.
    Instance(InstanceFault),
    /// Before it is done, these calls are, by the account's root user.
    Calls(Vec<InsertedCall>),
}

/// An error in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    /// `ThrottlingException`
    pub code: String,
    /// HTTP status, 400 to 599; 400 if it is left out.
    #[serde(default = "bad_request", deserialize_with = "error_status")]
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// What the caller reads.
    #[serde(default)]
    pub message: String,
}

fn bad_request() -> u16 {
    400
}

fn error_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    let wrong = || de::Error::invalid_value(Unexpected::Unsigned(status.into()), &"the HTTP status of an error, 400 to 599");
    if (400..=599).contains(&status) { Ok(status) } else { Err(wrong()) }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    let wrong = |_| de::Error::invalid_value(Unexpected::Float(seconds), &"a number of seconds, 0 or more");
    Duration::try_from_secs_f64(seconds).map(|_| seconds).map_err(wrong)
}

impl ErrorAnswer {
    pub(super) fn answer(self) -> AwsError {
        AwsError::new(self.code, self.status, self.message)
    }
}

/// A call that somebody else makes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InsertedCall {
    /// Signing name.
    pub service: String,
    /// The model's name.
    pub operation: String,
    /// The input document.
    #[serde(default)]
    pub input: Value,
}

impl Rule {
    /// Whether programs must load a library for it, for which machines are prepared at their boot.
    pub fn is_interposed(&self) -> bool {
        matches!(self.then, Effect::Instance(fault) if fault.is_interposed())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "answers {}", error.code),
            Self::Delay(seconds) => write!(f, "takes {seconds} s longer"),
            Self::LoseAnswer => f.write_str("is done, its answer is lost"),
            Self::Repeat => f.write_str("is done twice"),
            Self::CutAnswer(bytes) => write!(f, "breaks off after {bytes} bytes of the answer"),
            Self::CutRequest(bytes) => write!(f, "breaks off after {bytes} bytes of the request"),
            Self::CorruptRequest(offset) => write!(f, "arrives with byte {offset} of the request wrong"),
            Self::ExpireCredentials => f.write_str("is the last with its credentials"),
            Self::Instance(fault) => write!(f, "befalls its instance: {fault}"),
            Self::Calls(calls) => {
                let names: Vec<String> = calls.iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
                write!(f, "is preceded by {}", names.join(", "))
            }
        }
    }
}
