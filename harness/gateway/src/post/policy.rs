//! The policy of a form, which says what the form may hold.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use nightproof_core::service::AwsError;
use serde_json::{Map, Value};

/// Fields that need no condition.
const FREE: [&str; 6] = ["awsaccesskeyid", "signature", "x-amz-signature", "file", "policy", "submit"];

/// A policy, read.
pub(crate) struct Policy {
    expires: Timestamp,
    conditions: Vec<Condition>,
}

enum Condition {
    Field {
        exact: bool,
        field: String,
        value: String,
        shown: String,
    },
    Size(u64, u64),
    /// One that nothing fulfils, as it is written.
    Never(String),
}

fn invalid(why: &str) -> AwsError {
    AwsError::new("InvalidPolicyDocument", 400, format!("Invalid Policy: {why}"))
}

fn against(why: &str) -> AwsError {
    AwsError::new("AccessDenied", 403, format!("Invalid according to Policy: {why}"))
}

impl Policy {
    /// Reads what the field `policy` holds: a JSON document in base64.
    ///
    /// # Errors
    /// `InvalidPolicyDocument`
    pub(crate) fn read(text: &str) -> Result<Self, AwsError> {
        let document =
            STANDARD.decode(text.trim()).ok().and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok());
        let document = document.ok_or_else(|| invalid("Invalid JSON."))?;
        let expires = document.get("expiration").and_then(Value::as_str).ok_or_else(|| invalid("Policy missing expiration."))?;
        let expires = expires.parse().map_err(|_| invalid(&format!("Invalid 'expiration' value: '{expires}'")))?;
        let conditions =
            document.get("conditions").and_then(Value::as_array).ok_or_else(|| invalid("Policy missing conditions."))?;
        Ok(Self { expires, conditions: conditions.iter().map(condition).collect::<Result<_, _>>()? })
    }

    /// Checks a form's fields; `field` finds the value of one by its name in lower case, `names` are those of all.
    ///
    /// # Errors
    /// `AccessDenied`
    pub(crate) fn check<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        field: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        if self.expires <= now {
            return Err(against("Policy expired."));
        }
        for condition in &self.conditions {
            let (met, shown) = match condition {
                Condition::Size(..) => continue,
                Condition::Never(shown) => (false, shown),
                Condition::Field { exact, field: name, value, shown } => {
                    let found = field(name).unwrap_or_default();
                    (if *exact { found == *value } else { found.starts_with(value.as_str()) }, shown)
                }
            };
            if !met {
                return Err(against(&format!("Policy Condition failed: {shown}")));
            }
        }
        for name in names {
            let lower = name.to_ascii_lowercase();
            let named = |condition: &Condition| matches!(condition, Condition::Field { field, .. } if *field == lower);
            if !FREE.contains(&lower.as_str()) && !lower.starts_with("x-ignore-") && !self.conditions.iter().any(named) {
                return Err(against(&format!("Extra input fields: {name}")));
            }
        }
        Ok(())
    }

    /// The sizes that the file may have.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        let ranges = self.conditions.iter().filter_map(|condition| match condition {
            Condition::Size(least, most) => Some((*least, *most)),
            _ => None,
        });
        ranges.fold((0, u64::MAX), |(least, most), (low, high)| (least.max(low), most.min(high)))
    }
}

