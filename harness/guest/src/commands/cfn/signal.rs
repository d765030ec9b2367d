//! `cfn-signal`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-signal.html>

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::client::{Access, Client};
use super::options::{CALLING, Definition, Failure, Options};
use crate::agent::https;
use crate::agent::imds::Imds;
use crate::commands::terminal::say;

const OPTIONS: [Definition; 8] = [
    (Some('s'), "success", true),
    (Some('i'), "id", true),
    (Some('e'), "exit-code", true),
    (Some('r'), "reason", true),
    (Some('d'), "data", true),
    (None, "stack", true),
    (None, "resource", true),
    (None, "url", true),
];

/// How long a handle may take to answer.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn main(arguments: &[String]) -> Result<u8, Failure> {
    let options = Options::parse(&[&OPTIONS, &CALLING], arguments)?;
    let is_success = is_success(&options)?;
    let handle = options.positional.first().filter(|handle| !handle.is_empty());
    match (handle, options.get("resource")) {
        (Some(_), Some(_)) => Err(failed("Error: Cannot specify both a WaitConditionHandle URL and a logical resource id")),
        (None, None) => Err(failed("Error: No WaitConditionHandle URL or logical resource id specified")),
        (Some(handle), None) => to_handle(&options, handle, is_success),
        (None, Some(resource)) => to_resource(&options, resource, is_success),
    }
}

fn failed(reason: &str) -> Failure {
    Failure::Failed(reason.to_owned())
}

/// Any exit code but 0 is a failure, whatever `--success` says.
fn is_success(options: &Options) -> Result<bool, Failure> {
    let code = options.get("exit-code").map(|text| {
        let invalid = || Failure::Usage(format!("option -e: invalid integer value: '{text}'"));
        text.trim().parse::<i64>().map_err(|_| invalid())
    });
    let success = options.get("success").unwrap_or("true");
    if !["true", "false"].contains(&success) {
        return Err(Failure::Usage(format!("option -s: invalid choice: '{success}' (choose from 'true', 'false')")));
    }
    Ok(code.transpose()?.unwrap_or(0) == 0 && success == "true")
}

fn word(is_success: bool) -> &'static str {
    if is_success { "SUCCESS" } else { "FAILURE" }
}

fn id(options: &Options) -> Result<String, Failure> {
    match options.get("id") {
        Some(id) => Ok(id.to_owned()),
        None => Imds::open().and_then(|imds| imds.get("meta-data/instance-id")).map_err(|error| failed(&error.to_string())),
    }
}

fn to_resource(options: &Options, resource: &str, is_success: bool) -> Result<u8, Failure> {
    let stack = options.get("stack").filter(|stack| !stack.is_empty());
    let stack = stack.ok_or_else(|| failed("Error: You must specify a stack name when signaling a resource"))?;
    let client = Client::new(&Access::from_options(options)?).map_err(Failure::Failed)?;
    let parameters =
        [("StackName", stack), ("LogicalResourceId", resource), ("UniqueId", &id(options)?), ("Status", word(is_success))];
    client.call("SignalResource", &parameters).map_err(Failure::Failed)?;
    Ok(0)
}

/// Puts the signal to the address that a wait condition's handle stands for, which may be in base64.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html>
fn to_handle(options: &Options, handle: &str, is_success: bool) -> Result<u8, Failure> {
    let is_address = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    let invalid = || failed(&format!("Error: Invalid WaitConditionHandle URL specified: {handle}"));
    let url = if is_address(handle) {
        handle.to_owned()
    } else {
        let decoded = STANDARD.decode(handle).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        decoded.filter(|text| is_address(text)).ok_or_else(invalid)?
    };
    let reason = options.get("reason").unwrap_or(if is_success { "" } else { "Configuration failed." });
    let signal = json!({
        "Status": word(is_success), "Reason": reason, "Data": options.get("data").unwrap_or_default(), "UniqueId": id(options)?,
    });
    let unable = |reason: &dyn std::fmt::Display| failed(&format!("Error signaling CloudFormation: {reason}"));
    let http = https::client(LIMIT).map_err(|error| unable(&error))?;
    // The address is signed for a request without a content type.
    let answer = http.put(&url).header("Content-Type", "").send(signal.to_string());
    let mut answer = answer.map_err(|error| unable(&error))?;
    if !answer.status().is_success() {
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        return Err(unable(&format!("HTTP Error {} : {text}", answer.status().as_u16())));
    }
    say(&format!("CloudFormation signaled successfully with {}.", word(is_success)));
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(line: &str) -> Result<bool, Failure> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        is_success(&Options::parse(&[&OPTIONS, &CALLING], &arguments).unwrap())
    }

    #[test]
    fn every_exit_code_but_0_is_a_failure() {
        assert_eq!((outcome(""), outcome("-e 0"), outcome("-s false")), (Ok(true), Ok(true), Ok(false)));
        assert_eq!((outcome("-e 1"), outcome("--exit-code=127 -s true")), (Ok(false), Ok(false)));
        assert!(matches!(outcome("-e x"), Err(Failure::Usage(_))) && matches!(outcome("-s yes"), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_signal_is_for_a_handle_or_for_a_resource() {
        let main = |line: &str| main(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        for (line, part) in [
            ("-e 0", "No WaitConditionHandle URL"),
            ("--stack s --resource R https://x/", "Cannot specify both"),
            ("--resource R", "must specify a stack name"),
            ("no-address", "Invalid WaitConditionHandle URL specified: no-address"),
        ] {
            assert!(matches!(main(line), Err(Failure::Failed(reason)) if reason.contains(part)), "{line}");
        }
    }
}
