//! Polling the queue of a mapping: messages are received with the function's role, handed to it in batches, and deleted when it is done.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>

use std::sync::Arc;
use std::time::Duration;

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region, queue_url};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::event::InvocationRequest;
use crate::event_source::{Filters, failures, record};
use crate::mapping::MappingSettings;
use crate::records::Lambda;
use crate::role;

/// How long a queue without messages is waited for, seconds.
const LONG_POLL: u64 = 20;
/// How long nothing is asked after a queue could not be read.
const BACK_OFF: Duration = Duration::from_secs(2);
/// How many batches of a mapping are worked off at once.
const CONCURRENT: u64 = 5;
/// Most messages that a queue gives at once.
const MOST_AT_ONCE: u64 = 10;

/// What a poller works by. A change of the mapping makes another one.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub account: String,
    /// The mapping's.
    pub uuid: String,
    /// The function as the mapping names it.
    pub function_arn: String,
    /// The function's name.
    pub function: String,
    pub qualifier: Option<String>,
    pub source_arn: String,
    pub settings: MappingSettings,
}

impl Lambda {
    /// Polls until the token is cancelled.
    pub(crate) fn poll(&self, region: &Region, work: Work, ends: CancellationToken) {
        let (Some(me), Ok(filters)) =
            (self.me.upgrade(), Filters::parse(work.settings.filters.as_deref().unwrap_or_default(), Some("body")))
        else {
            return;
        };
        let region = region.clone();
        region.tasks().clone().spawn(async move {
            let poller = Poller { me, region, work, filters };
            tokio::select! {
                () = Arc::new(poller).run() => {}
                () = ends.cancelled() => {}
            }
        });
    }
}

struct Poller {
    me: Arc<Lambda>,
    region: Region,
    work: Work,
    filters: Filters,
}

impl Poller {
    async fn run(self: Arc<Self>) {
        let most = self.work.settings.maximum_concurrency.unwrap_or(CONCURRENT).min(CONCURRENT);
        let permits = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1)));
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            let batch = match self.batch().await {
                Ok(batch) if batch.is_empty() => continue,
                Ok(batch) => batch,
                Err(error) => {
                    tracing::debug!(source = self.work.source_arn, %error, "a queue could not be read");
                    tokio::time::sleep(BACK_OFF).await;
                    continue;
                }
            };
            let (me, in_flight) = (Arc::clone(&self), self.me.in_flight.begin());
            self.region.tasks().spawn(async move {
                let _counted = (permit, in_flight);
                if let Err(error) = me.hand_over(batch).await {
                    // The messages are seen again when their time-out has passed.
                    tracing::debug!(function = me.work.function, %error, "a batch was not worked off");
                }
            });
        }
    }

    /// A session of the function's role, as it is now.
    async fn caller(&self) -> Result<Caller, AwsError> {
        let work = &self.work;
        let definition = {
            let accounts = self.me.accounts.lock();
            let function = accounts.get(&work.account).and_then(|account| account.functions.get(&work.function));
            function.map(|function| function.resolve(work.qualifier.as_deref())).transpose()?
        };
        let (definition, _) = definition.ok_or_else(|| crate::error::not_found("Function does not exist"))?;
        Ok(role::assume(&self.region, &work.account, &definition).await?.credential.caller)
    }

    /// Waits for messages, and for more of them as the mapping says.
    async fn batch(&self) -> Result<Vec<Value>, AwsError> {
        let settings = &self.work.settings;
        let caller = self.caller().await?;
        let mut batch = self.receive(&caller, settings.batch_size.min(MOST_AT_ONCE), LONG_POLL).await?;
        let until = Instant::now() + Duration::from_secs(settings.window);
        while !batch.is_empty() && (batch.len() as u64) < settings.batch_size {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let room = settings.batch_size - batch.len() as u64;
            let more = tokio::time::timeout(left, self.receive(&caller, room.min(MOST_AT_ONCE), 1)).await;
            match more {
                Ok(more) => batch.extend(more?),
                Err(_) => break,
            }
        }
        Ok(batch)
    }

    async fn receive(&self, caller: &Caller, most: u64, wait: u64) -> Result<Vec<Value>, AwsError> {
        let input = json!({
            "QueueUrl": queue_url(&self.work.source_arn), "MaxNumberOfMessages": most, "WaitTimeSeconds": wait,
            "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        let answer = self.region.call(caller, "sqs", "ReceiveMessage", input).await?;
        Ok(answer.get("Messages").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Invokes the function with what the filters let through, and deletes what is done and what they do not.
    async fn hand_over(&self, batch: Vec<Value>) -> Result<(), AwsError> {
        let work = &self.work;
        let records = batch.iter().map(|message| record(message, &work.source_arn, self.region.name(), work.settings.window > 0));
        let (wanted, dropped): (Vec<Value>, Vec<Value>) = records.partition(|record| self.filters.let_through(record));
        self.delete(&dropped).await?;
        if wanted.is_empty() {
            return Ok(());
        }
        let payload = json!({ "Records": wanted }).to_string().into_bytes();
        let request = InvocationRequest { id: uuid::Uuid::new_v4().to_string(), payload, client_context: None, trace: None };
        let admitted = self.me.admit(&work.account, &work.function, work.qualifier.as_deref())?;
        let invoked = self.me.run(&self.region, &work.account, admitted, request).await?;
        if invoked.failed {
            return Ok(());
        }
        let ids: Vec<String> = wanted.iter().map(|record| record.required("messageId").to_owned()).collect();
        let failed = match work.settings.response_types.iter().any(|kind| kind == "ReportBatchItemFailures") {
            true => failures(&invoked.payload, &ids).unwrap_or(ids),
            false => Vec::new(),
        };
        let done: Vec<Value> =
            wanted.into_iter().filter(|record| !failed.iter().any(|id| id == record.required("messageId"))).collect();
        self.delete(&done).await
    }

    async fn delete(&self, records: &[Value]) -> Result<(), AwsError> {
        if records.is_empty() {
            return Ok(());
        }
        let caller = self.caller().await?;
        for some in records.chunks(10) {
            let entries: Vec<Value> = some
                .iter()
                .enumerate()
                .map(|(index, record)| json!({ "Id": index.to_string(), "ReceiptHandle": record.required("receiptHandle") }))
                .collect();
            let input = json!({ "QueueUrl": queue_url(&self.work.source_arn), "Entries": entries });
            self.region.call(&caller, "sqs", "DeleteMessageBatch", input).await?;
        }
        Ok(())
    }
}
