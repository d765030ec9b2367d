//! The region: its clock, credentials, journal, services and machines behind one handle.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use nightproof_journal::Journal;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authorization::Authorize;
use crate::credentials::{Credentials, random_string};
use crate::gateway::{Connection, Gateway};
use crate::metrics::Metrics;
use crate::outage::Outages;
use crate::per_instance::PerInstance;
use crate::service::{AwsError, Body, Call, Reply, Service, empty_body};
use crate::vpc_origin::InstanceOrigin;
use crate::{Caller, Clock};

/// Settings of a region.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `us-east-1`.
    pub region: String,
    /// The operator's 12-digit account id.
    pub account: String,
    /// A folder of the region's own for objects and instances' disks; whoever starts the region removes it.
    pub folder: PathBuf,
}

/// Handle to a running region. Clones are cheap and stand for the same region.
#[derive(Clone)]
pub struct Region(Arc<Inner>);

struct Inner {
    settings: Settings,
    clock: Clock,
    credentials: Credentials,
    journal: Journal,
    gateway: OnceLock<Arc<dyn Gateway>>,
    authorizer: OnceLock<Arc<dyn Authorize>>,
    link_outages: Outages,
    agents: Outages,
    cpu_shares: PerInstance<u8>,
    metrics: Metrics,
    instances: watch::Sender<()>,
    services: OnceLock<HashMap<&'static str, Arc<dyn Service>>>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Region {
    /// A region without services yet; `install` adds them. Its journal is kept in memory.
    pub fn new(settings: Settings) -> Self {
        Self::with_journal(settings, Journal::default())
    }

