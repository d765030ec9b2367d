//! Documents of sessions: Amazon's own, and what is acted upon of those of an account.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html>

use std::time::Duration;

use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

/// The account's preferences, which a session has where it names no document.
pub(crate) const DEFAULT: &str = "SSM-SessionManagerRunShell";

const TYPES: [&str; 4] = ["InteractiveCommands", "NonInteractiveCommands", "Port", "Standard_Stream"];

/// Minutes without activity after which a session ends, if its document has no other.
const IDLE: u64 = 20;

/// Names of Amazon's documents of sessions.
pub(crate) const NAMES: [&str; 5] = [
    "AWS-StartInteractiveCommand",
    "AWS-StartNonInteractiveCommand",
    "AWS-StartPortForwardingSession",
    "AWS-StartPortForwardingSessionToRemoteHost",
    "AWS-StartSSHSession",
];

const PORT: &str = "^([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$";
const PORT_OR_NONE: &str = "^([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$";

/// The content of one of Amazon's.
pub(crate) fn content(name: &str) -> Option<Value> {
    let text = |description: &str| json!({"type": "String", "description": description});
    let port = |default: &str, pattern: &str, description: &str| json!({"type": "String", "description": description, "default": default, "allowedPattern": pattern});
    let remote = || port("80", PORT, "(Optional) Port number of the server on the instance");
    let local = || port("0", PORT_OR_NONE, "(Optional) Port number on local machine to forward traffic to");
    let document = |kind: &str, description: &str, parameters: Value, properties: Value| {
        json!({
            "schemaVersion": "1.0",
            "description": description,
            "sessionType": kind,
            "parameters": parameters,
            "properties": properties,
        })
    };
    let forwarding = |parameters: Map<String, Value>, properties: Value| {
        let description = "Document to start port forwarding session over Session Manager";
        document("Port", description, Value::Object(parameters), properties)
    };
    let named = |pairs: Vec<(&str, Value)>| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Some(match name {
        "AWS-StartSSHSession" => document(
            "Port",
            "Document to start SSH session over Session Manager",
            json!({"portNumber": port("22", PORT, "(Optional) Port number of SSH server on the instance")}),
            json!({"portNumber": "{{ portNumber }}"}),
        ),
        "AWS-StartPortForwardingSession" => forwarding(
            named(vec![("portNumber", remote()), ("localPortNumber", local())]),
            json!({"portNumber": "{{ portNumber }}", "type": "LocalPortForwarding", "localPortNumber": "{{ localPortNumber }}"}),
        ),
        "AWS-StartPortForwardingSessionToRemoteHost" => forwarding(
            named(vec![
                ("host", text("Hostname or IP address of the destination server")),
                ("portNumber", remote()),
                ("localPortNumber", local()),
            ]),
            json!({
                "portNumber": "{{ portNumber }}", "type": "LocalPortForwarding", "localPortNumber": "{{ localPortNumber }}",
                "host": "{{ host }}"
            }),
        ),
        "AWS-StartInteractiveCommand" => {
            let command = json!({"commands": "{{ command }}", "runAsElevated": false});
            document(
                "InteractiveCommands",
                "Document to run single interactive command on an instance",
                json!({"command": text("The command to run on the instance")}),
                json!({"windows": command, "linux": command, "macos": command}),
            )
        }
        "AWS-StartNonInteractiveCommand" => {
            let prefix = |stream: &str| {
                let description = format!("(Optional) Unique string as the prefix for {stream} partition");
                json!({"type": "String", "description": description, "default": ""})
            };
            let parameters = json!({
                "command": text("The command to run on the instance"),
                "separateOutputStream": {
                    "type": "String", "allowedValues": ["true", "false"], "default": "false",
                    "description": "(Optional) Separate the StdOut, StdErr and Exit code for Non-interactive command output"
                },
                "stdoutSeparatorPrefix": prefix("StdOut"),
                "stderrSeparatorPrefix": prefix("StdErr"),
            });
            let command = json!({
                "commands": "{{ command }}",
                "runAsElevated": false,
                "separateOutputStream": "{{ separateOutputStream }}",
                "stdoutSeparatorPrefix": "{{ stdoutSeparatorPrefix }}",
                "stderrSeparatorPrefix": "{{ stderrSeparatorPrefix }}",
            });
            document(
                "NonInteractiveCommands",
                "Document to run single non-interactive command on an instance",
                parameters,
                json!({"windows": command, "linux": command, "macos": command}),
            )
        }
        _ => return None,
    })
}

/// What a session has in an account that has set no preferences.
pub(crate) fn preferences() -> Value {
    json!({
        "schemaVersion": "1.0",
        "description": "Document to hold regional settings for Session Manager",
        "sessionType": "Standard_Stream",
        "inputs": {},
    })
}

