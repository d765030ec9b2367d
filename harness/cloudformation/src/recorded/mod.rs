//! Resource types of CloudFormation's registry that no service of this region acts on: their resources are kept as records that are checked
//! against the type's schema, and the principal who deploys must be allowed to make them. Nothing runs behind them, and whatever is asked of them is refused by its name.

mod identity;
mod permission;
mod provider;

use std::collections::HashMap;
use std::sync::LazyLock;

use nightproof_registry::ResourceType as Schema;
use parking_lot::Mutex;

use self::provider::Recorded;
use crate::resource_type::ResourceType;

/// Types that would change what a backup may do or reach, or that the engine itself has to act on. A record of one would let a night pass
/// that AWS has fail, so they are lacking as long as nothing acts on them.
const NEVER: &[&str] = &[
    // They close networks.
    "AWS::EC2::VPCBlockPublicAccessOptions",
    "AWS::NetworkFirewall::Firewall",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation",
    // They deny.
    "AWS::Organizations::Policy",
    "AWS::ControlTower::EnabledControl",
    "AWS::S3::AccessPoint",
    "AWS::S3::AccessPointPolicy",
    "AWS::S3::MultiRegionAccessPointPolicy",
    // They take away.
    "AWS::DLM::LifecyclePolicy",
];

/// The namespace of what the engine itself has to act on, such as nested stacks.
const ENGINE: &str = "AWS::CloudFormation::";

/// The type with this name, to be recorded; `None` if AWS has none, or if a record of it would be misleading.
///
/// What is found is kept for as long as the program runs: there are as many types as AWS has.
pub(crate) fn find(name: &str) -> Option<&'static ResourceType> {
    static FOUND: LazyLock<Mutex<HashMap<String, Option<&'static ResourceType>>>> = LazyLock::new(Mutex::default);
    if NEVER.contains(&name) || name.starts_with(ENGINE) {
        return None;
    }
    let mut found = FOUND.lock();
    if let Some(known) = found.get(name) {
        return *known;
    }
    let read = nightproof_registry::resource_type(name).map(|schema| kept(name, &schema));
    found.insert(name.to_owned(), read);
    read
}

/// The type, for as long as the program runs.
fn kept(name: &str, schema: &Schema) -> &'static ResourceType {
    let provider: &'static Recorded = Box::leak(Box::new(Recorded::new(name, schema.clone())));
    Box::leak(Box::new(ResourceType::recorded(provider)))
}
