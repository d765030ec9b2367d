//! Making a stack: checks first, then resources in parallel as their dependencies allow, and a rollback when one fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use firedrill_template::{Deployment, Inputs, Pseudo, Template, TemplateError};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::resources::{self, Context};
use super::stack::{MadeSoFar, OnFailure, Stack, StackResource, StackStatus};
use super::{CloudFormation, delete, text};
use crate::service::{AwsError, Call};
use crate::{Caller, Region};

/// Largest template in a request.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST_BODY: usize = 51_200;

fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", 400, message)
}

/// The first error, with how many more there are.
pub(super) fn invalid(errors: &[TemplateError]) -> AwsError {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    validation(lines.join("; "))
}

/// The template in a request.
pub(super) fn body(input: &Value) -> Result<String, AwsError> {
    match (input.get("TemplateBody").and_then(Value::as_str), input.get("TemplateURL")) {
        (Some(body), None) if body.len() <= LARGEST_BODY => Ok(body.to_owned()),
        (Some(_), None) => Err(validation(format!(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LARGEST_BODY}"
        ))),
        (None, Some(_)) => Err(AwsError::not_implemented("cloudformation", "TemplateURL")),
        _ => Err(validation("Either Template URL or Template Body must be specified.")),
    }
}

pub(super) fn is_iam(kind: &str) -> bool {
    kind.starts_with("AWS::IAM::")
}

/// Capabilities that a template needs.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub(super) fn needed_capabilities(template: &Template) -> Vec<&'static str> {
    let iam = template.resources.iter().any(|resource| is_iam(&resource.kind));
    let named = template.resources.iter().any(resources::has_own_iam_name);
    match (iam, named) {
        (_, true) => vec!["CAPABILITY_NAMED_IAM"],
        (true, false) => vec!["CAPABILITY_IAM"],
        (false, false) => Vec::new(),
    }
}

