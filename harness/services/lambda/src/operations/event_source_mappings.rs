//! Event source mappings of queues and streams. Other sources (Kafka, brokers, consumers with enhanced fan-out) are refused by name.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::authorization::Need;
use nightproof_core::queue_url;
use nightproof_core::service::{AwsError, Call, arn};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::destination::{self, DestinationConfig};
use crate::error::{conflict, invalid, no_such_resource, require_one_of};
use crate::event_source::Filters;
use crate::function_name::FunctionName;
use crate::mapping::{Mapping, MappingSettings, NOTHING_PROCESSED};
use crate::operations::functions::SETTLING;
use crate::operations::tags;
use crate::page::{Wanted, page};
use crate::poller::Work;
use crate::records::Lambda;
use crate::role;
use crate::stream::{Checkpoints, StartingPosition, StreamPoller, StreamSettings, StreamSource, source_of};

const DEFAULT_BATCH: u64 = 10;
const DEFAULT_BATCH_OF_STREAM: u64 = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FilterCriteria {
    filters: Option<Vec<Filter>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    pattern: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ScalingConfig {
    maximum_concurrency: Option<u64>,
}

/// `CreateEventSourceMapping`. <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateEventSourceMapping {
    event_source_arn: Option<String>,
    function_name: String,
    enabled: Option<bool>,
    batch_size: Option<u64>,
    filter_criteria: Option<FilterCriteria>,
    maximum_batching_window_in_seconds: Option<u64>,
    scaling_config: Option<ScalingConfig>,
    function_response_types: Option<Vec<String>>,
    tags: Option<BTreeMap<String, String>>,
    starting_position: Option<String>,
    starting_position_timestamp: Option<Timestamp>,
    destination_config: Option<DestinationConfig>,
    self_managed_event_source: Option<Value>,
    source_access_configurations: Option<Value>,
    maximum_retry_attempts: Option<i64>,
    maximum_record_age_in_seconds: Option<i64>,
    bisect_batch_on_function_error: Option<bool>,
    parallelization_factor: Option<u64>,
    tumbling_window_in_seconds: Option<u64>,
}

/// `UpdateEventSourceMapping`. <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateEventSourceMapping {
    #[serde(rename = "UUID")]
    uuid: String,
    function_name: Option<String>,
    enabled: Option<bool>,
    batch_size: Option<u64>,
    filter_criteria: Option<FilterCriteria>,
    maximum_batching_window_in_seconds: Option<u64>,
    scaling_config: Option<ScalingConfig>,
    function_response_types: Option<Vec<String>>,
    destination_config: Option<DestinationConfig>,
    maximum_retry_attempts: Option<i64>,
    maximum_record_age_in_seconds: Option<i64>,
    bisect_batch_on_function_error: Option<bool>,
    parallelization_factor: Option<u64>,
    tumbling_window_in_seconds: Option<u64>,
}

/// What a call says of what only streams have.
#[derive(Debug)]
struct StreamChange {
    retries: Option<i64>,
    age: Option<i64>,
    bisects: Option<bool>,
    parallelization: Option<u64>,
    tumbling_window: Option<u64>,
    destinations: Option<DestinationConfig>,
}

impl StreamChange {
    fn is_empty(&self) -> bool {
        self.retries.is_none()
            && self.age.is_none()
            && self.bisects.is_none()
            && self.parallelization.is_none()
            && self.tumbling_window.is_none()
            && !self.destinations.as_ref().is_some_and(|config| config.has_success() || config.has_failure())
    }

    /// # Errors
    /// What cannot be, and what is not done here.
    fn apply(self, call: &Call, settings: &mut StreamSettings) -> Result<(), AwsError> {
        if self.tumbling_window.is_some_and(|seconds| seconds > 0) {
            return Err(AwsError::not_implemented("lambda", "an event source mapping with a tumbling window"));
        }
        settings.retries = self.retries.unwrap_or(settings.retries);
        settings.age = self.age.unwrap_or(settings.age);
        settings.bisects = self.bisects.unwrap_or(settings.bisects);
        settings.parallelization = self.parallelization.unwrap_or(settings.parallelization);
        if let Some(config) = self.destinations {
            destination::check_of_stream(call, &config)?;
            settings.on_failure = config.failure().map(str::to_owned);
        }
        settings.check()
    }
}

