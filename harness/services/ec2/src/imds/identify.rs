//! Who shows an identity document.

use nightproof_core::document::Members as _;
use nightproof_core::{Caller, InstanceIdentity, Region};
use serde_json::Value;

use super::credentials;
use super::identity::signature;
use super::tree::Facts;
use crate::ec2::Ec2;
use crate::instance_handle::InstanceHandle;

/// The instance that a signed document is of, with the caller that it is: its role's session, or that of an instance without one.
pub(crate) async fn identify(ec2: &Ec2, region: &Region, document: &str, given: &str) -> Option<(InstanceIdentity, Caller)> {
    if signature(ec2, document) != given {
        return None;
    }
    let read: Value = serde_json::from_str(document).ok()?;
    let id = read.text("instanceId")?.to_owned();
    let account = read.text("accountId")?.to_owned();
    let instance = InstanceHandle { region: region.clone(), ec2: ec2.this.upgrade()?, account, id: id.clone() };
    let facts = Facts::from_instance(&instance)?;
    let caller = credentials::caller(&instance, &facts).await?;
    Some((InstanceIdentity(id), caller))
}
