//! The services of a region, and those that several regions share.

use std::sync::Arc;

use nightproof_authorization::Authorizer;
use nightproof_cloudformation::{CloudFormation, TypeSupport};
use nightproof_core::Region;
use nightproof_core::service::Service;
use nightproof_resource::ResourceProvider;
use nightproof_service_dynamodb::{DynamoDb, DynamoDbStreams};
use nightproof_service_ec2::{Booter, Ec2, Sandboxes};
use nightproof_service_iam::Iam;
use nightproof_service_kms::Kms;
use nightproof_service_s3::{RemoteS3, S3};
use nightproof_service_sqs::{RemoteSqs, Sqs};
use nightproof_service_ssm::ec2messages::Ec2Messages;
use nightproof_service_ssm::ssmmessages::SsmMessages;
use nightproof_service_sts::Sts;
use nightproof_store::Store;

use crate::simulated::SimulatedInstances;
use crate::translator::Translator;
use crate::trigger::RegionTrigger;

/// A service's signing name, and the service.
type Member = (&'static str, Arc<dyn Service>);

// `independent`: the services that need nothing but themselves; `types`: the resource types of all services.
include!(concat!(env!("OUT_DIR"), "/independent.rs"));

/// The services that the regions of a partition share.
pub(super) struct GlobalServices {
    iam: Arc<Iam>,
    sts: Arc<Sts>,
    /// Keys are regions' own, but the replicas of a multi-Region key share its material.
    kms: Arc<Kms>,
    /// Buckets are regions' own, but their names are not.
    s3: Arc<dyn Service>,
    /// The same, where objects are in this process.
    pub(super) objects: Option<Arc<S3>>,
}

impl GlobalServices {
    /// Those of the partition of `first`, whose objects are in the `store` if there is one; who decides what callers may do asks them.
    pub(super) fn new(first: &Region, store: Option<&Store>) -> Self {
        let iam = Iam::new();
        let sts = Sts::new(Arc::clone(&iam));
        first.set_authorizer(Authorizer::new(Arc::clone(&iam), Arc::clone(&sts)));
        let (s3, objects): (Arc<dyn Service>, _) = match store {
            Some(store) => (RemoteS3::new(store.clone()), None),
            None => {
                let s3 = S3::new(first.folder().join("s3"));
                (Arc::clone(&s3) as _, Some(s3))
            }
        };
        Self { iam, sts, kms: Kms::new(), s3, objects }
    }
}

/// Services by signing name, CloudFormation with the resource types of all of them.
pub(super) fn services(
    global: &GlobalServices,
    trigger: &RegionTrigger,
    sandboxes: Sandboxes,
    simulated: bool,
    store: Option<Store>,
) -> Vec<Member> {
    let translator = sandboxes.tools.clone().map(|tools| Translator::shared(sandboxes.machines.clone(), tools));
    let sqs: Arc<dyn Service> = match store {
        Some(store) => RemoteSqs::new(store),
        None => Sqs::new(),
    };
    let booter: Arc<dyn Booter> = if simulated { Arc::new(SimulatedInstances) } else { Arc::new(sandboxes) };
    let tables = DynamoDb::new();
    let mut members: Vec<Member> = vec![
        ("cloudformation", CloudFormation::with_translator(types(), translator)),
        ("dynamodb", Arc::clone(&tables) as _),
        ("dynamodbstreams", DynamoDbStreams::new(tables)),
        ("ec2", Ec2::with_shared(booter, Arc::clone(&trigger.timers), Arc::clone(&trigger.links))),
        ("ec2messages", Ec2Messages::new(Arc::clone(&trigger.ssm))),
        ("events", Arc::clone(&trigger.events) as _),
        ("iam", Arc::clone(&global.iam) as _),
        ("kms", Arc::clone(&global.kms) as _),
        ("lambda", Arc::clone(&trigger.functions) as _),
        ("monitoring", Arc::clone(&trigger.alarms) as _),
        ("s3", Arc::clone(&global.s3)),
        ("scheduler", Arc::clone(&trigger.scheduler) as _),
        ("sqs", sqs),
        ("ssm", Arc::clone(&trigger.ssm) as _),
        ("ssmmessages", SsmMessages::new(Arc::clone(&trigger.ssm))),
        ("states", Arc::clone(&trigger.states) as _),
        ("sts", Arc::clone(&global.sts) as _),
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
