//! State machines: making, changing, describing, listing and deleting them.

use std::sync::Arc;

use nightproof_core::Caller;
use nightproof_core::authorization::Need;
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{is_name, page, tags};
use crate::configuration::{LoggingConfiguration, TracingConfiguration};
use crate::error::{invalid_arn, invalid_name};
use crate::execution::Status;
use crate::language::definition::Workflow;
use crate::language::parse::parse;
use crate::machine::{Revision, StateMachine};
use crate::records::States;
use crate::role;

/// `CreateStateMachine`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateStateMachine {
    name: String,
    definition: String,
    role_arn: String,
    r#type: Option<String>,
    #[serde(default)]
    logging_configuration: LoggingConfiguration,
    #[serde(default)]
    tracing_configuration: TracingConfiguration,
    #[serde(default)]
    tags: Vec<tags::Tag>,
}

/// `UpdateStateMachine`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateStateMachine {
    state_machine_arn: String,
    definition: Option<String>,
    role_arn: Option<String>,
    logging_configuration: Option<LoggingConfiguration>,
    tracing_configuration: Option<TracingConfiguration>,
}

/// `DeleteStateMachine`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteStateMachine {
    state_machine_arn: String,
}

/// `DescribeStateMachine`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeStateMachine {
    state_machine_arn: String,
    included_data: Option<String>,
}

/// `ListStateMachines`. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachines.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListStateMachines {
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `ValidateStateMachineDefinition`.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidateStateMachineDefinition {
    definition: String,
    r#type: Option<String>,
    #[expect(dead_code, reason = "there are errors alone, which both severities include")]
    severity: Option<String>,
    max_results: Option<usize>,
}

/// Refuses what is no standard workflow.
fn check_type(kind: Option<&str>) -> Result<(), AwsError> {
    match kind {
        None | Some("STANDARD") => Ok(()),
        Some(other) => Err(AwsError::not_implemented("states", &format!("a state machine of the type {other}"))),
    }
}

/// What a definition has carried out.
fn workflow(definition: &str) -> Result<Arc<Workflow>, AwsError> {
    let (workflow, found) = parse(definition);
    match (found.refusal(), workflow) {
        (Some(refusal), _) => Err(refusal),
        (None, Some(workflow)) => Ok(Arc::new(workflow)),
        (None, None) => Err(AwsError::new("InvalidDefinition", 400, "Invalid State Machine Definition: ''")),
    }
}

/// The ARN of a state machine itself, and of no version or alias of it.
pub(super) fn unqualified(arn: &str) -> Result<&str, AwsError> {
    let name = arn::resource_of(arn).strip_prefix("stateMachine:").filter(|_| arn::service_of(arn) == "states");
    match name {
        None => Err(invalid_arn(arn)),
        Some(name) if name.contains([':', '/']) => {
            Err(AwsError::not_implemented("states", &format!("versions, aliases and map runs of state machines ({arn})")))
        }
        Some(_) => Ok(arn),
    }
}

