//! Input documents against the model's constraints, worded as each family of services words it.

use serde_json::Value;

use crate::AwsError;
use crate::model::{Kind, ServiceModel, Shape};
use crate::operation::Operation;
use crate::protocol::Protocol;

impl ServiceModel {
    /// Checks an input document: required members, lengths, ranges, patterns. Enumerations and semantics are
    /// the service's to check; so are EC2's and S3's limits, which have words of their own.
    pub fn validate(&self, operation: &Operation, input: &Value) -> Result<(), AwsError> {
        if !operation.served() {
            return Err(AwsError::not_implemented(self.signing_name(), operation.name()));
        }
        let Some(shape) = operation.input else { return Ok(()) };
        let mut found = Findings { model: self, violations: Vec::new(), missing: Vec::new() };
        found.structure(self.shape(shape), input, "", 0);
        found.verdict()
    }
}

struct Findings<'a> {
    model: &'a ServiceModel,
    violations: Vec<String>,
    /// Names of absent required members, as the wire spells them.
    missing: Vec<String>,
}

/// More findings than this are not collected.
const ENOUGH: usize = 20;

impl Findings<'_> {
    fn structure(&mut self, shape: &Shape, value: &Value, path: &str, depth: usize) {
        let Value::Object(object) = value else { return };
        if depth > crate::json::DEEPEST {
            return;
        }
        for member in &shape.members {
            let here = join(path, &lower_first(&member.name));
            match object.get(&member.name).filter(|value| !value.is_null()) {
                Some(value) => self.value(self.model.shape(member.shape), value, &here, depth + 1),
                None if member.required && !member.streaming && self.violations.len() < ENOUGH => {
                    self.missing.push(if path.is_empty() { member.name.clone() } else { here.clone() });
                    self.violations.push(format!("Value null at '{here}' failed to satisfy constraint: Member must not be null"));
                }
                None => {}
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str, depth: usize) {
        if self.violations.len() >= ENOUGH {
            return;
        }
        match (shape.kind, value) {
            (Kind::Structure, value) => self.structure(shape, value, path, depth),
            (Kind::List, Value::Array(items)) => {
                self.length(shape, items.len(), value, path);
                let Some(item) = &shape.item else { return };
                let item = self.model.shape(item.shape);
                if is_scalar(item) {
                    if items.iter().any(|value| !broken(item, value).is_empty()) {
                        self.violation(shape, value, path, &format!("satisfy constraint: [{}]", constraints(item)));
                    }
                    return;
                }
                for (index, value) in items.iter().enumerate() {
                    self.value(item, value, &format!("{path}.{}.member", index + 1), depth + 1);
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                self.length(shape, entries.len(), value, path);
                if let Some(key) = &shape.key {
                    let key = self.model.shape(key.shape);
                    if entries.keys().any(|name| !broken(key, &Value::String(name.clone())).is_empty()) {
                        self.clause(shape, value, path, &format!("Map keys must satisfy constraint: [{}]", constraints(key)));
                    }
                }
                let Some(item) = &shape.value else { return };
                let item = self.model.shape(item.shape);
                if is_scalar(item) {
                    if entries.values().any(|value| !broken(item, value).is_empty()) {
                        self.clause(shape, value, path, &format!("Map value must satisfy constraint: [{}]", constraints(item)));
                    }
                    return;
                }
                for (key, value) in entries {
                    self.value(item, value, &format!("{path}.{key}.member"), depth + 1);
                }
            }
            _ => {
                for must in broken(shape, value) {
                    self.clause(shape, value, path, &must);
                }
            }
        }
    }

    fn length(&mut self, shape: &Shape, length: usize, value: &Value, path: &str) {
        for must in wrong_length(shape, length) {
            self.clause(shape, value, path, &must);
        }
    }

    fn violation(&mut self, shape: &Shape, value: &Value, path: &str, must: &str) {
        self.clause(shape, value, path, &format!("Member must {must}"));
    }

    fn clause(&mut self, shape: &Shape, value: &Value, path: &str, must: &str) {
        self.violations.push(format!("Value '{}' at '{path}' failed to satisfy constraint: {must}", self.show(shape, value)));
    }

    /// The value as AWS repeats it; never a secret one.
    fn show(&self, shape: &Shape, value: &Value) -> String {
        let inner = |member: &Option<crate::model::Member>| {
            member.as_ref().is_some_and(|member| self.model.shape(member.shape).sensitive)
        };
        if shape.sensitive || inner(&shape.item) || inner(&shape.value) {
            return "***".to_owned();
        }
        // A double has its fraction, whether or not it was sent with one.
        let kind = shape.value.as_ref().or(shape.item.as_ref()).map_or(shape.kind, |member| self.model.shape(member.shape).kind);
        let plain = |value: &Value| match value {
            Value::Number(number) if matches!(kind, Kind::Double | Kind::Float) && !number.is_f64() => format!("{number}.0"),
            value => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        };
        let text = match value {
            Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
            Value::Object(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect();
                format!("{{{}}}", entries.join(", "))
            }
            value => plain(value),
        };
        if text.chars().count() > 1024 { text.chars().take(1024).collect() } else { text }
    }

    fn verdict(self) -> Result<(), AwsError> {
        match self.model.codec().protocol() {
            // EC2 checks limits itself, in each operation's own words.
            Protocol::Ec2Query => match self.missing.first() {
                None => Ok(()),
                Some(name) => Err(AwsError::new(
                    "MissingParameter",
                    400,
                    format!("The request must contain the parameter {}", lower_first(name)),
                )),
            },
            Protocol::RestXml => match self.missing.first() {
                None => Ok(()),
                Some(name) if name.contains('.') => Err(crate::xml_body::malformed()),
                Some(_) => Err(AwsError::new("MissingRequestBodyError", 400, "Request Body is empty")),
            },
            _ if self.violations.is_empty() => Ok(()),
            _ => {
                let count = self.violations.len();
                let errors = if count == 1 { "validation error" } else { "validation errors" };
                let message = format!("{count} {errors} detected: {}", self.violations.join("; "));
                match (self.model.signing_name(), self.missing.first()) {
                    ("sqs", Some(name)) => {
                        Err(AwsError::new("MissingParameter", 400, format!("The request must contain the parameter {name}.")))
                    }
                    ("sqs", None) => Err(AwsError::new("InvalidParameterValue", 400, message)),
                    ("logs", _) => Err(AwsError::new("InvalidParameterException", 400, message)),
                    _ if self.model.codec().protocol() == Protocol::Query => Err(AwsError::new("ValidationError", 400, message)),
                    _ => Err(AwsError::validation(message)),
                }
            }
        }
    }
}

fn is_scalar(shape: &Shape) -> bool {
    !matches!(shape.kind, Kind::Structure | Kind::List | Kind::Map)
}

/// What a scalar breaks.
fn broken(shape: &Shape, value: &Value) -> Vec<String> {
    match (shape.kind, value) {
        (Kind::String, Value::String(text)) => {
            let mut found = wrong_length(shape, text.chars().count());
            if let Some(pattern) = shape.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
                found.push(format!("Member must satisfy regular expression pattern: {}", pattern.text()));
            }
            found
        }
        (Kind::Blob, Value::String(text)) => {
            let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
            wrong_length(shape, (text.len() / 4 * 3).saturating_sub(padding))
        }
        (Kind::Integer | Kind::Long | Kind::Float | Kind::Double, Value::Number(number)) => {
            let number = number.as_f64().unwrap_or_default();
            let below =
                shape.min.filter(|min| number < *min).map(|min| format!("Member must have value greater than or equal to {min}"));
            let above =
                shape.max.filter(|max| number > *max).map(|max| format!("Member must have value less than or equal to {max}"));
            below.into_iter().chain(above).collect()
        }
        _ => Vec::new(),
    }
}

fn wrong_length(shape: &Shape, length: usize) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "lengths of requests are far below 2^52")]
    let length = length as f64;
    let above = shape.max.filter(|max| length > *max).map(|max| format!("Member must have length less than or equal to {max}"));
    let below =
        shape.min.filter(|min| length < *min).map(|min| format!("Member must have length greater than or equal to {min}"));
    above.into_iter().chain(below).collect()
}