/// Why a content is no document of sessions.
pub(crate) fn check(root: &Map<String, Value>) -> Result<(), String> {
    const MEMBERS: [&str; 6] = ["schemaVersion", "description", "sessionType", "inputs", "parameters", "properties"];
    if let Some(unknown) = root.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        return Err(format!("unknown property {unknown}"));
    }
    let kind = root.get("sessionType").and_then(Value::as_str).ok_or("sessionType is missing")?;
    if !TYPES.contains(&kind) {
        return Err(format!("{kind} is not a type of sessions"));
    }
    if kind == "Standard_Stream" && !root.get("inputs").is_some_and(Value::is_object) {
        return Err("inputs is missing, which a Standard_Stream session requires".to_owned());
    }
    minutes(root.get("inputs"), "idleSessionTimeout", 60)?;
    minutes(root.get("inputs"), "maxSessionDuration", 1440)?;
    Ok(())
}

/// A number of minutes among the preferences, if it is given. A parameter stands for one that is not known yet.
fn minutes(inputs: Option<&Value>, name: &str, most: u64) -> Result<Option<u64>, String> {
    let value = inputs.and_then(|inputs| inputs.get(name));
    let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default();
    if text.is_empty() || text.contains("{{") {
        return Ok(None);
    }
    match text.parse() {
        Ok(minutes) if (1..=most).contains(&minutes) => Ok(Some(minutes)),
        _ => Err(format!("{name} is {text}, and has to be between 1 and {most}")),
    }
}

/// How long a session may last, and stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) idle: Duration,
    /// Minutes.
    pub(crate) longest: Option<u64>,
}

/// The limits of a session by its document.
///
/// # Errors
/// Preferences that are set and not acted upon here, by name.
pub(crate) fn limits(content: &Value) -> Result<Limits, AwsError> {
    let inputs = content.get("inputs");
    let lacking = |name: &&str| match inputs.and_then(|inputs| inputs.get(*name)) {
        Some(Value::Bool(set)) => *set,
        Some(Value::String(text)) => !text.is_empty() && text != "false",
        _ => false,
    };
    // `s3EncryptionEnabled` and the like say nothing without a place for the log.
    let named = ["s3BucketName", "cloudWatchLogGroupName", "kmsKeyId", "runAsEnabled"];
    if let Some(name) = named.into_iter().find(|name| lacking(name)) {
        return Err(AwsError::not_implemented("ssm", &format!("a session whose document has {name}")));
    }
    let read = |name, most| minutes(inputs, name, most).map_err(|reason| AwsError::new("InvalidDocument", 400, reason));
    let idle = read("idleSessionTimeout", 60)?.unwrap_or(IDLE);
    Ok(Limits { idle: Duration::from_secs(60 * idle), longest: read("maxSessionDuration", 1440)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(content: &Value) -> Result<(), String> {
        check(content.as_object().unwrap())
    }

    #[test]
    fn amazons_documents_are_documents_of_sessions() {
        for name in NAMES {
            assert_eq!(checked(&content(name).unwrap()), Ok(()), "{name}");
        }
        assert_eq!(checked(&preferences()), Ok(()));
        assert_eq!(content("AWS-RunShellScript"), None);
    }

    #[test]
    fn what_is_no_document_of_sessions_is_refused() {
        for (content, reason) in [
            (json!({"mainSteps": []}), "unknown property mainSteps"),
            (json!({}), "sessionType is missing"),
            (json!({"sessionType": "Shell"}), "Shell is not a type of sessions"),
            (json!({"sessionType": "Standard_Stream"}), "inputs is missing, which a Standard_Stream session requires"),
            (
                json!({"sessionType": "Standard_Stream", "inputs": {"idleSessionTimeout": "61"}}),
                "idleSessionTimeout is 61, and has to be between 1 and 60",
            ),
            (
                json!({"sessionType": "Standard_Stream", "inputs": {"maxSessionDuration": "0"}}),
                "maxSessionDuration is 0, and has to be between 1 and 1440",
            ),
        ] {
            assert_eq!(checked(&content), Err(reason.to_owned()));
        }
    }

    #[test]
    fn preferences_are_acted_upon_or_refused_by_name() {
        let of = |inputs: Value| limits(&json!({"inputs": inputs}));
        let twenty = Limits { idle: Duration::from_secs(1200), longest: None };
        assert_eq!(of(json!({})).unwrap(), twenty);
        let unset = json!({"s3BucketName": "", "kmsKeyId": "", "runAsEnabled": false, "s3EncryptionEnabled": true});
        assert_eq!(of(unset).unwrap(), twenty);
        let both = of(json!({"idleSessionTimeout": "5", "maxSessionDuration": "60"})).unwrap();
        assert_eq!(both, Limits { idle: Duration::from_secs(300), longest: Some(60) });
        for (name, value) in [
            ("s3BucketName", json!("b")),
            ("cloudWatchLogGroupName", json!("g")),
            ("kmsKeyId", json!("alias/k")),
            ("runAsEnabled", json!(true)),
        ] {
            let error = of(json!({name: value})).unwrap_err();
            assert!(error.code == "NotImplemented" && error.message.contains(name), "{error}");
        }
    }
}
