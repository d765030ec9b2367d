//! Creating, updating and deleting functions.
//!
//! Creation and updates settle after their calls return, as on AWS: until then a function is `Pending`, or its update `InProgress` while
//! invocations still run the code and configuration from before it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nightproof_core::Region;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use nightproof_journal::{Event, RUNTIME_LIFECYCLE};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::code::{Code, CodeMembers, Source};
use crate::code_url;
use crate::configuration::{
    self, DeadLetterConfig, Environment, EphemeralStorage, LoggingConfig, Settings, SnapStart, TracingConfig, VpcConfig,
    check_runtime,
};
use crate::definition::{Definition, Layers};
use crate::error::{conflict, constraint, invalid, not_found, require_one_of, violation};
use crate::function::Function;
use crate::function_name::{FunctionName, is_alias};
use crate::layer_reference;
use crate::node;
use crate::operations::tags;
use crate::page::{Wanted, listed, page};
use crate::records::Lambda;
use crate::role;
use crate::runtime_lifecycle::{self, Change};
use crate::vpc;

/// How long a creation or an update is pending for the client that asked for it; on AWS it is seconds. Calls from within the region do not
/// wait.
pub(crate) const SETTLING: Duration = Duration::from_millis(300);

/// Architectures of processors.
const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

/// `CreateFunction`. <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateFunction {
    function_name: String,
    runtime: Option<String>,
    role: String,
    handler: Option<String>,
    code: CodeMembers,
    description: Option<String>,
    timeout: Option<u64>,
    memory_size: Option<u64>,
    publish: Option<bool>,
    vpc_config: Option<VpcConfig>,
    package_type: Option<String>,
    dead_letter_config: Option<DeadLetterConfig>,
    environment: Option<Environment>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    tracing_config: Option<TracingConfig>,
    tags: Option<BTreeMap<String, String>>,
    layers: Option<Vec<String>>,
    file_system_configs: Option<Vec<Value>>,
    code_signing_config_arn: Option<String>,
    architectures: Option<Vec<String>>,
    ephemeral_storage: Option<EphemeralStorage>,
    snap_start: Option<SnapStart>,
    logging_config: Option<LoggingConfig>,
}

/// `UpdateFunctionCode`. <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateFunctionCode {
    function_name: String,
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    s3_key: Option<String>,
    s3_object_version: Option<String>,
    image_uri: Option<String>,
    architectures: Option<Vec<String>>,
    publish: Option<bool>,
    dry_run: Option<bool>,
    revision_id: Option<String>,
}

/// `UpdateFunctionConfiguration`. <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateFunctionConfiguration {
    function_name: String,
    runtime: Option<String>,
    role: Option<String>,
    handler: Option<String>,
    description: Option<String>,
    timeout: Option<u64>,
    memory_size: Option<u64>,
    vpc_config: Option<VpcConfig>,
    dead_letter_config: Option<DeadLetterConfig>,
    environment: Option<Environment>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    tracing_config: Option<TracingConfig>,
    layers: Option<Vec<String>>,
    file_system_configs: Option<Vec<Value>>,
    ephemeral_storage: Option<EphemeralStorage>,
    snap_start: Option<SnapStart>,
    logging_config: Option<LoggingConfig>,
    revision_id: Option<String>,
}

/// `GetFunction`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetFunction {
    function_name: String,
    qualifier: Option<String>,
}

/// `GetFunctionConfiguration`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetFunctionConfiguration {
    function_name: String,
    qualifier: Option<String>,
}

/// `DeleteFunction`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteFunction {
    function_name: String,
    qualifier: Option<String>,
}

/// `ListFunctions`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListFunctions {
    function_version: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

impl CreateFunction {
    fn settings(&self) -> Settings<'_> {
        Settings {
            runtime: self.runtime.as_deref(),
            role: Some(&self.role),
            handler: self.handler.as_deref(),
            description: self.description.as_deref(),
            timeout: self.timeout,
            memory_size: self.memory_size,
            environment: self.environment.as_ref(),
            dead_letter_config: self.dead_letter_config.as_ref(),
            ephemeral_storage: self.ephemeral_storage.as_ref(),
            tracing_config: self.tracing_config.as_ref(),
            snap_start: self.snap_start.as_ref(),
            vpc_config: self.vpc_config.as_ref(),
            vpc: None,
            logging_config: self.logging_config.as_ref(),
            kms_key_arn: self.kms_key_arn.as_deref(),
            file_system_configs: self.file_system_configs.as_deref(),
            layers: None,
        }
    }

    /// A name may be shorter than the references that other operations take.
    fn check_name(&self, named: &FunctionName) -> Result<(), AwsError> {
        if self.function_name == named.name && named.name.chars().count() > 64 {
            let broken = violation(&named.name, "functionName", "Member must have length less than or equal to 64");
            return Err(invalid(format!("1 validation error detected: {broken}")));
        }
        Ok(())
    }
}

