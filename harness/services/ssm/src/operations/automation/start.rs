//! StartAutomationExecution.

use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Principal};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::automation::execution::RateControl;
use crate::automation::start::Start;
use crate::command::Target;
use crate::command_parameters::Given;
use crate::records::Ssm;

/// `StartAutomationExecution`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartAutomationExecution {
    document_name: String,
    document_version: Option<String>,
    #[serde(default)]
    parameters: Given,
    mode: Option<String>,
    target_parameter_name: Option<String>,
    #[serde(default)]
    targets: Vec<Target>,
    max_concurrency: Option<String>,
    max_errors: Option<String>,
    #[expect(dead_code, reason = "SDKs make up a token for each call, and repeat one only if they got no answer")]
    client_token: Option<String>,
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidAutomationExecutionParametersException", 400, message)
}

impl Ssm {
    fn start_of(&self, call: &Call, name: &str, version: Option<&str>, parameters: Given) -> Result<Start, AwsError> {
        let (document_name, number, document) = self.automation_document(call, name, version)?;
        let runbook = document.runbook.clone().ok_or_else(|| AwsError::internal("the document has no runbook"))?;
        Ok(Start {
            document_name,
            document_version: number.to_string(),
            document,
            runbook,
            parameters,
            caller: call.caller.clone(),
        })
    }

    pub(crate) fn start_automation_execution(&self, call: &Call, input: StartAutomationExecution) -> Result<Value, AwsError> {
        if let Some(mode) = input.mode.as_deref().filter(|mode| *mode != "Auto") {
            return Err(AwsError::not_implemented("ssm", &format!("the mode {mode} of an automation")));
        }
        let start = self.start_of(call, &input.document_name, input.document_version.as_deref(), input.parameters)?;
        let rate = match (input.target_parameter_name, input.targets) {
            (None, targets) if targets.is_empty() => {
                if input.max_concurrency.is_some() || input.max_errors.is_some() {
                    return Err(invalid("MaxConcurrency and MaxErrors are for executions with targets."));
                }
                None
            }
            (Some(parameter), targets) if !targets.is_empty() => {
                if !start.document.parameters.contains_key(&parameter) {
                    return Err(invalid(format!("The target parameter {parameter} is not defined in the document.")));
                }
                let resolved = self.automation_targets(&call.region, call.account(), &targets)?;
                let concurrency = input.max_concurrency.unwrap_or_else(|| "1".to_owned());
                let errors = input.max_errors.unwrap_or_else(|| "1".to_owned());
                Some(RateControl { parameter, targets, concurrency, errors, resolved })
            }
            _ => return Err(invalid("TargetParameterName and Targets are given together.")),
        };
        let ssm = self.me.upgrade().ok_or_else(|| AwsError::internal("the service is gone"))?;
        let id = ssm.start_automation(&call.region, &start, rate)?;
        Ok(json!({ "AutomationExecutionId": id }))
    }

    /// The role that a runbook would act as, which whoever starts it has to be allowed to pass; nothing if there is none, and if it is the
    /// caller's own.
    pub(crate) fn passed_role(&self, call: &Call, input: &Value) -> Option<String> {
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        let parameters = input.get("Parameters").and_then(|given| serde_json::from_value(given.clone()).ok());
        let start = self.start_of(call, text("DocumentName")?, text("DocumentVersion"), parameters.unwrap_or_default()).ok()?;
        let role = start.role_given(&call.region)?;
        (!is_own(&call.caller, &role)).then_some(role)
    }
}

/// Whether the caller is a session of the role.
fn is_own(caller: &Caller, role: &str) -> bool {
    matches!(&caller.principal, Principal::AssumedRole { role: own, .. } if role.rsplit('/').next() == Some(own.as_str()))
}
