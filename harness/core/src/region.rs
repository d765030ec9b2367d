//! The region: its clock, credentials, journal, services and machines behind one handle. A process may serve several regions, which share what
//! AWS's regions share (`partition.rs`) and have their own services for the rest.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};

use nightproof_journal::Journal;
use nightproof_wire::arn;
use parking_lot::RwLock;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authorization::Authorize;
use crate::credentials::{Credentials, random_string};
use crate::gateway::{Connection, Gateway};
use crate::metrics::Metrics;
use crate::outage::Outages;
use crate::partition::Partition;
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
    shared: Arc<Shared>,
    metrics: Metrics,
    instances: watch::Sender<()>,
    services: OnceLock<HashMap<&'static str, Arc<dyn Service>>>,
}

/// What regions of one partition have in common.
struct Shared {
    partition: Partition,
    gateway: OnceLock<Arc<dyn Gateway>>,
    authorizer: OnceLock<Arc<dyn Authorize>>,
    /// In the order in which they were added.
    regions: RwLock<Vec<Weak<Inner>>>,
}

impl Region {
    /// A region without services yet; `install` adds them. Its journal is kept in memory.
    pub fn new(settings: Settings) -> Self {
        Self::with_journal(settings, Journal::default())
    }

    /// As [`Region::new`], with calls written to `journal`.
    pub fn with_journal(settings: Settings, journal: Journal) -> Self {
        let shared = Shared {
            partition: Partition::new(journal),
            gateway: OnceLock::new(),
            authorizer: OnceLock::new(),
            regions: RwLock::default(),
        };
        Self::join(settings, Arc::new(shared))
    }

    /// Another region of the same partition, without services yet. It lives as long as somebody has its handle.
    pub fn add_region(&self, name: &str, folder: PathBuf) -> Self {
        let settings = Settings { region: name.to_owned(), account: self.0.settings.account.clone(), folder };
        Self::join(settings, Arc::clone(&self.0.shared))
    }

    fn join(settings: Settings, shared: Arc<Shared>) -> Self {
        let inner = Arc::new(Inner {
            settings,
            shared,
            metrics: Metrics::default(),
            instances: watch::Sender::new(()),
            services: OnceLock::new(),
        });
        inner.shared.regions.write().push(Arc::downgrade(&inner));
        Self(inner)
    }

    /// Whether no other region is served.
    pub fn is_alone(&self) -> bool {
        self.0.shared.regions.read().len() < 2
    }

    /// All regions that are served, in the order in which they were added.
    pub fn all(&self) -> Vec<Self> {
        self.0.shared.regions.read().iter().filter_map(Weak::upgrade).map(Self).collect()
    }

    /// The region of this name, if it is served; this one has a name, too.
    pub fn sibling(&self, name: &str) -> Option<Self> {
        if name == self.name() {
            return Some(self.clone());
        }
        self.0.shared.regions.read().iter().filter_map(Weak::upgrade).find(|inner| inner.settings.region == name).map(Self)
    }

    /// The region that an ARN names, if it is served; this one if the ARN names none.
    pub fn home(&self, arn: &str) -> Option<Self> {
        match arn::region_of(arn) {
            "" => Some(self.clone()),
            name => self.sibling(name),
        }
    }