impl UpdateFunctionConfiguration {
    fn settings(&self) -> Settings<'_> {
        Settings {
            runtime: self.runtime.as_deref(),
            role: self.role.as_deref(),
            handler: self.handler.as_deref(),
            description: self.description.as_deref(),
            timeout: self.timeout,
            memory_size: self.memory_size,
            environment: self.environment.as_ref(),
            dead_letter_config: self.dead_letter_config.as_ref(),
            ephemeral_storage: self.ephemeral_storage.as_ref(),
            tracing_config: self.tracing_config.as_ref(),
            snap_start: self.snap_start.as_ref(),
            vpc_config: self.vpc_config.as_ref(),
            vpc: None,
            logging_config: self.logging_config.as_ref(),
            kms_key_arn: self.kms_key_arn.as_deref(),
            file_system_configs: self.file_system_configs.as_deref(),
            layers: None,
        }
    }
}

/// Refuses architectures that there are not.
fn check_architectures(architectures: Option<&[String]>) -> Result<(), AwsError> {
    let Some(list) = architectures else { return Ok(()) };
    match list.iter().all(|one| ARCHITECTURES.contains(&one.as_str())) {
        true => Ok(()),
        false => Err(constraint(
            &format!("[{}]", list.join(", ")),
            "architectures",
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
        )),
    }
}