/// All that a scalar must satisfy, as AWS lists it for the items of a list.
fn constraints(shape: &Shape) -> String {
    let what = if matches!(shape.kind, Kind::String | Kind::Blob) { "length" } else { "value" };
    // Java's numbers with a fraction always show one, and are never absent.
    let is_fraction = matches!(shape.kind, Kind::Float | Kind::Double);
    let bound = |bound: f64| if is_fraction { format!("{bound:?}") } else { bound.to_string() };
    let above = shape.max.map(|max| format!("Member must have {what} less than or equal to {}", bound(max)));
    let below = shape.min.map(|min| format!("Member must have {what} greater than or equal to {}", bound(min)));
    let present = is_fraction.then(|| "Member must not be null".to_owned());
    let pattern =
        shape.pattern.as_ref().map(|pattern| format!("Member must satisfy regular expression pattern: {}", pattern.text()));
    [above, below, pattern, present].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// AWS names members in these messages with a small first letter.
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::service;

    fn refusal(name: &str, operation: &str, input: Value) -> AwsError {
        let model = service(name).unwrap();
        model.validate(model.operation(operation).unwrap(), &input).unwrap_err()
    }

    #[test]
    fn bounds_of_fractions_show_a_fraction() {
        let weights = json!({ "AdditionalVersionWeights": { "2": 2.0 } });
        let input = json!({ "FunctionName": "f", "Name": "a", "FunctionVersion": "1", "RoutingConfig": weights });
        let says = "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must \
                    satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member \
                    must not be null]";
        assert_eq!(refusal("lambda", "CreateAlias", input).message, says);
    }

    #[test]
    fn each_family_words_a_missing_member() {
        let error = refusal("ssm", "SendCommand", json!({}));
        assert_eq!(error.code, "ValidationException");
        assert_eq!(
            error.message,
            "1 validation error detected: Value null at 'documentName' failed to satisfy constraint: Member must not be null"
        );
        let error = refusal("iam", "CreateRole", json!({}));
        assert_eq!(error.code, "ValidationError");
        assert!(error.message.starts_with("2 validation errors detected: Value null at 'roleName' failed"), "{error}");
        let error = refusal("ec2", "CreateSubnet", json!({}));
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("MissingParameter", "The request must contain the parameter vpcId")
        );
        let error = refusal("sqs", "CreateQueue", json!({}));
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("MissingParameter", "The request must contain the parameter QueueName.")
        );
        assert_eq!(refusal("logs", "CreateLogGroup", json!({})).code, "InvalidParameterException");
        assert_eq!(refusal("s3", "PutBucketTagging", json!({"Bucket": "b", "Tagging": {}})).code, "MalformedXML");
        assert_eq!(refusal("s3", "SelectObjectContent", json!({})).code, "NotImplemented");
    }

    #[test]
    fn limits_are_worded_as_awss() {
        let error = refusal("ssm", "SendCommand", json!({"DocumentName": "AWS-X", "InstanceIds": ["i-1"], "TimeoutSeconds": 1}));
        assert_eq!(
            error.message,
            "2 validation errors detected: Value '[i-1]' at 'instanceIds' failed to satisfy constraint: Member must satisfy \
             constraint: [Member must satisfy regular expression pattern: (^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)]; Value '1' at \
             'timeoutSeconds' failed to satisfy constraint: Member must have value greater than or equal to 30"
        );
        let error = refusal("iam", "CreateRole", json!({"RoleName": "a b", "AssumeRolePolicyDocument": "{}"}));
        assert!(
            error.message.ends_with(
                "at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+"
            ),
            "{error}"
        );
    }

    #[test]
    fn secrets_are_not_repeated() {
        let error = refusal("ssm", "PutParameter", json!({"Name": "", "Value": "secret", "Type": "SecureString"}));
        assert!(!error.message.contains("secret"), "{error}");
        let error = refusal("kms", "Encrypt", json!({"KeyId": "k", "Plaintext": "c2VjcmV0".repeat(1000)}));
        assert!(!error.message.contains("c2VjcmV0"), "{error}");
    }
}
