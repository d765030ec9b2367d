//! What must never reach a journal.

use serde_json::Value;

/// What stands in a secret's place.
pub const REDACTED: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Members that are secret wherever they appear.
const SECRET: &[&str] = &[
    "SecretAccessKey",
    "SessionToken",
    "Plaintext",
    "CiphertextBlob",
    "Password",
    "PrivateKey",
    "Authorization",
    "Token",
    "SSECustomerKey",
    "CopySourceSSECustomerKey",
    "PrivateKeyPlaintext",
    "SharedSecret",
    "ApiKeyValue",
    "ClientSecret",
    "KeyMaterial",
    "TokenValue",
    "SecretString",
    "SecretBinary",
    "RandomPassword",
];

/// Members too large or too private to keep: their presence is recorded, not their content.
const CONTENT: &[&str] = &["ZipFile", "UserData", "Payload", "LogResult"];

/// The same of Step Functions.
const STATES: &[&str] = &["cause", "definition", "input", "output", "parameters", "taskToken"];

/// The same of DynamoDB's operations on items.
const ITEMS: &[&str] = &[
    "Attributes",
    "ExpressionAttributeValues",
    "Item",
    "ItemCollectionMetrics",
    "Items",
    "RequestItems",
    "Responses",
    "TransactItems",
    "UnprocessedItems",
    "UnprocessedKeys",
];

/// Longest string that is kept whole, in bytes.
const LONGEST: usize = 16 * 1024;

/// A copy of an input or output document of `operation` of `service` (signing name) without its secrets.
pub fn redact(service: &str, operation: &str, document: &Value) -> Value {
    let secure = document.get("Type").and_then(Value::as_str) == Some("SecureString");
    clean(document, &|path: &[&str]| {
        let Some(name) = path.last() else { return false };
        SECRET.contains(name) && !(*name == "Token" && service != "sts")
            || CONTENT.contains(name)
            || (service == "lambda" && path.iter().rev().skip(1).any(|above| *above == "Variables"))
            || (service == "ssm" && *name == "Value" && (secure || operation.starts_with("GetParameter")))
            || (service == "cloudformation" && *name == "TemplateBody")
            || (service == "sqs" && *name == "Body")
            || (service == "kinesis" && *name == "Data")
            // Events of Run Command carry the script.
            || (service == "sns" && operation.starts_with("Publish") && *name == "Message")
            || (service == "events" && operation == "PutEvents" && *name == "Detail")
            // Parameters that a connection adds to its calls may be secret.
            || (service == "events" && *name == "Value" && path.iter().any(|above| above.ends_with("HttpParameters")))
            // Definitions, inputs and outputs of state machines carry commands and what they answer; CloudTrail hides them too.
            || (service == "states" && STATES.contains(name))
            || (service == "dynamodb" && ITEMS.contains(name))
            || (service == "dynamodbstreams" && *name == "Records")
            // Scripts tend to hold secrets; CloudTrail hides them too.
            || (service == "ssm" && *name == "Parameters" && matches!(operation, "SendCommand" | "ListCommands"))
    })
}

fn clean(value: &Value, hidden: &dyn Fn(&[&str]) -> bool) -> Value {
    fn walk<'a>(value: &'a Value, path: &mut Vec<&'a str>, hidden: &dyn Fn(&[&str]) -> bool) -> Value {
        match value {
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| {
                        path.push(name);
                        let kept = match member {
                            Value::Object(_) | Value::Array(_) if !hidden(path) => walk(member, path, hidden),
                            _ if hidden(path) => Value::String(REDACTED.to_owned()),
                            other => walk(other, path, hidden),
                        };
                        path.pop();
                        (name.clone(), kept)
                    })
                    .collect(),
            ),
            Value::Array(items) => items.iter().map(|item| walk(item, path, hidden)).collect(),
            Value::String(text) if text.len() > LONGEST => Value::String(format!("({} bytes)", text.len())),
            Value::String(text) => Value::String(redact_text(text)),
            other => other.clone(),
        }
    }
    walk(value, &mut Vec::new(), hidden)
}

