//! The services of a region.

use std::sync::Arc;

use nightproof_authorization::Authorizer;
use nightproof_cloudformation::CloudFormation;
use nightproof_core::Region;
use nightproof_core::service::Service;
use nightproof_resource::ResourceProvider;
use nightproof_service_ec2::{Ec2, Sandboxes};
use nightproof_service_iam::Iam;
use nightproof_service_s3::{RemoteS3, S3};
use nightproof_service_sqs::{RemoteSqs, Sqs};
use nightproof_service_ssm::ec2messages::{Ec2Messages, SsmMessages};
use nightproof_service_sts::Sts;
use nightproof_store::Store;

use crate::translator::Translator;
use crate::trigger::Trigger;

/// A service's signing name, the service, and its resource types.
type Member = (&'static str, Arc<dyn Service>, &'static [&'static dyn ResourceProvider]);

// `independent`: the services that need nothing but themselves.
include!(concat!(env!("OUT_DIR"), "/independent.rs"));

/// Services by signing name, CloudFormation with the resource types of all of them.
pub(super) fn services(
    region: &Region,
    trigger: &Trigger,
    sandboxes: Sandboxes,
    store: Option<Store>,
) -> Vec<(&'static str, Arc<dyn Service>)> {
    let translator = sandboxes.tools.clone().map(|tools| Translator::shared(sandboxes.machines.clone(), tools));
    let iam = Iam::new();
    let sts = Sts::new(Arc::clone(&iam));
    region.set_authorizer(Authorizer::new(Arc::clone(&iam), Arc::clone(&sts)));
    let (s3, sqs): (Arc<dyn Service>, Arc<dyn Service>) = match store {
        Some(store) => (RemoteS3::new(store.clone()), RemoteSqs::new(store)),
        None => (S3::new(region.folder().join("s3")), Sqs::new()),
    };
    let mut members: Vec<Member> = vec![
        ("ec2", Ec2::new(Arc::new(sandboxes)), nightproof_service_ec2::resource_types()),
        ("ec2messages", Ec2Messages::new(Arc::clone(&trigger.ssm)), &[]),
        ("events", Arc::clone(&trigger.events) as _, nightproof_service_events::resource_types()),
        ("iam", iam, nightproof_service_iam::resource_types()),
        ("lambda", Arc::clone(&trigger.functions) as _, nightproof_service_lambda::resource_types()),
        ("monitoring", Arc::clone(&trigger.alarms) as _, nightproof_service_monitoring::resource_types()),
        ("s3", s3, nightproof_service_s3::resource_types()),
        ("scheduler", Arc::clone(&trigger.scheduler) as _, nightproof_service_scheduler::resource_types()),
        ("sqs", sqs, nightproof_service_sqs::resource_types()),
        ("ssm", Arc::clone(&trigger.ssm) as _, nightproof_service_ssm::resource_types()),
        ("ssmmessages", SsmMessages::new(), &[]),
        ("sts", sts, &[]),
    ];
    members.extend(independent());
    let types: Vec<&'static dyn ResourceProvider> = members.iter().flat_map(|(.., types)| types.iter().copied()).collect();
    let mut services: Vec<(&'static str, Arc<dyn Service>)> =
        vec![("cloudformation", CloudFormation::with_translator(types, translator))];
    services.extend(members.into_iter().map(|(name, service, _)| (name, service)));
    services
}