/// `{"field": "value"}`, `["eq", "$field", "value"]`, `["starts-with", "$field", "value"]` or `["content-length-range", 1, 10]`.
fn condition(condition: &Value) -> Result<Condition, AwsError> {
    match condition {
        Value::Object(members) => {
            let mut members = members.iter();
            let (Some((field, Value::String(value))), None) = (members.next(), members.next()) else {
                return Err(invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."));
            };
            Ok(Condition::Field {
                exact: true,
                field: field.to_ascii_lowercase(),
                value: value.clone(),
                shown: shown(&["eq".into(), format!("${field}").into(), value.as_str().into()]),
            })
        }
        Value::Array(parts) => Ok(match parts.as_slice() {
            [Value::String(operator), Value::String(name), Value::String(value)]
                if operator.eq_ignore_ascii_case("eq") || operator.eq_ignore_ascii_case("starts-with") =>
            {
                match name.strip_prefix('$') {
                    Some(field) => Condition::Field {
                        exact: operator.eq_ignore_ascii_case("eq"),
                        field: field.to_ascii_lowercase(),
                        value: value.clone(),
                        shown: shown(parts),
                    },
                    None => Condition::Never(shown(parts)),
                }
            }
            [Value::String(operator), least, most] if operator.eq_ignore_ascii_case("content-length-range") => {
                let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
                match (number(least), number(most)) {
                    (Some(least), Some(most)) => Condition::Size(least, most),
                    _ => Condition::Never(shown(parts)),
                }
            }
            _ => return Err(invalid("Invalid Condition.")),
        }),
        _ => Err(invalid("Invalid Condition.")),
    }
}

/// A condition as refusals write it: `["eq", "$key", "value"]`, a number in quotes too.
fn shown(parts: &[Value]) -> String {
    let texts: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Value::String(_) => part.to_string(),
            other => Value::String(other.to_string()).to_string(),
        })
        .collect();
    format!("[{}]", texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(conditions: Value, fields: &[(&str, &str)]) -> Result<(u64, u64), AwsError> {
        let document = json!({"expiration": "2026-01-02T00:00:00Z", "conditions": conditions});
        let policy = Policy::read(&STANDARD.encode(document.to_string()))?;
        let field =
            |name: &str| fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| (*value).to_owned());
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        policy.check(fields.iter().map(|(name, _)| *name), field, now).map(|()| policy.sizes())
    }

    #[test]
    fn every_field_meets_its_condition() {
        let conditions = json!([{"bucket": "b"}, ["starts-with", "$key", "user/"], ["eq", "$X-Amz-Meta-A", "1"], ["content-length-range", 1, "10"]]);
        let fields = [("bucket", "b"), ("key", "user/x"), ("x-amz-meta-a", "1"), ("x-ignore-me", ""), ("Policy", "p")];
        assert_eq!(checked(conditions.clone(), &fields).unwrap(), (1, 10));
        let other = checked(conditions.clone(), &[("bucket", "b"), ("key", "else"), ("x-amz-meta-a", "1")]).unwrap_err();
        assert_eq!(other.message, r#"Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]"#);
        let more = checked(json!([{"key": "k"}]), &[("key", "k"), ("acl", "public-read")]).unwrap_err();
        assert_eq!(more.message, "Invalid according to Policy: Extra input fields: acl");
    }

    #[test]
    fn what_is_no_policy_or_no_condition_is_refused() {
        assert_eq!(Policy::read("nonsense").err().unwrap().code, "InvalidPolicyDocument");
        assert_eq!(checked(json!([{"a": "1", "b": "2"}]), &[]).unwrap_err().code, "InvalidPolicyDocument");
        for (never, text) in [
            (json!([["eq", "key", "k"]]), r#"["eq", "key", "k"]"#),
            (json!([["content-length-range", "x", 10]]), r#"["content-length-range", "x", "10"]"#),
        ] {
            let error = checked(never, &[("key", "k")]).unwrap_err();
            assert_eq!(error.message, format!("Invalid according to Policy: Policy Condition failed: {text}"));
        }
    }

    #[test]
    fn a_policy_expires() {
        let document = json!({"expiration": "2026-01-02T00:00:00Z", "conditions": []}).to_string();
        let late = Policy::read(&STANDARD.encode(document)).unwrap().check([], |_| None, "2026-01-02T00:00:00Z".parse().unwrap());
        assert_eq!(late.unwrap_err().message, "Invalid according to Policy: Policy expired.");
    }
}