fn strings(input: &Value, name: &str) -> Vec<String> {
    input.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn refuse_unsupported(input: &Value) -> Result<(), AwsError> {
    for name in ["RoleARN", "StackPolicyBody", "StackPolicyURL", "NotificationARNs", "RollbackConfiguration", "ResourceTypes"] {
        let given = input.get(name).filter(|value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
        if given.is_some_and(|value| value.as_object().is_none_or(|members| !members.is_empty())) {
            return Err(AwsError::not_implemented("cloudformation", &format!("{name} of CreateStack")));
        }
    }
    Ok(())
}

pub(super) async fn create(service: &CloudFormation, call: &Call, input: &Value) -> Result<Value, AwsError> {
    refuse_unsupported(input)?;
    let name = text(input, "StackName").to_owned();
    let account = call.account();
    let text_of_template = body(input)?;
    let template = Template::parse(&text_of_template).map_err(|errors| invalid(&errors))?;
    resources::check_types(&template).map_err(validation)?;
    let capabilities = strings(input, "Capabilities");
    for needed in needed_capabilities(&template) {
        let granted = capabilities.iter().any(|capability| capability == needed || capability == "CAPABILITY_NAMED_IAM");
        if !granted {
            return Err(AwsError::new("InsufficientCapabilitiesException", 400, format!("Requires capabilities : [{needed}]")));
        }
    }
    let given: BTreeMap<String, String> = input
        .get("Parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|parameter| (text(parameter, "ParameterKey").to_owned(), text(parameter, "ParameterValue").to_owned()))
        .collect();
    let mut values = template.parameter_values(&given).map_err(|errors| invalid(&errors))?;
    let shown = shown_parameters(&template, &values);
    let looked_up = look_up(call, &template, &mut values).await?;
    let imports = exports_of(service, account);
    let stack_id = format!("arn:aws:cloudformation:{}:{account}:stack/{name}/{}", call.region.name(), uuid::Uuid::new_v4());
    let inputs = Inputs {
        parameters: values,
        pseudo: Pseudo {
            account_id: account.to_owned(),
            region: call.region.name().to_owned(),
            stack_name: name.clone(),
            stack_id: stack_id.clone(),
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            notification_arns: Vec::new(),
        },
        imports,
        availability_zones: zones(call).await?,
    };
    template.deploy(inputs.clone()).map_err(|errors| invalid(&errors))?;

    let tags = input.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let stack = Stack {
        id: stack_id.clone(),
        name: name.clone(),
        template: text_of_template,
        description: template.description.clone(),
        status: StackStatus::CreateInProgress,
        reason: None,
        created: call.now,
        deleted: None,
        parameters: merge(shown, &looked_up),
        capabilities,
        tags: tags.map(|tag| (text(tag, "Key").to_owned(), text(tag, "Value").to_owned())).collect(),
        outputs: Vec::new(),
        exports: BTreeMap::new(),
        protected: input.get("EnableTerminationProtection").and_then(Value::as_bool).unwrap_or(false),
        on_failure: on_failure(input)?,
        resources: Vec::new(),
        events: Vec::new(),
    };
    {
        let mut stacks = service.lock();
        let stacks = stacks.entry(account.to_owned()).or_default();
        if stacks.iter().any(|other| other.name == name && other.status != StackStatus::DeleteComplete) {
            return Err(AwsError::new("AlreadyExistsException", 400, format!("Stack [{name}] already exists")));
        }
        let mut stack = stack;
        stack.becomes(StackStatus::CreateInProgress, Some("User Initiated".to_owned()), call.now);
        stacks.push(stack);
    }
    if let Some(service) = service.me.upgrade() {
        let creation = Creation {
            service,
            region: call.region.clone(),
            caller: call.caller.clone(),
            id: stack_id.clone(),
            name,
            template,
            inputs,
        };
        call.region.tasks().spawn(creation.run());
    }
    Ok(json!({"StackId": stack_id}))
}

fn on_failure(input: &Value) -> Result<OnFailure, AwsError> {
    match (text(input, "OnFailure"), input.get("DisableRollback").and_then(Value::as_bool)) {
        ("", Some(true)) | ("DO_NOTHING", None) => Ok(OnFailure::DoNothing),
        ("", _) | ("ROLLBACK", None) => Ok(OnFailure::Rollback),
        ("DELETE", None) => Ok(OnFailure::Delete),
        _ => Err(validation(
            "Only one of OnFailure and DisableRollback can be specified, and OnFailure must be DO_NOTHING, ROLLBACK or DELETE",
        )),
    }
}

fn shown_parameters(template: &Template, values: &BTreeMap<String, Value>) -> Vec<Value> {
    let shown = template.parameters.iter().map(|parameter| {
        let value = match values.get(&parameter.name) {
            _ if parameter.no_echo => "****".to_owned(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            Some(value) => value.as_str().unwrap_or_default().to_owned(),
            None => String::new(),
        };
        json!({"ParameterKey": parameter.name, "ParameterValue": value})
    });
    shown.collect()
}

fn merge(mut shown: Vec<Value>, looked_up: &BTreeMap<String, String>) -> Vec<Value> {
    for parameter in &mut shown {
        if let Some(value) = looked_up.get(text(parameter, "ParameterKey")) {
            parameter["ResolvedValue"] = value.as_str().into();
        }
    }
    shown
}

/// Replaces the values of SSM-typed parameters by what Parameter Store has under those names.
async fn look_up(
    call: &Call,
    template: &Template,
    values: &mut BTreeMap<String, Value>,
) -> Result<BTreeMap<String, String>, AwsError> {
    let mut found = BTreeMap::new();
    for parameter in template.parameters.iter().filter(|parameter| parameter.ssm_type()) {
        let Some(name) = values.get(&parameter.name).and_then(Value::as_str).map(str::to_owned) else { continue };
        let answer = call.region.call(&call.caller, "ssm", "GetParameter", json!({"Name": name})).await.map_err(|error| {
            if error.code == "ParameterNotFound" {
                validation(format!("Unable to fetch parameters [{name}] from parameter store for this account."))
            } else {
                error
            }
        })?;
        let value = answer.pointer("/Parameter/Value").and_then(Value::as_str).unwrap_or_default().to_owned();
        values.insert(parameter.name.clone(), value.as_str().into());
        found.insert(parameter.name.clone(), value);
    }
    Ok(found)
}

async fn zones(call: &Call) -> Result<Vec<String>, AwsError> {
    let answer = call.region.call(&call.caller, "ec2", "DescribeAvailabilityZones", json!({})).await?;
    let zones = answer.get("AvailabilityZones").and_then(Value::as_array).into_iter().flatten();
    Ok(zones.map(|zone| text(zone, "ZoneName").to_owned()).collect())
}

fn exports_of(service: &CloudFormation, account: &str) -> BTreeMap<String, String> {
    let stacks = service.lock();
    let all = stacks.get(account).map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|stack| stack.deleted.is_none()).flat_map(|stack| stack.exports.clone()).collect()
}

/// A stack in the making.
struct Creation {
    service: Arc<CloudFormation>,
    region: Region,
    caller: Caller,
    id: String,
    name: String,
    template: Template,
    inputs: Inputs,
}

impl Creation {
    fn now(&self) -> Timestamp {
        self.region.clock().now()
    }

    fn with<T>(&self, work: impl FnOnce(&mut Stack) -> T) -> Option<T> {
        self.service.with(&self.caller.account, &self.id, work)
    }

    async fn run(self) {
        let Ok(deployment) = self.template.deploy(self.inputs.clone()) else { return };
        self.begin(&deployment);
        let failed = match self.make_all(&deployment).await {
            Ok(made) => self.finish(&deployment, &made).err(),
            Err(failed) => Some(failed),
        };
        if let Some(reason) = failed {
            self.fail(&reason).await;
        }
    }

    fn begin(&self, deployment: &Deployment<'_>) {
        let now = self.now();
        let resources = deployment.resources().map(|resource| StackResource {
            id: resource.id.clone(),
            kind: resource.kind.clone(),
            status: "CREATE_PENDING",
            reason: None,
            changed: now,
            deletion_policy: resource.deletion_policy,
            depends_on: deployment.dependencies(&resource.id).clone(),
            made: None,
        });
        let resources: Vec<StackResource> = resources.collect();
        self.with(|stack| stack.resources = resources);
    }

    /// Makes every resource as soon as all that it depends on are made. When one fails, those that were begun are waited for, and
    /// no other is begun.
    async fn make_all(&self, deployment: &Deployment<'_>) -> Result<MadeSoFar, String> {
        let mut waiting: Vec<(String, String)> =
            deployment.resources().map(|resource| (resource.id.clone(), resource.kind.clone())).collect();
        let mut made = MadeSoFar::default();
        let mut running = JoinSet::new();
        let mut failed: Vec<String> = Vec::new();
        loop {
            if failed.is_empty() {
                let (ready, later): (Vec<_>, Vec<_>) = waiting
                    .into_iter()
                    .partition(|(id, _)| deployment.dependencies(id).iter().all(|other| made.0.contains_key(other)));
                waiting = later;
                for (id, kind) in ready {
                    let now = self.now();
                    self.with(|stack| stack.resource_becomes(&id, "CREATE_IN_PROGRESS", None, now));
                    let properties = deployment.properties(&id, &made);
                    let context = Context::new(&self.region, &self.caller, &self.id, &self.name, &id, self.tags());
                    running.spawn(async move {
                        let result = match properties {
                            Ok(properties) => resources::create(&context, &kind, properties).await,
                            Err(error) => Err(error.to_string()),
                        };
                        (id, result)
                    });
                }
            }
            match running.join_next().await {
                None => break,
                Some(Ok((id, Ok(resource)))) => {
                    let now = self.now();
                    made.0.insert(id.clone(), resource.clone());
                    self.with(|stack| {
                        if let Some(record) = stack.resource(&id) {
                            record.made = Some(resource);
                        }
                        stack.resource_becomes(&id, "CREATE_COMPLETE", None, now);
                    });
                }
                Some(Ok((id, Err(reason)))) => {
                    let now = self.now();
                    self.with(|stack| stack.resource_becomes(&id, "CREATE_FAILED", Some(reason), now));
                    failed.push(id);
                }
                Some(Err(error)) => failed.push(error.to_string()),
            }
        }
        if failed.is_empty() {
            return Ok(made);
        }
        Err(format!("The following resource(s) failed to create: [{}]. ", failed.join(", ")))
    }

    fn tags(&self) -> Vec<(String, String)> {
        self.with(|stack| stack.tags.clone()).unwrap_or_default()
    }

    /// Outputs and exports; the stack is complete then.
    fn finish(&self, deployment: &Deployment<'_>, made: &MadeSoFar) -> Result<(), String> {
        let outputs = deployment.outputs(made).map_err(|error| error.to_string())?;
        let taken = exports_of(&self.service, &self.caller.account);
        let mut exports = BTreeMap::new();
        for (name, value) in outputs.iter().filter_map(|output| Some((output.export.clone()?, output.value.clone()))) {
            if taken.contains_key(&name) {
                return Err(format!("Export with name {name} is already exported by another stack. "));
            }
            exports.insert(name, value);
        }
        let documents = outputs.iter().map(|output| {
            json!({"OutputKey": output.name, "OutputValue": output.value, "Description": output.description, "ExportName": output.export})
        });
        let documents: Vec<Value> = documents.collect();
        let now = self.now();
        self.with(|stack| {
            stack.outputs = documents;
            stack.exports = exports;
            stack.becomes(StackStatus::CreateComplete, None, now);
        });
        Ok(())
    }

    async fn fail(&self, reason: &str) {
        let now = self.now();
        let policy = self.with(|stack| stack.on_failure).unwrap_or(OnFailure::Rollback);
        if policy == OnFailure::DoNothing {
            self.with(|stack| stack.becomes(StackStatus::CreateFailed, Some(reason.to_owned()), now));
            return;
        }
        let asked = format!("{reason}{} requested by user.", if policy == OnFailure::Delete { "Delete" } else { "Rollback" });
        self.with(|stack| stack.becomes(StackStatus::RollbackInProgress, Some(asked), now));
        let left =
            delete::all_resources(&self.service, &self.region, &self.caller, &self.id, delete::Why::Rollback, &BTreeSet::new())
                .await;
        let now = self.now();
        self.with(|stack| match (left.is_empty(), policy) {
            (true, OnFailure::Delete) => {
                stack.deleted = Some(now);
                stack.becomes(StackStatus::DeleteComplete, None, now);
            }
            (true, _) => stack.becomes(StackStatus::RollbackComplete, None, now),
            (false, _) => {
                let reason = format!("The following resource(s) failed to delete: [{}]. ", left.join(", "));
                stack.becomes(StackStatus::RollbackFailed, Some(reason), now);
            }
        });
    }
}