/// `GetEventSourceMapping`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html>
#[derive(Debug, Deserialize)]
pub(crate) struct GetEventSourceMapping {
    #[serde(rename = "UUID")]
    uuid: String,
}

/// `DeleteEventSourceMapping`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html>
#[derive(Debug, Deserialize)]
pub(crate) struct DeleteEventSourceMapping {
    #[serde(rename = "UUID")]
    uuid: String,
}

/// `ListEventSourceMappings`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListEventSourceMappings {
    event_source_arn: Option<String>,
    function_name: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

impl MappingSettings {
    fn check(&self, source_arn: &str) -> Result<(), AwsError> {
        if source_arn.ends_with(".fifo") && self.batch_size > DEFAULT_BATCH {
            return Err(invalid("BatchSize for FIFO queues can be at most 10."));
        }
        if self.stream.is_none() && self.batch_size > DEFAULT_BATCH && self.window == 0 {
            return Err(invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            ));
        }
        for kind in &self.response_types {
            require_one_of(Some(kind), "functionResponseTypes", &["ReportBatchItemFailures"])?;
        }
        Filters::parse(self.filters.as_deref().unwrap_or_default(), None)
            .map(drop)
            .map_err(|()| invalid("Invalid filter pattern definition."))
    }
}

/// The patterns of filters; one without is none.
fn patterns(criteria: FilterCriteria) -> Vec<String> {
    let filters = criteria.filters.unwrap_or_default();
    filters.into_iter().map(|filter| filter.pattern.unwrap_or_default()).collect()
}

/// What a mapping reads, and where it begins.
enum Source {
    Queue(String),
    Stream(String, StartingPosition),
}

/// Refuses other sources, first in AWS's words where it would refuse them as well.
fn check_source(input: &CreateEventSourceMapping) -> Result<Source, AwsError> {
    if input.destination_config.as_ref().is_some_and(DestinationConfig::has_success) {
        return Err(invalid("Unsupported DestinationConfig parameter for given event source mapping type."));
    }
    if input.self_managed_event_source.is_some() {
        return Err(match input.source_access_configurations {
            None => invalid("Required 'sourceAccessConfigurations' parameter is missing."),
            Some(_) => AwsError::not_implemented("lambda", "CreateEventSourceMapping with SelfManagedEventSource"),
        });
    }
    let source = input.event_source_arn.as_deref().ok_or_else(|| invalid("Unrecognized event source."))?;
    match arn::service_of(source) {
        "sqs" if input.destination_config.as_ref().is_some_and(DestinationConfig::has_failure) => {
            Err(invalid("Unsupported DestinationConfig parameter for given event source mapping type."))
        }
        "sqs" if input.source_access_configurations.is_some() || input.starting_position.is_some() => {
            Err(invalid("Unsupported parameter for given event source mapping type."))
        }
        "sqs" => Ok(Source::Queue(source.to_owned())),
        "kinesis" if source.contains("/consumer/") => {
            Err(AwsError::not_implemented("lambda", "an event source mapping of a consumer with enhanced fan-out"))
        }
        service if source_of(service).is_some() => {
            let start = starting_position(input, source)?;
            if input.source_access_configurations.is_some() || input.scaling_config.is_some() {
                return Err(invalid("Unsupported parameter for given event source mapping type."));
            }
            Ok(Source::Stream(source.to_owned(), start))
        }
        other => Err(AwsError::not_implemented("lambda", &format!("an event source mapping of {other}"))),
    }
}

/// Where the reading of a stream begins.
fn starting_position(input: &CreateEventSourceMapping, source: &str) -> Result<StartingPosition, AwsError> {
    let Some(position) = input.starting_position.as_deref() else {
        return Err(invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
        ));
    };
    require_one_of(Some(position), "startingPosition", &["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"])?;
    match (position, input.starting_position_timestamp) {
        ("AT_TIMESTAMP", _) if arn::service_of(source) == "dynamodb" => {
            Err(invalid(format!("Unsupported starting position for arn type: {source}")))
        }
        ("AT_TIMESTAMP", Some(time)) => Ok(StartingPosition::AtTimestamp(time)),
        ("AT_TIMESTAMP", None) => {
            Err(invalid("StartingPositionTimestamp must be specified for the starting position AT_TIMESTAMP."))
        }
        (_, Some(_)) => Err(invalid("StartingPositionTimestamp is only valid for the starting position AT_TIMESTAMP.")),
        ("LATEST", None) => Ok(StartingPosition::Latest),
        (_, None) => Ok(StartingPosition::TrimHorizon),
    }
}