impl States {
    pub(crate) async fn create_state_machine(&self, call: &Call, input: CreateStateMachine) -> Result<Value, AwsError> {
        let name = input.name.as_str();
        if !is_name(name) {
            return Err(invalid_name(name));
        }
        check_type(input.r#type.as_deref())?;
        let workflow = workflow(&input.definition)?;
        input.logging_configuration.check()?;
        let tags = tags::given(call, input.tags)?;
        let arn = call.arn("states", format!("stateMachine:{name}"));
        check_role(call, &arn, &input.role_arn, workflow.waits_for_executions()).await?;
        self.with(call.account(), |records| {
            if let Some(known) = records.machines.get(name) {
                let revision = &known.revision;
                // The role and the tags of a repeated call are ignored.
                let same = revision.definition == input.definition
                    && revision.logging == input.logging_configuration
                    && revision.tracing == input.tracing_configuration;
                return match same {
                    true => Ok(json!({ "stateMachineArn": arn, "creationDate": known.created.to_string() })),
                    false => {
                        Err(AwsError::new("StateMachineAlreadyExists", 400, format!("State Machine Already Exists: '{arn}'")))
                    }
                };
            }
            let revision = Revision {
                definition: input.definition,
                workflow,
                role: input.role_arn,
                logging: input.logging_configuration,
                tracing: input.tracing_configuration,
                updated: call.now,
                id: None,
            };
            let machine = StateMachine {
                arn: arn.clone(),
                name: name.to_owned(),
                created: call.now,
                revision: Arc::new(revision),
                tags: tags.into_iter().collect(),
            };
            records.machines.insert(name.to_owned(), machine);
            Ok(json!({ "stateMachineArn": arn, "creationDate": call.now.to_string() }))
        })
    }

    pub(crate) async fn update_state_machine(&self, call: &Call, input: UpdateStateMachine) -> Result<Value, AwsError> {
        let arn = unqualified(&input.state_machine_arn)?;
        let nothing = input.definition.is_none()
            && input.role_arn.is_none()
            && input.logging_configuration.is_none()
            && input.tracing_configuration.is_none();
        if nothing {
            let message =
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
            return Err(AwsError::new("MissingRequiredParameter", 400, message));
        }
        let before = self.with(call.account(), |records| records.machine(arn).map(|machine| Arc::clone(&machine.revision)))?;
        let workflow = input.definition.as_deref().map(workflow).transpose()?;
        if let Some(logging) = &input.logging_configuration {
            logging.check()?;
        }
        if input.role_arn.is_some() || workflow.is_some() {
            let waits = workflow.as_ref().unwrap_or(&before.workflow).waits_for_executions();
            check_role(call, arn, input.role_arn.as_deref().unwrap_or(&before.role), waits).await?;
        }
        self.with(call.account(), |records| {
            let machine = records.machine(arn)?;
            let mut revision = Revision::clone(&machine.revision);
            if let (Some(definition), Some(workflow)) = (input.definition, workflow) {
                (revision.definition, revision.workflow) = (definition, workflow);
            }
            revision.role = input.role_arn.unwrap_or(revision.role);
            revision.logging = input.logging_configuration.unwrap_or(revision.logging);
            revision.tracing = input.tracing_configuration.unwrap_or(revision.tracing);
            let id = uuid::Uuid::new_v4().to_string();
            (revision.updated, revision.id) = (call.now, Some(id.clone()));
            machine.revision = Arc::new(revision);
            Ok(json!({ "updateDate": call.now.to_string(), "revisionId": id }))
        })
    }

    /// Executions that run are terminated.
    pub(crate) fn delete_state_machine(&self, call: &Call, input: DeleteStateMachine) -> Result<Value, AwsError> {
        let arn = unqualified(&input.state_machine_arn)?;
        self.with(call.account(), |records| {
            records.machines.retain(|_, machine| machine.arn != arn);
            let running = records.executions.iter().filter(|one| one.machine_arn == arn && one.status == Status::Running);
            running.for_each(|execution| execution.stop.cancel());
        });
        Ok(json!({}))
    }

    pub(crate) fn describe_state_machine(&self, call: &Call, input: DescribeStateMachine) -> Result<Value, AwsError> {
        let arn = unqualified(&input.state_machine_arn)?;
        let mut shown = self.with(call.account(), |records| records.machine(arn).map(|machine| machine.describe()))?;
        without_data(&mut shown, input.included_data.as_deref());
        Ok(shown)
    }

    pub(crate) fn list_state_machines(&self, call: &Call, input: ListStateMachines) -> Result<Value, AwsError> {
        let items = self.with(call.account(), |records| records.machines.values().map(StateMachine::summary).collect());
        page("stateMachines", items, input.next_token.as_deref(), input.max_results)
    }

    pub(crate) fn validate_state_machine_definition(
        &self,
        _call: &Call,
        input: ValidateStateMachineDefinition,
    ) -> Result<Value, AwsError> {
        check_type(input.r#type.as_deref())?;
        let (_, found) = parse(&input.definition);
        let all = found.list();
        if let Some(lacking) = found.not_implemented().filter(|_| all.is_empty()) {
            return Err(lacking);
        }
        let most = input.max_results.filter(|most| *most > 0).unwrap_or(100);
        let result = if all.is_empty() { "OK" } else { "FAIL" };
        let truncated = all.len() > most;
        let shown: Vec<Value> = all.into_iter().take(most).collect();
        Ok(json!({ "result": result, "diagnostics": shown, "truncated": truncated }))
    }
}

/// What is described without what is encrypted by a key.
pub(super) fn without_data(shown: &mut Value, included: Option<&str>) {
    if included == Some("METADATA_ONLY")
        && let Some(members) = shown.as_object_mut()
    {
        members.shift_remove("definition");
    }
}

/// Refuses a role that Step Functions may not assume, and one that may not make the rule by which Step Functions learns of the ends of
/// executions that a task `waits` for.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html>
async fn check_role(call: &Call, machine: &str, role: &str, waits: bool) -> Result<(), AwsError> {
    let session = assumed(call, machine, role).await?;
    let Some(authorizer) = call.region.authorizer().filter(|_| waits) else { return Ok(()) };
    let as_role = Call { caller: session, ..call.clone() };
    for action in ["PutRule", "PutTargets", "DescribeRule"] {
        let resource = call.arn("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule");
        let need = Need { action: format!("events:{action}"), resource, keys: Vec::new() };
        let message = format!("'{role}' is not authorized to create managed-rule.");
        let refused = |_| AwsError::new("AccessDeniedException", 400, message);
        authorizer.check(&as_role, "events", need).map_err(refused)?;
    }
    Ok(())
}

/// A session of the role.
async fn assumed(call: &Call, machine: &str, role: &str) -> Result<Caller, AwsError> {
    let name = uuid::Uuid::new_v4().simple().to_string();
    role::session(&call.region, (call.account(), machine), role, &name).await.map_err(|error| match error.code.as_str() {
        "AccessDenied" | "NoSuchEntity" => AwsError::new(
            "AccessDeniedException",
            400,
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.",
        ),
        _ => error,
    })
}
