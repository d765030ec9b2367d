//! Fingerprints: what a machine says of itself by the user's own command, before the night and when it was restored.

use std::time::Duration;

use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::account::run_command::{self, InvocationOutput};
use crate::chain::failure::{HopFailure, at};
use crate::steps::shell::{self, quoted};
use crate::{FailurePoint, Hop, Plan};

/// For the command; its execution time-out is the same.
const BOUND: Duration = Duration::from_secs(900);
/// As much of a fingerprint is shown.
const SHOWN: usize = 2000;

/// What a machine said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// SHA-256 of all of it, in hexadecimal digits.
    pub(crate) sha256: String,
    /// Its beginning.
    text: String,
}

impl Said {
    /// Its beginning.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The command that the plan's machines are asked.
pub(crate) struct Question<'a> {
    client: &'a DynamicClient,
    command: &'a str,
    data_path: &'a str,
}

impl<'a> Question<'a> {
    /// The plan's, if it has one.
    pub(crate) fn new(client: &'a DynamicClient, plan: &'a Plan) -> Option<Self> {
        let fingerprint = plan.demands.fingerprint.as_ref()?;
        Some(Self { client, command: &fingerprint.command, data_path: &plan.data_path })
    }

    /// Asks an instance that is to be backed up.
    pub(crate) async fn source(&self, instance: &str) -> Result<Said, HopFailure> {
        self.asked(instance, FailurePoint::Drill).await
    }

    /// Asks a machine that was restored from somebody's archive, whose original nobody has asked.
    pub(crate) async fn anew(&self, instance: &str) -> Result<Said, HopFailure> {
        self.asked(instance, Hop::Restore.into()).await
    }

    /// Asks a machine on which nothing was restored yet. One that says the same as `before` shows that the command would not tell a machine
    /// that was restored from any other; one that fails or says something else is as it should be.
    pub(crate) async fn empty(&self, instance: &str, before: &Said) -> Result<(), HopFailure> {
        let answer = self.sent(instance).await?;
        let said = answer.ok().and_then(|answer| said(&answer, instance).ok());
        match said {
            Some(empty) if empty.sha256 == before.sha256 => {
                let reason =
                    "the fingerprint says the same of a machine on which nothing was restored, so that it proves nothing";
                Err(HopFailure::at(Hop::Restore, reason).with("fingerprint of the empty machine", &empty.text))
            }
            _ => Ok(()),
        }
    }

    /// Asks a restored machine, which has to say the same as `before`.
    pub(crate) async fn restored(&self, instance: &str, before: &Said) -> Result<(), HopFailure> {
        let after = self.asked(instance, Hop::Restore.into()).await?;
        if after.sha256 == before.sha256 {
            return Ok(());
        }
        Err(HopFailure::at(Hop::Restore, "the restored machine does not say what its original said before the night")
            .with("fingerprint before the night", &before.text)
            .with("fingerprint of the restored machine", &after.text))
    }

    async fn asked(&self, instance: &str, point: FailurePoint) -> Result<Said, HopFailure> {
        let answer = self.sent(instance).await?.map_err(|seen| {
            HopFailure::at(point, format!("the fingerprint's command is {seen} on {instance} after {} s", BOUND.as_secs()))
        })?;
        said(&answer, instance).map_err(|reason| {
            HopFailure::at(point, reason).with("standard error of the fingerprint's command", &answer.standard_error_content)
        })
    }

    /// What became of the command; else what was seen of it last.
    async fn sent(&self, instance: &str) -> Result<Result<InvocationOutput, String>, HopFailure> {
        let commands = script(self.command, self.data_path);
        let parameters = json!({ "commands": commands, "executionTimeout": [BOUND.as_secs().to_string()] });
        let sent = run_command::send(self.client, "nightproof takes a fingerprint", &[instance.to_owned()], &parameters).await;
        let id = sent.map_err(at(FailurePoint::Drill, "SendCommand"))?;
        run_command::ended(self.client, &id, instance, BOUND).await.map_err(at(FailurePoint::Drill, "GetCommandInvocation"))
    }
}

/// The output of a command is cut by Systems Manager, so that its digest is made where it is whole.
fn script(command: &str, data_path: &str) -> Vec<String> {
    let mut lines = shell::with_file("fingerprint");
    lines.extend([
        format!("export NIGHTPROOF_DATA_PATH={}", quoted(data_path)),
        format!("bash -euo pipefail -c {} > \"$file\"", quoted(command)),
        "sha256sum < \"$file\" | cut -d ' ' -f 1".to_owned(),
        format!("head -c {SHOWN} \"$file\""),
    ]);
    lines
}

/// What the answer says. A command that says nothing would agree with any machine.
fn said(answer: &InvocationOutput, instance: &str) -> Result<Said, String> {
    if answer.status != "Success" {
        let (details, code) = (&answer.status_details, answer.response_code);
        return Err(format!("the fingerprint's command on {instance} is {details}, exit code {code}"));
    }
    let (sha256, text) = answer.standard_output_content.split_once('\n').unwrap_or((&answer.standard_output_content, ""));
    if text.trim().is_empty() {
        return Err(format!("the fingerprint's command on {instance} says nothing"));
    }
    Ok(Said { sha256: sha256.to_owned(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: &str, output: &str) -> InvocationOutput {
        InvocationOutput {
            status: status.to_owned(),
            status_details: status.to_owned(),
            response_code: 3,
            standard_output_content: output.to_owned(),
            ..InvocationOutput::default()
        }
    }

    #[test]
    fn a_fingerprint_is_the_digest_and_the_beginning_of_what_was_said() {
        let said = said(&answer("Success", "abc\nrows 12\n"), "i-1").unwrap();
        assert_eq!((said.sha256.as_str(), said.text.as_str()), ("abc", "rows 12\n"));
    }

    #[test]
    fn a_command_that_fails_or_says_nothing_is_no_fingerprint() {
        assert!(said(&answer("Failed", "abc\nrows"), "i-1").unwrap_err().contains("is Failed, exit code 3"));
        assert!(said(&answer("Success", "abc\n \n"), "i-1").unwrap_err().contains("says nothing"));
        assert!(said(&answer("Success", "abc"), "i-1").unwrap_err().contains("says nothing"));
    }
}
