//! The services of a region.

use std::sync::Arc;

use nightproof_authorization::Authorizer;
use nightproof_cloudformation::{CloudFormation, TypeSupport};
use nightproof_core::Region;
use nightproof_core::service::Service;
use nightproof_resource::ResourceProvider;
use nightproof_service_ec2::{Booter, Ec2, Sandboxes};
use nightproof_service_iam::Iam;
use nightproof_service_s3::{RemoteS3, S3};
use nightproof_service_sqs::{RemoteSqs, Sqs};
use nightproof_service_ssm::ec2messages::Ec2Messages;
use nightproof_service_ssm::ssmmessages::SsmMessages;
use nightproof_service_sts::Sts;
use nightproof_store::Store;

use crate::simulated::SimulatedInstances;
use crate::translator::Translator;
use crate::trigger::Trigger;

/// A service's signing name, and the service.
type Member = (&'static str, Arc<dyn Service>);

// `independent`: the services that need nothing but themselves; `types`: the resource types of all services.
include!(concat!(env!("OUT_DIR"), "/independent.rs"));

/// Services by signing name, CloudFormation with the resource types of all of them.
pub(super) fn services(
    region: &Region,
    trigger: &Trigger,
    sandboxes: Sandboxes,
    simulated: bool,
    store: Option<Store>,
) -> Vec<Member> {
    let translator = sandboxes.tools.clone().map(|tools| Translator::shared(sandboxes.machines.clone(), tools));
    let iam = Iam::new();
    let sts = Sts::new(Arc::clone(&iam));
    region.set_authorizer(Authorizer::new(Arc::clone(&iam), Arc::clone(&sts)));
    let (s3, sqs): (Arc<dyn Service>, Arc<dyn Service>) = match store {
        Some(store) => (RemoteS3::new(store.clone()), RemoteSqs::new(store)),
        None => (S3::new(region.folder().join("s3")), Sqs::new()),
    };
    let booter: Arc<dyn Booter> = if simulated { Arc::new(SimulatedInstances) } else { Arc::new(sandboxes) };
    let mut members: Vec<Member> = vec![
        ("cloudformation", CloudFormation::with_translator(types(), translator)),
        ("ec2", Ec2::with_timers(booter, Arc::clone(&trigger.timers))),
        ("ec2messages", Ec2Messages::new(Arc::clone(&trigger.ssm))),
        ("events", Arc::clone(&trigger.events) as _),
        ("iam", iam),
        ("lambda", Arc::clone(&trigger.functions) as _),
        ("monitoring", Arc::clone(&trigger.alarms) as _),
        ("s3", s3),
        ("scheduler", Arc::clone(&trigger.scheduler) as _),
        ("sqs", sqs),
        ("ssm", Arc::clone(&trigger.ssm) as _),
        ("ssmmessages", SsmMessages::new(Arc::clone(&trigger.ssm))),
        ("states", Arc::clone(&trigger.states) as _),
        ("sts", sts),
    ];
    members.extend(independent());
    members
}

/// What a region makes of a resource type; `None` if AWS has no such type.
pub fn type_support(name: &str) -> Option<TypeSupport> {
    TypeSupport::of(name, types())
}

/// What a region makes of each resource type that it acts upon, by name.
pub fn acted_types() -> Vec<TypeSupport> {
    TypeSupport::acted(types())
}
