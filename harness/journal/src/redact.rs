//! Takes secrets out of documents before they reach a journal, log or report.

use serde_json::{Map, Value};

/// What stands in a secret's place, as in CloudTrail.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Longer strings are cut: a journal keeps what was asked, not the payload.
const LONGEST: usize = 4096;

/// Members that are secret wherever they occur, in lower case.
const SECRET_MEMBERS: &[&str] = &[
    "secretaccesskey",
    "sessiontoken",
    "securitytoken",
    "plaintext",
    "password",
    "secretstring",
    "secretbinary",
    "authorization",
    "authparameters",
    "clientsecret",
    "ssecustomerkey",
    "copysourcessecustomerkey",
    "privatekey",
    "privatekeyplaintext",
    "keymaterial",
    "userdata",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Payloads: no secret by nature, yet what they hold is not ours to keep.
const PAYLOADS: &[(&str, &str)] = &[("lambda", "Payload"), ("lambda", "ZipFile"), ("cloudformation", "TemplateBody")];

/// `document` (input or output of an operation) without secrets: secret members become [`HIDDEN`], signatures in URLs and headers
/// are blotted out wherever a string has them, and long strings are cut.
pub fn redact(service: &str, operation: &str, document: &Value) -> Value {
    let hides_parameters = service == "ssm" && matches!(operation, "SendCommand" | "ListCommands" | "StartSession");
    walk(&Rules { service, hides_parameters }, document)
}

struct Rules<'a> {
    service: &'a str,
    /// SendCommand's parameters are hidden by CloudTrail too: scripts tend to hold secrets.
    hides_parameters: bool,
}

fn walk(rules: &Rules<'_>, value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(object(rules, members)),
        Value::Array(items) => Value::Array(items.iter().map(|item| walk(rules, item)).collect()),
        Value::String(text) => Value::String(cut(redact_text(text))),
        other => other.clone(),
    }
}

fn object(rules: &Rules<'_>, members: &Map<String, Value>) -> Map<String, Value> {
    // A parameter of type SecureString, in ssm's PutParameter and GetParameter*.
    let secure = members.get("Type").and_then(Value::as_str) == Some("SecureString");
    members
        .iter()
        .map(|(name, value)| {
            let hidden = SECRET_MEMBERS.contains(&name.to_ascii_lowercase().as_str())
                || (secure && name == "Value")
                || (rules.hides_parameters && name == "Parameters")
                || PAYLOADS.contains(&(rules.service, name.as_str()));
            let value = if hidden {
                Value::String(HIDDEN.to_owned())
            } else if rules.service == "lambda" && name == "Environment" {
                hide_values(value)
            } else {
                walk(rules, value)
            };
            (name.clone(), value)
        })
        .collect()
}

/// Keeps the names of environment variables and hides their values.
fn hide_values(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.iter().map(|(name, value)| (name.clone(), hide_values(value))).collect()),
        _ => Value::String(HIDDEN.to_owned()),
    }
}

/// `text` without signatures and tokens: those of presigned URLs and of `Authorization` headers.
pub fn redact_text(text: &str) -> String {
    let mut clean = text.to_owned();
    for name in [
        "X-Amz-Signature=",
        "X-Amz-Security-Token=",
        "Signature=",
        "aws_secret_access_key=",
        "AWS_SECRET_ACCESS_KEY=",
        "AWS_SESSION_TOKEN=",
    ] {
        clean = blot_out(&clean, name);
    }
    clean
}

fn blot_out(text: &str, name: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        clean.push_str(before);
        clean.push_str(name);
        clean.push_str(HIDDEN);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "%+/=-_.~".contains(c))).unwrap_or(after.len());
        rest = after.get(end..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

fn cut(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let end = text.floor_char_boundary(LONGEST);
    format!("{}… ({} bytes)", text.get(..end).unwrap_or_default(), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn credentials_of_a_session_are_hidden_and_their_id_stays() {
        let output = json!({"Credentials": {"AccessKeyId": "ASIAX", "SecretAccessKey": "s3cr3t", "SessionToken": "t0ken"}});
        let clean = redact("sts", "AssumeRole", &output);
        assert_eq!(clean["Credentials"]["AccessKeyId"], "ASIAX");
        assert!(!clean.to_string().contains("s3cr3t") && !clean.to_string().contains("t0ken"));
    }

    #[test]
    fn only_secure_strings_are_hidden_among_parameters() {
        let input = json!({"Parameters": [{"Type": "SecureString", "Value": "s3cr3t"}, {"Type": "String", "Value": "open"}]});
        let clean = redact("ssm", "GetParameters", &input);
        assert_eq!(clean["Parameters"][0]["Value"], HIDDEN);
        assert_eq!(clean["Parameters"][1]["Value"], "open");
    }

    #[test]
    fn a_functions_environment_keeps_its_names_only() {
        let clean = redact("lambda", "CreateFunction", &json!({"Environment": {"Variables": {"DB_URL": "s3cr3t"}}}));
        assert_eq!(clean, json!({"Environment": {"Variables": {"DB_URL": HIDDEN}}}));
    }

    #[test]
    fn the_script_of_a_command_is_hidden() {
        let clean =
            redact("ssm", "SendCommand", &json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["x"]}}));
        assert_eq!(clean, json!({"DocumentName": "AWS-RunShellScript", "Parameters": HIDDEN}));
    }

    #[test]
    fn a_presigned_url_loses_its_signature_within_any_string() {
        let url = "curl 'https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=0a1b2c&x=1' | tar -x";
        let clean = redact("ec2messages", "GetMessages", &json!({"Messages": [{"Payload": url}]})).to_string();
        assert!(!clean.contains("0a1b2c"), "{clean}");
        assert!(clean.contains("X-Amz-Date=20260101T000000Z") && clean.contains("&x=1' | tar -x"), "{clean}");
    }

    #[test]
    fn a_data_key_is_hidden_and_its_ciphertext_stays() {
        let clean = redact("kms", "GenerateDataKey", &json!({"Plaintext": "c2VjcmV0", "CiphertextBlob": "AQID"}));
        assert_eq!(clean, json!({"Plaintext": HIDDEN, "CiphertextBlob": "AQID"}));
    }

    #[test]
    fn long_strings_are_cut_between_characters() {
        let clean = redact("sqs", "SendMessage", &json!({"MessageBody": "é".repeat(5000)}));
        let text = clean["MessageBody"].as_str().unwrap();
        assert!(text.ends_with("… (10000 bytes)") && text.len() < 4200, "{}", text.len());
    }
}