/// `text` without signatures and tokens: those of presigned URLs and of `Authorization` headers, wherever they stand in it.
pub fn redact_text(text: &str) -> String {
    ["Signature=", "X-Amz-Security-Token="].iter().fold(text.to_owned(), |text, name| blot_out(&text, name))
}

fn blot_out(text: &str, name: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        clean.extend([before, name, REDACTED]);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "%+/=-_.~".contains(c))).unwrap_or(after.len());
        rest = after.get(end..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn credentials_are_hidden_and_their_ids_are_not() {
        let shown = redact(
            "sts",
            "AssumeRole",
            &json!({"Credentials": {"AccessKeyId": "ASIA1", "SecretAccessKey": "s3cr3t", "SessionToken": "t0k3n"}}),
        );
        assert_eq!(shown["Credentials"]["AccessKeyId"], "ASIA1");
        let text = shown.to_string();
        assert!(!text.contains("s3cr3t") && !text.contains("t0k3n"), "{text}");
    }

    #[test]
    fn environment_values_of_functions_are_hidden_and_their_names_are_not() {
        let shown = redact(
            "lambda",
            "CreateFunction",
            &json!({"FunctionName": "f", "Environment": {"Variables": {"DB": "hunter2"}}, "Code": {"ZipFile": "UEs="}}),
        );
        assert_eq!(shown["Environment"]["Variables"]["DB"], REDACTED);
        assert_eq!(shown["FunctionName"], "f");
        assert!(!shown.to_string().contains("UEs="));
    }

    #[test]
    fn secure_parameters_are_hidden_on_the_way_in_and_out() {
        assert_eq!(redact("ssm", "PutParameter", &json!({"Type": "SecureString", "Value": "x"}))["Value"], REDACTED);
        assert_eq!(redact("ssm", "PutParameter", &json!({"Type": "String", "Value": "x"}))["Value"], "x");
        assert_eq!(redact("ssm", "GetParameter", &json!({"Parameter": {"Value": "x"}}))["Parameter"]["Value"], REDACTED);
    }

    #[test]
    fn items_are_hidden_and_their_keys_are_not() {
        let shown =
            redact("dynamodb", "PutItem", &json!({"TableName": "t", "Item": {"id": {"S": "a"}, "secret": {"S": "hunter2"}}}));
        assert_eq!((&shown["Item"], &shown["TableName"]), (&json!(REDACTED), &json!("t")));
        let key = redact("dynamodb", "GetItem", &json!({"Key": {"id": {"S": "a"}}}));
        assert_eq!(key["Key"]["id"]["S"], "a");
        assert_eq!(redact("dynamodbstreams", "GetRecords", &json!({"Records": [{"eventID": "1"}]}))["Records"], REDACTED);
    }

    #[test]
    fn lists_of_secrets_are_hidden_whole() {
        assert_eq!(redact("kms", "X", &json!({"Plaintext": ["a", "b"]}))["Plaintext"], REDACTED);
    }

    #[test]
    fn the_script_of_a_command_is_hidden() {
        let shown =
            redact("ssm", "SendCommand", &json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["x"]}}));
        assert_eq!(shown, json!({"DocumentName": "AWS-RunShellScript", "Parameters": REDACTED}));
    }

    #[test]
    fn a_presigned_url_loses_its_signature_within_any_string() {
        let text = "curl 'https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=0a1b2c&x=1' | tar -x";
        let shown = redact("ssm", "GetCommandInvocation", &json!({"StandardErrorContent": text})).to_string();
        assert!(!shown.contains("0a1b2c"), "{shown}");
        assert!(shown.contains("X-Amz-Date=20260101T000000Z") && shown.contains("&x=1' | tar -x"), "{shown}");
    }
}
