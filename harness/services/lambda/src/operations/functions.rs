//! Creating, updating and deleting functions.
//!
//! Creation and updates settle after their calls return, as on AWS: until then a function is `Pending`, or its update `InProgress` while
//! invocations still run the code and configuration from before it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::Region;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::code::Code;
use crate::definition::definition;
use crate::function::{Function, arn, function_name};
use crate::operations::tags;
use crate::page::{listed, page};
use crate::records::Lambda;
use crate::{code, configuration, function, role};

impl Lambda {
    pub(crate) async fn create(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        configuration::check(call, "CreateFunction", input, &["FunctionName", "Code", "Tags", "Architectures", "Publish"])?;
        if !input.has("Runtime") || !input.has("Handler") {
            let message = "Runtime and Handler are mandatory parameters for functions created with deployment packages.";
            return Err(crate::error::invalid(message));
        }
        let tags = input.get("Tags").and_then(Value::as_object).cloned().unwrap_or_default();
        tags::check(&tags)?;
        tags::check_reserved(call, &tags)?;
        let code = code::load(call, input.get("Code").unwrap_or(&Value::Null)).await?;
        let name = function_name(input.required("FunctionName"));
        role::check(&call.region, call.account(), input.required("Role"), name).await?;
        let mut made = configuration::make(call, name, &arn(call, name), input);
        configuration::apply_code(&mut made, &code, input.get("Architectures"));
        {
            let mut functions = self.functions.lock();
            let functions = functions.entry(call.account().to_owned()).or_default();
            if functions.contains_key(name) {
                return Err(AwsError::new("ResourceConflictException", 409, format!("Function already exist: {name}")));
            }
            let function = Function {
                configuration: made.clone(),
                serving: definition(&made, code),
                coming: None,
                tags,
                reserved: None,
                running: Arc::default(),
                versions: BTreeMap::new(),
                last_version: 0,
                aliases: BTreeMap::new(),
                policies: BTreeMap::new(),
                invoke_configs: BTreeMap::new(),
            };
            let function = functions.entry(name.to_owned()).or_insert(function);
            if input.flag("Publish") == Some(true) {
                let version = function.publish(None);
                for member in ["FunctionArn", "Version"] {
                    made[member] = version[member].clone();
                }
            }
        }
        self.settle_later(call, name);
        Ok(made)
    }

    pub(crate) async fn update_code(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let known = [
            "FunctionName",
            "ZipFile",
            "S3Bucket",
            "S3Key",
            "S3ObjectVersion",
            "Architectures",
            "DryRun",
            "RevisionId",
            "Publish",
        ];
        if let Some(member) =
            input.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !known.contains(&name.as_str()))
        {
            return Err(AwsError::not_implemented("lambda", &format!("UpdateFunctionCode with {member}")));
        }
        self.with(call, input, |function| function.require_revision(input))?;
        let code = code::load(call, input).await?;
        let dry = input.flag("DryRun") == Some(true);
        let answer = self.with(call, input, |function| {
            function.require_settled()?;
            function.require_revision(input)?;
            let mut next = function.configuration.clone();
            configuration::apply_code(&mut next, &code, input.get("Architectures"));
            if !dry {
                begin(call, function, next.clone(), code);
                next = function.configuration.clone();
                if input.flag("Publish") == Some(true) {
                    next = function.publish(None);
                }
            }
            Ok(next)
        })?;
        if !dry {
            self.settle_later(call, function_name(input.required("FunctionName")));
        }
        Ok(answer)
    }

    pub(crate) async fn update_configuration(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        configuration::check(call, "UpdateFunctionConfiguration", input, &["FunctionName", "RevisionId"])?;
        self.with(call, input, |function| function.require_revision(input))?;
        if let Some(wanted) = input.text("Role") {
            role::check(&call.region, call.account(), wanted, function_name(input.required("FunctionName"))).await?;
        }
        let answer = self.with(call, input, |function| {
            function.require_settled()?;
            function.require_revision(input)?;
            let mut next = function.configuration.clone();
            configuration::apply(&mut next, input);
            let code = Arc::clone(&function.latest().code);
            begin(call, function, next, code);
            Ok(function.configuration.clone())
        })?;
        self.settle_later(call, function_name(input.required("FunctionName")));
        Ok(answer)
    }

    pub(crate) fn delete(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if let Some(version) = function::qualifier(input) {
            return self.delete_version(call, input, version);
        }
        self.with(call, input, |_| Ok(()))?;
        let name = function_name(input.required("FunctionName"));
        let mut functions = self.functions.lock();
        functions.get_mut(call.account()).and_then(|all| all.remove(name));
        let (arn, versions) = (arn(call, name), format!("{}:", arn(call, name)));
        let mut free = self.free.lock();
        free.retain(|of, _| *of != arn && !of.starts_with(&versions));
        Ok(json!({}))
    }

    /// <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>
    pub(crate) fn list(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        if input.has("MasterRegion") {
            return Err(AwsError::not_implemented("lambda", "ListFunctions with MasterRegion"));
        }
        let functions = self.functions.lock();
        let all = functions.get(call.account()).into_iter().flat_map(|all| all.iter());
        if input.text("FunctionVersion") != Some("ALL") {
            return page(input, "Functions", all.map(|(name, function)| (name.clone(), listed(&function.configuration))));
        }
        let versions = all.flat_map(|(name, function)| {
            let published = function.versions.iter();
            let published = published
                .map(move |(number, version)| (format!("{name}:{number:020}"), listed(&version.definition.configuration)));
            let latest = function.configuration_of(Some("$LATEST")).unwrap_or_default();
            std::iter::once((format!("{name}:"), listed(&latest))).chain(published)
        });
        page(input, "Functions", versions)
    }

    /// Lets creation or an update take effect, after the call that began it has its answer.
    fn settle_later(&self, call: &Call, name: &str) {
        let Some(me) = self.me.upgrade() else { return };
        let (region, account, name) = (call.region.clone(), call.account().to_owned(), name.to_owned());
        call.region.tasks().spawn(async move { me.settle(&region, &account, &name) });
    }

    /// The new code and configuration are run from now on; environments of the old ones that are idle end, those at work end after it.
    fn settle(&self, region: &Region, account: &str, name: &str) {
        let serving = {
            let mut functions = self.functions.lock();
            // Deleted in the meantime.
            let Some(function) = functions.get_mut(account).and_then(|functions| functions.get_mut(name)) else { return };
            if let Some(coming) = function.coming.take() {
                function.serving = coming;
            }
            configuration::settle(&mut function.configuration);
            Arc::clone(&function.serving)
        };
        let mut free = self.free.lock();
        if let Some(environments) = free.get_mut(serving.text("FunctionArn")) {
            environments.retain(|idle| idle.environment.fits(&serving, region.clock().now()));
        }
    }
}

fn begin(call: &Call, function: &mut Function, mut next: Value, code: Arc<Code>) {
    configuration::touch(&mut next, call);
    configuration::begin_update(&mut next);
    function.coming = Some(definition(&next, code));
    function.configuration = next;
}