impl Lambda {
    pub(crate) async fn create_event_source_mapping(
        &self,
        call: &Call,
        input: CreateEventSourceMapping,
    ) -> Result<Value, AwsError> {
        // A missing function is reported before a source that is not supported.
        let named = FunctionName::read(call, &input.function_name, None)?;
        let (source, start) = match check_source(&input) {
            Ok(Source::Queue(source)) => (source, None),
            Ok(Source::Stream(source, start)) => (source, Some(start)),
            Err(error) if error.code == "NotImplemented" && self.find(&named, |_| ()).is_none() => return Err(no_function()),
            Err(error) => return Err(error),
        };
        let change = StreamChange {
            retries: input.maximum_retry_attempts,
            age: input.maximum_record_age_in_seconds,
            bisects: input.bisect_batch_on_function_error,
            parallelization: input.parallelization_factor,
            tumbling_window: input.tumbling_window_in_seconds,
            destinations: input.destination_config,
        };
        let stream = match start {
            None if !change.is_empty() => {
                return Err(invalid("Unsupported parameter for given event source mapping type."));
            }
            None => None,
            Some(start) => {
                let mut stream = StreamSettings::new(start);
                change.apply(call, &mut stream)?;
                Some(stream)
            }
        };
        let default = if stream.is_some() { DEFAULT_BATCH_OF_STREAM } else { DEFAULT_BATCH };
        let settings = MappingSettings {
            enabled: input.enabled.unwrap_or(true),
            batch_size: input.batch_size.unwrap_or(default),
            stream,
            window: input.maximum_batching_window_in_seconds.unwrap_or(0),
            filters: input.filter_criteria.map(patterns),
            response_types: input.function_response_types.unwrap_or_default(),
            maximum_concurrency: input.scaling_config.and_then(|scaling| scaling.maximum_concurrency),
        };
        settings.check(&source)?;
        let tags = input.tags.unwrap_or_default();
        tags::check(call, &tags)?;
        let function_arn = self.mapped(call, &named, &source).await?;
        let uuid = uuid::Uuid::new_v4().to_string();
        let made = self.accounts.with(&named.account, |account| {
            let mut mappings = account.mappings.values();
            if let Some(other) = mappings.find(|one| one.function_arn == function_arn && one.source_arn == source) {
                let (uuid, name) = (&other.uuid, &named.name);
                return Err(conflict(match settings.stream {
                    None => format!(
                        "An event source mapping with SQS arn (\" {source} \") and function (\" {name} \") already exists. Please update or delete the existing mapping with UUID {uuid}"
                    ),
                    Some(_) => format!(
                        "The event source arn (\" {source} \") and function (\" {name} \") provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}"
                    ),
                }));
            }
            let mapping = Mapping {
                arn: call.arn("lambda", format!("event-source-mapping:{uuid}")),
                uuid: uuid.clone(),
                function_arn,
                source_arn: source,
                // One that is not to poll is at rest at once.
                state: if settings.enabled { "Creating" } else { "Disabled" },
                settings,
                modified: call.now,
                tags: Tags::from_iter(tags),
                last_result: NOTHING_PROCESSED.to_owned(),
                checkpoints: Checkpoints::new(),
                polling: CancellationToken::new(),
            };
            let made = mapping.describe();
            account.mappings.insert(uuid.clone(), mapping);
            Ok(made)
        })?;
        self.enable_later(call, &named.account, &uuid);
        Ok(made)
    }

