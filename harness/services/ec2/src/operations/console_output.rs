//! `GetConsoleOutput`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::boot::Running;
use crate::ec2::Ec2;
use crate::error::dry_run;

/// `GetConsoleOutput`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetConsoleOutput {
    instance_id: String,
    #[expect(dead_code, reason = "the output is the latest in any case")]
    latest: Option<bool>,
    #[serde(default)]
    dry_run: bool,
}

impl Ec2 {
    /// `GetConsoleOutput`: the last 64 KB of what the machine wrote.
    pub(crate) async fn console_output(&self, call: &Call, input: GetConsoleOutput) -> Result<Value, AwsError> {
        let id = input.instance_id.as_str();
        self.with_records(&call.region, call.account(), |records| records.instance(id).map(|_| ()))?;
        if input.dry_run {
            return Err(dry_run());
        }
        let machine: Option<Arc<dyn Running>> = self.machines().get(id).cloned();
        let console = match machine {
            Some(machine) => Some(machine.console().await),
            None => self.consoles().get(id).cloned(),
        };
        let mut output = json!({ "InstanceId": id, "Timestamp": call.now.to_string() });
        if let (Some(output), Some(console)) = (output.as_object_mut(), console) {
            let last = console.get(console.len().saturating_sub(64 * 1024)..).unwrap_or_default();
            output.insert("Output".to_owned(), STANDARD.encode(last).into());
        }
        Ok(output)
    }
}

requests! {
    GetConsoleOutput { dry_run },
}
