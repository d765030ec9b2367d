//! Documents that Amazon owns and every account has: those that the agent's plugins here can run. Others of Amazon's are refused by name as
//! lacking, and a name that nobody has is `InvalidDocument`.

use serde_json::{Value, json};

use super::document::Document;
use crate::sessions::document as session_document;

/// Documents of Amazon's for Linux that are not here.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents.html>
const LACKING: [&str; 17] = [
    "AWS-ApplyAnsiblePlaybooks",
    "AWS-ConfigureAWSPackage",
    "AWS-ConfigureDocker",
    "AWS-GatherSoftwareInventory",
    "AWS-InstallMissingWindowsUpdates",
    "AWS-PatchInstanceWithRollback",
    "AWS-RefreshAssociation",
    "AWS-RunAnsiblePlaybook",
    "AWS-RunDockerAction",
    "AWS-RunDocument",
    "AWS-RunInspecChecks",
    "AWS-RunPatchBaseline",
    "AWS-RunPatchBaselineAssociation",
    "AWS-RunPatchBaselineWithHooks",
    "AWS-RunSaltState",
    "AWS-UpdateSSMAgent",
    "AmazonCloudWatch-ManageAgent",
];

/// Whether Amazon has a document of this name that this region has not.
pub(crate) fn is_lacking(name: &str) -> bool {
    LACKING.contains(&name)
}

/// The systems that a document is for; one of the account's own is for those that scripts of a shell run on.
pub(crate) fn platforms(name: &str) -> &'static [&'static str] {
    match name {
        "AWS-RunPowerShellScript" => &["Windows", "Linux"],
        "AWS-RunRemoteScript" => &["Windows", "Linux"],
        name if session_document::NAMES.contains(&name) => &["Windows", "Linux", "MacOS"],
        _ => &["Linux", "MacOS"],
    }
}

/// The content of the document that Amazon publishes under this name.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html>
pub(crate) fn content(name: &str) -> Option<Value> {
    match name {
        "AWS-RunShellScript" => {
            Some(script("aws:runShellScript", "Run a shell script or specify the commands to run.", "a shell script"))
        }
        "AWS-RunPowerShellScript" => Some(script(
            "aws:runPowerShellScript",
            "Run a PowerShell script or specify the paths to scripts to run.",
            "the commands",
        )),
        "AWS-RunRemoteScript" => Some(remote_script()),
        other => session_document::content(other),
    }
}

const TIMEOUT: &str = "([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)";

/// A document of one plugin that runs commands.
fn script(plugin: &str, description: &str, what: &str) -> Value {
    json!({
        "schemaVersion": "1.2",
        "description": description,
        "parameters": {
            "commands": {
                "type": "StringList",
                "description": format!("(Required) Specify {what} or a command to run."),
                "minItems": 1,
                "displayType": "textarea"
            },
            "workingDirectory": {
                "type": "String",
                "default": "",
                "description": "(Optional) The path to the working directory on your instance.",
                "maxChars": 4096
            },
            "executionTimeout": {
                "type": "String",
                "default": "3600",
                "description": "(Optional) The time in seconds for a command to complete before it is considered to have failed. \
                                Default is 3600 (1 hour). Maximum is 172800 (48 hours).",
                "allowedPattern": TIMEOUT
            }
        },
        "runtimeConfig": {
            plugin: {
                "properties": [{
                    "id": format!("0.{plugin}"),
                    "runCommand": "{{ commands }}",
                    "workingDirectory": "{{ workingDirectory }}",
                    "timeoutSeconds": "{{ executionTimeout }}"
                }]
            }
        }
    })
}

/// A script that is fetched first, and then run where it was put.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-remote-scripts.html>
fn remote_script() -> Value {
    let run = |platform: &str, action: &str, name: &str, commands: Value| {
        json!({
            "precondition": {"StringEquals": ["platformType", platform]},
            "action": action,
            "name": name,
            "inputs": {
                "runCommand": commands,
                "workingDirectory": "{{ workingDirectory }}",
                "timeoutSeconds": "{{ executionTimeout }}"
            }
        })
    };
    json!({
        "schemaVersion": "2.2",
        "description": "Execute scripts stored in a remote location.",
        "parameters": {
            "sourceType": {"description": "(Required) Specify the source type.", "type": "String", "allowedValues": ["GitHub", "S3"]},
            "sourceInfo": {
                "description": "(Required) Specify the information required to access the resource from the source.",
                "type": "StringMap",
                "displayType": "textarea",
                "default": {}
            },
            "commandLine": {
                "description": "(Required) Specify the command line to be executed, with the name of the script first.",
                "type": "String",
                "default": ""
            },
            "workingDirectory": {
                "type": "String",
                "default": "",
                "description": "(Optional) The path where the content will be downloaded and executed from on your instance.",
                "maxChars": 4096
            },
            "executionTimeout": {
                "description": "(Optional) The time in seconds for a command to complete before it is considered to have failed.",
                "type": "String",
                "default": "3600",
                "allowedPattern": TIMEOUT
            }
        },
        "mainSteps": [
            {
                "action": "aws:downloadContent",
                "name": "downloadContent",
                "inputs": {
                    "sourceType": "{{ sourceType }}",
                    "sourceInfo": "{{ sourceInfo }}",
                    "destinationPath": "{{ workingDirectory }}"
                }
            },
            run("Windows", "aws:runPowerShellScript", "runPowerShellScript", json!(["{{ commandLine }}"])),
            run("Linux", "aws:runShellScript", "runShellScript", json!(["directory=$(pwd)", "export PATH=$PATH:$directory", "{{ commandLine }}"]))
        ]
    })
}

/// The same, parsed.
pub(crate) fn document(name: &str) -> Option<Document> {
    let content = content(name)?;
    if session_document::NAMES.contains(&name) { Document::parse_session(content) } else { Document::parse(content) }.ok()
}

/// Every name that [`content`] knows.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ["AWS-RunPowerShellScript", "AWS-RunRemoteScript", "AWS-RunShellScript"].into_iter().chain(session_document::NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_of_amazons_can_be_read() {
        for name in names() {
            assert!(document(name).is_some() && !is_lacking(name), "{name}");
        }
        assert!(content("AWS-RunDocument").is_none() && is_lacking("AWS-RunDocument"));
    }
}