    pub(crate) async fn update_event_source_mapping(
        &self,
        call: &Call,
        input: UpdateEventSourceMapping,
    ) -> Result<Value, AwsError> {
        let found = self.accounts.with(call.account(), |account| {
            let mapping = account.mappings.get(&input.uuid)?;
            Some((mapping.settings.clone(), mapping.source_arn.clone(), mapping.function_arn.clone()))
        });
        let (before, source, function_arn) = found.ok_or_else(no_such_resource)?;
        let mut settings = before.clone();
        settings.enabled = input.enabled.unwrap_or(settings.enabled);
        settings.batch_size = input.batch_size.unwrap_or(settings.batch_size);
        settings.window = input.maximum_batching_window_in_seconds.unwrap_or(settings.window);
        settings.filters = input.filter_criteria.map(patterns).or(settings.filters);
        settings.response_types = input.function_response_types.unwrap_or(settings.response_types);
        if let Some(scaling) = input.scaling_config {
            settings.maximum_concurrency = scaling.maximum_concurrency;
        }
        let change = StreamChange {
            retries: input.maximum_retry_attempts,
            age: input.maximum_record_age_in_seconds,
            bisects: input.bisect_batch_on_function_error,
            parallelization: input.parallelization_factor,
            tumbling_window: input.tumbling_window_in_seconds,
            destinations: input.destination_config,
        };
        match &mut settings.stream {
            Some(stream) => change.apply(call, stream)?,
            None if change.is_empty() => {}
            None => return Err(invalid("Unsupported parameter for given event source mapping type.")),
        }
        settings.check(&source)?;
        let function_arn = match &input.function_name {
            Some(reference) => self.mapped(call, &FunctionName::read(call, reference, None)?, &source).await?,
            None => function_arn,
        };
        let made = self.accounts.with(call.account(), |account| {
            let mapping = account.mappings.get_mut(&input.uuid)?;
            mapping.polling.cancel();
            mapping.state = match input.enabled {
                Some(true) if !before.enabled => "Enabling",
                Some(false) if before.enabled => "Disabling",
                _ => "Updating",
            };
            mapping.settings = settings;
            mapping.function_arn = function_arn;
            mapping.modified = call.now;
            Some(mapping.describe())
        });
        let made = made.ok_or_else(no_such_resource)?;
        self.enable_later(call, call.account(), &input.uuid);
        Ok(made)
    }

    pub(crate) fn get_event_source_mapping(&self, call: &Call, input: GetEventSourceMapping) -> Result<Value, AwsError> {
        let found = self.accounts.with(call.account(), |account| account.mappings.get(&input.uuid).map(Mapping::describe));
        found.ok_or_else(no_such_resource)
    }

    pub(crate) fn delete_event_source_mapping(&self, call: &Call, input: DeleteEventSourceMapping) -> Result<Value, AwsError> {
        let removed = self.accounts.with(call.account(), |account| account.mappings.remove(&input.uuid));
        let mut mapping = removed.ok_or_else(no_such_resource)?;
        mapping.polling.cancel();
        mapping.state = "Deleting";
        Ok(mapping.describe())
    }