    /// As [`Region::new`], with calls written to `journal`.
    pub fn with_journal(settings: Settings, journal: Journal) -> Self {
        Self(Arc::new(Inner {
            settings,
            clock: Clock::default(),
            credentials: Credentials::default(),
            journal,
            gateway: OnceLock::new(),
            authorizer: OnceLock::new(),
            link_outages: Outages::default(),
            agents: Outages::default(),
            cpu_shares: PerInstance::new(100),
            metrics: Metrics::default(),
            instances: watch::Sender::new(()),
            services: OnceLock::new(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }))
    }

    /// Sets the services, by signing name (`s3`, `ssm`, `ec2messages`), and starts their background tasks. Once.
    pub fn install(&self, services: Vec<(&'static str, Arc<dyn Service>)>) {
        if self.0.services.set(services.iter().cloned().collect()).is_ok() {
            for (_, service) in services {
                service.start(self);
            }
        }
    }

    /// Settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The region's name, `us-east-1`.
    pub fn name(&self) -> &str {
        &self.0.settings.region
    }

    /// The region's folder.
    pub fn folder(&self) -> &Path {
        &self.0.settings.folder
    }

    /// Region time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Access keys.
    pub fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    /// Where calls are written.
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// Sets the layers that calls pass. Once.
    pub fn set_gateway(&self, gateway: Arc<dyn Gateway>) {
        // A second one would have connections that the first knows nothing of.
        let _ = self.0.gateway.set(gateway);
    }

    /// Sets who decides what callers may do. Once. A region without policies, as tests of single services have it, lets everybody do everything.
    pub fn set_authorizer(&self, authorizer: Arc<dyn Authorize>) {
        let _ = self.0.authorizer.set(authorizer);
    }

    /// Who decides what callers may do.
    pub fn authorizer(&self) -> Option<&dyn Authorize> {
        self.0.authorizer.get().map(Arc::as_ref)
    }

    /// What services count.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Changes of the states of EC2's instances, for those who wait for them.
    pub fn instance_changes(&self) -> watch::Receiver<()> {
        self.0.instances.subscribe()
    }

    /// Tells those who wait for it that an instance has another state.
    pub fn instance_changed(&self) {
        self.0.instances.send_replace(());
    }

    /// Outages of the links from instances to the region.
    pub fn link_outages(&self) -> &Outages {
        &self.0.link_outages
    }

    /// The SSM agents of instances.
    pub fn agents(&self) -> &Outages {
        &self.0.agents
    }

    /// The share of each processor that an instance gets, percent.
    pub fn cpu_shares(&self) -> &PerInstance<u8> {
        &self.0.cpu_shares
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Arc<dyn Service>> {
        self.0.services.get()?.get(name)
    }

    /// All services, by signing name.
    pub fn services(&self) -> impl Iterator<Item = (&'static str, &Arc<dyn Service>)> {
        self.0.services.get().into_iter().flatten().map(|(name, service)| (*name, service))
    }

    /// Serves a TLS connection that comes out of a machine whose address is `source_ip`, which is an instance's if there is an
    /// `origin`; a task of the region.
    pub fn accept_tls(&self, connection: impl Connection + 'static, source_ip: String, origin: Option<InstanceOrigin>) {
        let Some(gateway) = self.0.gateway.get().cloned() else {
            tracing::debug!("a connection came before the region had a gateway");
            return;
        };
        let region = self.clone();
        self.tasks().spawn(async move { gateway.serve_tls(region, Box::new(connection), source_ip, origin).await });
    }

    /// Background tasks belong here; they end when [`Region::stopping`] is cancelled.
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Cancelled when the region goes down.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// A call from inside the region (CloudFormation making a bucket, EventBridge invoking a function), by the same layers
    /// as one from outside but for the signature. Boxed, since services call services.
    pub fn call<'a>(
        &'a self,
        caller: &'a Caller,
        service: &'a str,
        operation: &'a str,
        input: Value,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Value, AwsError>> + Send + 'a>> {
        Box::pin(
            async move { self.call_with_body(caller, service, operation, input, empty_body()).await.map(|reply| reply.output) },
        )
    }

    /// As [`Region::call`], with a streamed payload in, out, or both.
    pub async fn call_with_body(
        &self,
        caller: &Caller,
        service: &str,
        operation: &str,
        input: Value,
        body: Body,
    ) -> Result<Reply, AwsError> {
        match self.0.gateway.get() {
            Some(gateway) => gateway.call(self, caller, service, operation, input, body).await,
            None => Err(AwsError::internal("the region has no gateway")),
        }
    }

    /// The innermost layer: hands the call to its service.
    pub async fn dispatch(
        &self,
        call: &Call,
        service: &str,
        operation: &str,
        input: Value,
        body: Body,
    ) -> Result<Reply, AwsError> {
        let Some(found) = self.service(service).cloned() else { return Err(AwsError::not_implemented(service, operation)) };
        let reply = found.call(call, operation, input, body).await?;
        if cfg!(debug_assertions) {
            check_output(service, operation, &reply.output)?;
        }
        Ok(reply)
    }

    /// Tells a service of a call that was refused before it came there.
    pub fn tell_refused(&self, call: &Call, service: &str, operation: &str, input: &Value, error: &AwsError) {
        if let Some(found) = self.0.services.get().and_then(|services| services.get(service)) {
            found.refused(call, operation, input, error);
        }
    }

    /// A resource id of EC2's form: `prefix-` and 17 hexadecimal digits.
    pub fn resource_id(&self, prefix: &str) -> String {
        format!("{prefix}-0{}", random_string(b"0123456789abcdef", 16))
    }
}

/// An error if the output is not what the model says: a client would miss members without a word. Builds with debug assertions, which
/// are what tests run, check every output.
fn check_output(service: &str, operation: &str, output: &Value) -> Result<(), AwsError> {
    let Some(model) = nightproof_wire::service(service) else { return Ok(()) };
    let mismatches = model.operation(operation).map(|known| model.output_mismatches(known, output)).unwrap_or_default();
    if mismatches.is_empty() {
        return Ok(());
    }
    let list = mismatches.join("; ");
    tracing::error!(service, operation, mismatches = list, "the output does not fit the model");
    Err(AwsError::internal(format!("{service}: the output of {operation} does not fit the model: {list}")))
}
