//! What kind of session a document asks for.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html>

use serde_json::{Value, json};

use crate::agent::document::filled;

/// A session, by its type.
#[derive(Debug, PartialEq)]
pub(super) enum Properties {
    /// `Standard_Stream`, or `InteractiveCommands` with a command.
    Shell(Shell),
    /// `NonInteractiveCommands`
    Command(Wanted),
    /// `Port`
    Port(Port),
}

/// What runs on a terminal.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shell {
    /// A shell if it is empty.
    pub(super) commands: String,
    pub(super) as_root: bool,
    /// Typed before anything else.
    pub(super) profile: String,
    is_command: bool,
}

/// A command without a terminal.
#[derive(Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) commands: String,
    pub(super) as_root: bool,
    /// Whether the client gets both streams apart, and the exit code.
    pub(super) separate: bool,
    pub(super) stdout_prefix: String,
    pub(super) stderr_prefix: String,
}

/// A port that is forwarded.
#[derive(Debug, PartialEq)]
pub(super) struct Port {
    pub(super) host: String,
    pub(super) number: u16,
    /// Whether connections come and go; else the session is one connection.
    pub(super) forwards: bool,
    document: Value,
}

impl Properties {
    /// The session of a document with these parameters.
    pub(super) fn read(content: &Value, given: &Value) -> Result<Self, String> {
        let properties = filled(content, given, "properties")?;
        let kind = content.get("sessionType").and_then(Value::as_str).unwrap_or_default();
        let of_linux = properties.get("linux").unwrap_or(&Value::Null);
        let set = |name: &str| matches!(text(of_linux, name).as_str(), "true" | "True");
        match kind {
            "Standard_Stream" => {
                let inputs = filled(content, given, "inputs")?;
                let profile = inputs.get("shellProfile").map(|profile| text(profile, "linux")).unwrap_or_default();
                Ok(Self::Shell(Shell { profile, ..Shell::default() }))
            }
            "InteractiveCommands" => Ok(Self::Shell(Shell {
                commands: text(of_linux, "commands"),
                as_root: set("runAsElevated"),
                profile: String::new(),
                is_command: true,
            })),
            "NonInteractiveCommands" => Ok(Self::Command(Wanted {
                commands: text(of_linux, "commands"),
                as_root: set("runAsElevated"),
                separate: set("separateOutputStream"),
                stdout_prefix: text(of_linux, "stdoutSeparatorPrefix"),
                stderr_prefix: text(of_linux, "stderrSeparatorPrefix"),
            })),
            "Port" => {
                let number = text(&properties, "portNumber");
                let host = Some(text(&properties, "host")).filter(|host| !host.is_empty());
                Ok(Self::Port(Port {
                    number: number.parse().map_err(|_| format!("Port number {number} is not valid"))?,
                    host: host.unwrap_or_else(|| "localhost".to_owned()),
                    forwards: text(&properties, "type") == "LocalPortForwarding",
                    document: properties,
                }))
            }
            other => Err(format!("Plugin with name {other} not found")),
        }
    }

    /// The session type in the handshake with the client.
    pub(super) fn session_type(&self) -> &'static str {
        match self {
            Self::Shell(shell) if shell.is_command => "InteractiveCommands",
            Self::Shell(_) => "Standard_Stream",
            Self::Command(_) => "NonInteractiveCommands",
            Self::Port(_) => "Port",
        }
    }

    /// A shell alone begins without: older clients know nothing else.
    pub(super) fn needs_handshake(&self) -> bool {
        self.session_type() != "Standard_Stream"
    }

    /// The session properties in the handshake with the client; null if there are none.
    pub(super) fn document(&self) -> Value {
        match self {
            Self::Port(port) => port.document.clone(),
            _ => json!(null),
        }
    }
}

fn text(object: &Value, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(kind: &str, properties: Value) -> Value {
        json!({
            "sessionType": kind,
            "parameters": {"portNumber": {"type": "String", "default": "80"}, "command": {"type": "String", "default": ""}},
            "properties": properties,
        })
    }

    #[test]
    fn a_shell_is_typed_its_profile_and_needs_no_handshake() {
        let content = json!({"sessionType": "Standard_Stream", "inputs": {"shellProfile": {"linux": "cd /tmp"}}});
        let read = Properties::read(&content, &json!({})).unwrap();
        assert!(!read.needs_handshake());
        assert_eq!(read, Properties::Shell(Shell { profile: "cd /tmp".to_owned(), ..Shell::default() }));
    }

    #[test]
    fn commands_and_ports_have_their_parameters() {
        let command = json!({"linux": {"commands": "{{ command }}", "runAsElevated": true, "separateOutputStream": "true"}});
        let read = Properties::read(&document("NonInteractiveCommands", command), &json!({"command": "ls -l"})).unwrap();
        let Properties::Command(wanted) = read else { panic!("no command") };
        assert_eq!((wanted.commands.as_str(), wanted.as_root, wanted.separate), ("ls -l", true, true));
        let port = json!({"portNumber": "{{ portNumber }}", "type": "LocalPortForwarding"});
        let read = Properties::read(&document("Port", port), &json!({"portNumber": "5432"})).unwrap();
        assert!(read.needs_handshake() && read.document()["portNumber"] == "5432");
        let Properties::Port(port) = read else { panic!("no port") };
        assert_eq!((port.host.as_str(), port.number, port.forwards), ("localhost", 5432, true));
        let port = json!({"portNumber": "{{ portNumber }}"});
        let Ok(Properties::Port(port)) = Properties::read(&document("Port", port), &json!({})) else { panic!("no port") };
        assert_eq!((port.number, port.forwards), (80, false));
    }

    #[test]
    fn what_is_no_session_is_refused() {
        let error = Properties::read(&document("Port", json!({"portNumber": "ssh"})), &json!({})).unwrap_err();
        assert_eq!(error, "Port number ssh is not valid");
        assert!(Properties::read(&document("Shell", json!({})), &json!({})).is_err());
    }
}