    pub(crate) fn list_event_source_mappings(&self, call: &Call, input: ListEventSourceMappings) -> Result<Value, AwsError> {
        let function = input.function_name.as_ref().map(|name| FunctionName::read(call, name, None)).transpose()?;
        let function = function.map(|named| named.qualified_arn());
        let accounts = self.accounts.lock();
        let all = accounts.get(call.account()).into_iter().flat_map(|account| account.mappings.iter());
        let all = all.filter(|(_, mapping)| {
            input.event_source_arn.as_ref().is_none_or(|arn| *arn == mapping.source_arn)
                && function.as_ref().is_none_or(|arn| *arn == mapping.function_arn)
        });
        let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 100 };
        Ok(page(&wanted, "EventSourceMappings", all.map(|(uuid, mapping)| (uuid.clone(), mapping.describe()))))
    }

    /// The ARN of a function that may read the source.
    async fn mapped(&self, call: &Call, named: &FunctionName, source: &str) -> Result<String, AwsError> {
        let resolved = self.find(named, |function| function.resolve(named.qualifier()));
        let (definition, _) = resolved.ok_or_else(no_function)??;
        let session = role::assume(&call.region, &named.account, &definition).await?;
        let mut as_function = call.clone();
        as_function.caller = session.credential.caller;
        if let Some(stream) = source_of(arn::service_of(source)) {
            readable(&as_function, stream, source).await?;
            return Ok(named.qualified_arn());
        }
        if let Some(authorizer) = call.region.authorizer() {
            for action in ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] {
                let need = Need { action: format!("sqs:{action}"), resource: source.to_owned(), keys: Vec::new() };
                let message = format!("The provided execution role does not have permissions to call {action} on SQS");
                authorizer.check(&as_function, "sqs", need).map_err(|_| invalid(message))?;
            }
        }
        let input = json!({ "QueueUrl": queue_url(source) });
        let asked = call.region.call(&as_function.caller, "sqs", "GetQueueAttributes", input).await;
        asked.map_err(|AwsError { code, message, .. }| {
            let code = if code.ends_with("QueueDoesNotExist") { "AWS.SimpleQueueService.NonExistentQueue" } else { &code };
            invalid(format!("Error occurred while ReceiveMessage. SQS Error Code: {code}. SQS Error Message: {message}"))
        })?;
        Ok(named.qualified_arn())
    }

    /// Lets a mapping do what it is to do, after the call that said so has its answer.
    fn enable_later(&self, call: &Call, account: &str, uuid: &str) {
        let Some(me) = self.me.upgrade() else { return };
        let (region, pause) = (call.region.clone(), call.http.as_ref().map(|_| SETTLING));
        let (call, account, uuid) = (call.clone(), account.to_owned(), uuid.to_owned());
        region.tasks().clone().spawn(async move {
            if let Some(pause) = pause {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = region.stopping().cancelled() => return,
                }
            }
            let work = me.accounts.with(&account, |records| {
                let mapping = records.mappings.get_mut(&uuid)?;
                mapping.polling.cancel();
                mapping.polling = region.stopping().child_token();
                let named = FunctionName::of_reference(&call, &mapping.function_arn, None);
                let work = Work {
                    account: named.account,
                    uuid: uuid.clone(),
                    function_arn: mapping.function_arn.clone(),
                    function: named.name,
                    qualifier: named.qualifier,
                    source_arn: mapping.source_arn.clone(),
                    settings: mapping.settings.clone(),
                };
                Some((work, mapping.polling.clone()))
            });
            let Some((work, ends)) = work else { return };
            let is_enabled = work.settings.enabled;
            let stream = StreamPoller::new(Arc::clone(&me), &region, work.clone(), ends.clone()).filter(|_| is_enabled);
            if let Some(stream) = &stream {
                stream.prepare().await;
            }
            me.accounts.with(&account, |records| {
                if let Some(mapping) = records.mappings.get_mut(&uuid).filter(|_| !ends.is_cancelled()) {
                    mapping.state = mapping.settled();
                }
            });
            match stream {
                Some(stream) => stream.run().await,
                None if is_enabled && work.settings.stream.is_none() => me.poll(&region, work, ends),
                None => {}
            }
        });
    }
}

/// Whether a caller, who is a function's role, may read a stream that is there.
async fn readable(as_function: &Call, stream: &dyn StreamSource, source: &str) -> Result<(), AwsError> {
    let service = arn::service_of(source);
    if let Some(authorizer) = as_function.region.authorizer() {
        for action in stream.actions() {
            let resource = if *action == "ListStreams" { "*" } else { source };
            let need = Need { action: format!("{service}:{action}"), resource: resource.to_owned(), keys: Vec::new() };
            let (last, before) = stream.actions().split_last().unwrap_or((action, &[]));
            let message = format!(
                "Cannot access stream {source}. Please ensure the role can perform the {}, and {last} Actions on your stream in IAM.",
                before.join(", ")
            );
            authorizer.check(as_function, service, need).map_err(|_| invalid(message))?;
        }
    }
    let (operation, input) = stream.look(source);
    let asked = as_function.region.call(&as_function.caller, stream.service(), operation, input).await;
    asked.map(drop).map_err(|error| match error.code.as_str() {
        "ResourceNotFoundException" => invalid(format!("Stream not found: {source}")),
        "NotImplemented" => error,
        _ => invalid(error.message),
    })
}

fn no_function() -> AwsError {
    invalid("Function does not exist")
}
