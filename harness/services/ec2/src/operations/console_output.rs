//! `GetConsoleOutput`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::boot::Running;
use crate::ec2::Ec2;

impl Ec2 {
    /// `GetConsoleOutput`: the last 64 KB of what the machine wrote.
    pub(crate) async fn console_output(self: &Arc<Self>, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let id = input.required("InstanceId");
        self.with_records(&call.region, call.account(), |records| records.instance(id).map(|_| ()))?;
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