impl Lambda {
    pub(crate) async fn create_function(&self, call: &Call, input: CreateFunction) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, None)?;
        input.check_name(&named)?;
        check_architectures(input.architectures.as_deref())?;
        require_one_of(input.package_type.as_deref(), "packageType", &["Zip", "Image"])?;
        if input.package_type.as_deref() == Some("Image") {
            return Err(AwsError::not_implemented("lambda", "CreateFunction with PackageType Image"));
        }
        let mut settings = input.settings();
        settings.vpc = vpc::check(call, input.vpc_config.as_ref()).await?;
        settings.check(call, "CreateFunction", None)?;
        let (Some(runtime), Some(_)) = (settings.runtime, settings.handler) else {
            return Err(invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages."));
        };
        let layers = self.layers_of(call, input.layers.as_deref())?;
        settings.layers = layers.as_ref().map(|(described, _)| described.clone());
        let tags = input.tags.clone().unwrap_or_default();
        tags::check(call, &tags)?;
        role::check(&call.region, call.account(), &input.role, &named.name).await?;
        check_runtime(runtime, Change::Create, call.now, self.allow_blocked_runtimes)?;
        let signing = input.code_signing_config_arn.as_deref().filter(|arn| !arn.is_empty());
        self.check_signature(call, signing)?;
        let code = Code::load(call, input.code.source()?).await?;
        let own = layers.as_ref().map(|(_, layers)| layers.clone()).unwrap_or_default();
        node::prepare(&call.region, self.host.as_ref(), (&named.name, runtime), &code, &own).await?;
        let mut made = configuration::make(call, &named.name, &named.arn(), &settings);
        configuration::apply_code(&mut made, &code, input.architectures.as_deref());
        let exists = || conflict(format!("Function already exist: {}", named.name));
        if self.find(&named, |_| ()).is_some() {
            return Err(exists());
        }
        self.attach(call, &input.role, &named.name, input.vpc_config.as_ref()).await?;
        {
            let mut accounts = self.accounts.lock();
            let functions = &mut accounts.entry(named.account.clone()).or_default().functions;
            if functions.contains_key(&named.name) {
                return Err(exists());
            }
            let layers = layers.map(|(_, layers)| layers).unwrap_or_default();
            let mut function = Function::new(made.clone(), Definition::new(&made, code, layers), Tags::from_iter(tags));
            function.code_signing = signing.map(str::to_owned);
            if input.publish == Some(true) {
                // The answer is of the function, under the number of its version.
                made["Version"] = function.publish(None, true)["Version"].clone();
            }
            functions.insert(named.name.clone(), function);
        }
        notice(&call.region, &named.name, runtime);
        self.settle_later(call, named);
        Ok(made)
    }

    pub(crate) async fn update_function_code(&self, call: &Call, input: UpdateFunctionCode) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, None)?;
        check_architectures(input.architectures.as_deref())?;
        let (runtime, signing) = self.with(&named, |function| {
            function.require_revision(input.revision_id.as_deref())?;
            Ok((function.configuration.required("Runtime").to_owned(), function.code_signing.clone()))
        })?;
        if input.image_uri.is_some() {
            return Err(invalid("Please don't provide ImageUri when updating a function with packageType Zip."));
        }
        check_runtime(&runtime, Change::Update, call.now, self.allow_blocked_runtimes)?;
        self.check_signature(call, signing.as_deref())?;
        let source = Source::from_members(
            input.zip_file.as_deref(),
            input.s3_bucket.as_deref(),
            input.s3_key.as_deref(),
            input.s3_object_version.as_deref(),
        )?;
        let code = Code::load(call, source).await?;
        let layers = self.with(&named, |function| Ok(function.latest().layers.clone()))?;
        node::prepare(&call.region, self.host.as_ref(), (&named.name, &runtime), &code, &layers).await?;
        let dry = input.dry_run == Some(true);
        let answer = self.with(&named, |function| {
            function.require_settled()?;
            function.require_revision(input.revision_id.as_deref())?;
            let mut next = function.configuration.clone();
            configuration::apply_code(&mut next, &code, input.architectures.as_deref());
            if dry {
                return Ok(next);
            }
            let layers = function.latest().layers.clone();
            begin(call, function, next, code, layers);
            Ok(match input.publish {
                Some(true) => function.publish(None, true),
                _ => function.configuration.clone(),
            })
        })?;
        if !dry {
            notice(&call.region, &named.name, &runtime);
            self.settle_later(call, named);
        }
        Ok(answer)
    }

    pub(crate) async fn update_function_configuration(
        &self,
        call: &Call,
        input: UpdateFunctionConfiguration,
    ) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, None)?;
        let before = self.with(&named, |function| {
            function.require_revision(input.revision_id.as_deref())?;
            Ok(function.configuration.clone())
        })?;
        let mut settings = input.settings();
        settings.vpc = vpc::check(call, input.vpc_config.as_ref()).await?;
        settings.check(call, "UpdateFunctionConfiguration", Some(&before))?;
        let runtime = settings.runtime.unwrap_or_else(|| before.required("Runtime")).to_owned();
        check_runtime(&runtime, Change::Update, call.now, self.allow_blocked_runtimes)?;
        let layers = self.layers_of(call, input.layers.as_deref())?;
        settings.layers = layers.as_ref().map(|(described, _)| described.clone());
        if let Some(wanted) = settings.role {
            role::check(&call.region, call.account(), wanted, &named.name).await?;
        }
        let role = settings.role.unwrap_or_else(|| before.required("Role"));
        self.attach(call, role, &named.name, input.vpc_config.as_ref()).await?;
        let latest = self.with(&named, |function| Ok(Arc::clone(function.latest())))?;
        let own = layers.as_ref().map_or_else(|| latest.layers.clone(), |(_, layers)| layers.clone());
        node::prepare(&call.region, self.host.as_ref(), (&named.name, &runtime), &latest.code, &own).await?;
        let answer = self.with(&named, |function| {
            function.require_settled()?;
            function.require_revision(input.revision_id.as_deref())?;
            let mut next = function.configuration.clone();
            configuration::apply(call, &mut next, &settings);
            let latest = Arc::clone(function.latest());
            let layers = layers.map_or_else(|| latest.layers.clone(), |(_, layers)| layers);
            begin(call, function, next, Arc::clone(&latest.code), layers);
            Ok(function.configuration.clone())
        })?;
        notice(&call.region, &named.name, &runtime);
        self.settle_later(call, named);
        Ok(answer)
    }

    pub(crate) fn get_function(&self, call: &Call, input: GetFunction) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let described = self.find(&named, |function| {
            let qualifier = named.qualifier();
            let code = match qualifier {
                None | Some("$LATEST") => Arc::clone(&function.latest().code),
                Some(qualifier) => Arc::clone(&function.resolve(Some(qualifier))?.0.code),
            };
            let location = code_url::location(call, &self.secret, code_url::Kind::Function, &named.name, &code);
            let mut made = json!({
                "Configuration": function.configuration_of(qualifier)?, "Code": { "RepositoryType": "S3", "Location": location },
            });
            // A function has tags, its versions have none.
            if !function.tags.is_empty() && matches!(qualifier, None | Some("$LATEST")) {
                made["Tags"] = json!(function.tags);
            }
            if function.reserved.is_some() {
                made["Concurrency"] = function.concurrency();
            }
            Ok(made)
        });
        described.unwrap_or_else(|| Err(not_found(format!("Function not found: {}", named.qualified_arn()))))
    }

    pub(crate) fn get_function_configuration(&self, call: &Call, input: GetFunctionConfiguration) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let found = self.find(&named, |function| function.configuration_of(named.qualifier()));
        found.unwrap_or_else(|| Err(not_found(format!("Function not found: {}", named.qualified_arn()))))
    }

    /// A version that is not there counts as deleted.
    pub(crate) async fn delete_function(&self, call: &Call, input: DeleteFunction) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        match named.qualifier() {
            Some("$LATEST") => return Err(invalid("$LATEST version cannot be deleted without deleting the function.")),
            Some(qualifier) if is_alias(qualifier) => return Err(invalid("Deletion of aliases is not currently supported.")),
            Some(version) => {
                self.with(&named, |function| {
                    let user = function.aliases.iter().find(|(_, alias)| alias.names(version)).map(|(name, _)| name.clone());
                    if let Some(name) = user {
                        return Err(conflict(format!("Version {version} cannot be deleted: the alias {name} names it.")));
                    }
                    if let Ok(number) = version.parse::<u64>() {
                        function.versions.remove(&number);
                        function.policies.remove(version);
                        function.provisioned.remove(version);
                        function.invoke_configs.remove(version);
                    }
                    Ok(())
                })?;
                self.forget_environments(&named.qualified_arn());
            }
            None => {
                let mut accounts = self.accounts.lock();
                let removed = accounts.get_mut(&named.account).and_then(|account| account.functions.remove(&named.name));
                drop(accounts);
                removed.ok_or_else(|| named.missing())?;
                self.forget_environments(&named.arn());
            }
        }
        self.detach_unused(&call.region, &named.account).await;
        Ok(json!({ "StatusCode": 204 }))
    }

    pub(crate) fn list_functions(&self, call: &Call, input: ListFunctions) -> Result<Value, AwsError> {
        require_one_of(input.function_version.as_deref(), "functionVersion", &["ALL"])?;
        let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
        let accounts = self.accounts.lock();
        let all = accounts.get(call.account()).into_iter().flat_map(|account| &account.functions);
        if input.function_version.is_none() {
            return Ok(page(&wanted, "Functions", all.map(|(name, function)| (name.clone(), listed(&function.configuration)))));
        }
        let versions = all.flat_map(|(name, function)| {
            let published = function.versions.iter();
            let published = published
                .map(move |(number, version)| (format!("{name}:{number:020}"), listed(&version.definition.configuration)));
            let latest = function.configuration_of(Some("$LATEST")).unwrap_or_default();
            std::iter::once((format!("{name}:"), listed(&latest))).chain(published)
        });
        Ok(page(&wanted, "Functions", versions))
    }

    /// What a function with these layers has of them, and what it tells of them.
    fn layers_of(&self, call: &Call, layers: Option<&[String]>) -> Result<Option<(Value, Layers)>, AwsError> {
        layers.map(|layers| layer_reference::resolve(call, &self.accounts, layers)).transpose()
    }

    /// Ends idle environments of a function or version.
    fn forget_environments(&self, arn: &str) {
        self.free
            .lock()
            .retain(|of, _| !of.strip_prefix(arn).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '+'])));
    }

    /// Lets creation or an update take effect, after the call that began it has its answer.
    fn settle_later(&self, call: &Call, named: FunctionName) {
        let Some(me) = self.me.upgrade() else { return };
        let (region, pause) = (call.region.clone(), call.http.as_ref().map(|_| SETTLING));
        call.region.tasks().spawn(async move {
            if let Some(pause) = pause {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = region.stopping().cancelled() => return,
                }
            }
            // What waits for the update may delete what is not needed any more.
            me.detach_unused(&region, &named.account).await;
            me.settle(&region, &named);
        });
    }

    /// The new code and configuration are run from now on; environments of the old ones that are idle end, those at work end after it.
    fn settle(&self, region: &Region, named: &FunctionName) {
        let serving = self.find(named, |function| {
            function.settle();
            Arc::clone(&function.serving)
        });
        // Deleted in the meantime.
        let Some(serving) = serving else { return };
        let mut free = self.free.lock();
        if let Some(environments) = free.get_mut(serving.text("FunctionArn")) {
            environments.retain(|idle| idle.environment.fits(&serving, region.clock().now()));
        }
    }
}

fn begin(call: &Call, function: &mut Function, mut next: Value, code: Arc<Code>, layers: Layers) {
    configuration::touch(&mut next, call.now);
    configuration::begin_update(&mut next);
    function.coming = Some(Definition::new(&next, code, layers));
    function.configuration = next;
}

/// Tells of a runtime that AWS blocks, or will before long.
fn notice(region: &Region, function: &str, runtime: &str) {
    let now = region.clock().now();
    let Some(detail) = runtime_lifecycle::find(runtime).and_then(|runtime| runtime.notice(function, now)) else { return };
    let finding = Event::Finding { id: RUNTIME_LIFECYCLE.to_owned(), detail };
    if !region.journal().records().iter().any(|record| record.event == finding) {
        region.journal().record(finding);
    }
}