    /// Sets the services, by signing name (`s3`, `ssm`, `ec2messages`), and starts their background tasks, unless the service is another
    /// region's too, which has started them. Once.
    pub fn install(&self, services: Vec<(&'static str, Arc<dyn Service>)>) {
        if self.0.services.set(services.iter().cloned().collect()).is_ok() {
            for (name, service) in services {
                let elsewhere = |other: &Self| {
                    !Arc::ptr_eq(&other.0, &self.0) && other.service(name).is_some_and(|found| Arc::ptr_eq(found, &service))
                };
                if !self.all().iter().any(elsewhere) {
                    service.start(self);
                }
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
        &self.0.shared.partition.clock
    }

    /// Access keys.
    pub fn credentials(&self) -> &Credentials {
        &self.0.shared.partition.credentials
    }

    /// Where calls are written.
    pub fn journal(&self) -> &Journal {
        &self.0.shared.partition.journal
    }

    /// Sets the layers that calls pass. Once.
    pub fn set_gateway(&self, gateway: Arc<dyn Gateway>) {
        // A second one would have connections that the first knows nothing of.
        let _ = self.0.shared.gateway.set(gateway);
    }

    /// Sets who decides what callers may do. Once. A region without policies, as tests of single services have it, lets everybody do everything.
    pub fn set_authorizer(&self, authorizer: Arc<dyn Authorize>) {
        let _ = self.0.shared.authorizer.set(authorizer);
    }

    /// Who decides what callers may do.
    pub fn authorizer(&self) -> Option<&dyn Authorize> {
        self.0.shared.authorizer.get().map(Arc::as_ref)
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
        &self.0.shared.partition.link_outages
    }

    /// The SSM agents of instances.
    pub fn agents(&self) -> &Outages {
        &self.0.shared.partition.agents
    }

    /// The share of each processor that an instance gets, percent.
    pub fn cpu_shares(&self) -> &PerInstance<u8> {
        &self.0.shared.partition.cpu_shares
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
        let Some(gateway) = self.0.shared.gateway.get().cloned() else {
            tracing::debug!("a connection came before the region had a gateway");
            return;
        };
        let region = self.clone();
        self.tasks().spawn(async move { gateway.serve_tls(region, Box::new(connection), source_ip, origin).await });
    }

    /// Background tasks belong here; they end when [`Region::stopping`] is cancelled.
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.shared.partition.tasks
    }

    /// Cancelled when the region goes down.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.shared.partition.stopping
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

    /// As [`Region::call`], in the region of the resource that the call is about, for what AWS's services do across regions.
    ///
    /// # Errors
    /// As [`Region::call`]'s; `NotImplemented` if that region is not served.
    pub async fn call_at(
        &self,
        arn: &str,
        caller: &Caller,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, AwsError> {
        let Some(home) = self.home(arn) else {
            let what = format!("{operation} in the region {}, which was not started,", arn::region_of(arn));
            return Err(AwsError::not_implemented(service, &what));
        };
        home.call(caller, service, operation, input).await
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
        match self.0.shared.gateway.get() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn region() -> Region {
        let settings =
            Settings { region: "us-east-1".to_owned(), account: "111122223333".to_owned(), folder: PathBuf::from("none") };
        Region::new(settings)
    }

    #[test]
    fn regions_share_time_and_keys_and_find_each_other() {
        let first = region();
        assert!(first.is_alone());
        let second = first.add_region("eu-west-1", PathBuf::from("none"));
        assert!(!first.is_alone());
        let key = first.credentials().issue_key(Caller::root("111122223333"));
        assert!(second.credentials().find(&key.access_key_id).is_some());
        let later = first.clock().now() + jiff::SignedDuration::from_hours(1);
        first.clock().advance_to(later);
        assert!(second.clock().now() >= later);
        let name = |found: Option<Region>| found.map(|region| region.name().to_owned());
        assert_eq!(name(second.sibling("us-east-1")).as_deref(), Some("us-east-1"));
        assert_eq!(name(first.home("arn:aws:sqs:eu-west-1:111122223333:q")).as_deref(), Some("eu-west-1"));
        assert_eq!(name(second.home("arn:aws:s3:::b")).as_deref(), Some("eu-west-1"));
        assert_eq!(name(first.home("arn:aws:sqs:eu-west-2:111122223333:q")), None);
    }

    #[test]
    fn a_service_of_two_regions_is_started_once() {
        struct Counted(std::sync::atomic::AtomicUsize);

        #[async_trait::async_trait]
        impl Service for Counted {
            async fn call(&self, _call: &Call, _operation: &str, _input: Value, _body: Body) -> Result<Reply, AwsError> {
                Ok(Value::Null.into())
            }

            fn start(self: Arc<Self>, _region: &Region) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }

        let shared = Arc::new(Counted(0.into()));
        let first = region();
        let second = first.add_region("eu-west-1", PathBuf::from("none"));
        for region in [&first, &second] {
            let own = Arc::new(Counted(0.into()));
            region.install(vec![("s3", Arc::clone(&shared) as _), ("sqs", Arc::clone(&own) as _)]);
            assert_eq!(own.0.load(std::sync::atomic::Ordering::Relaxed), 1);
        }
        assert_eq!(shared.0.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}
