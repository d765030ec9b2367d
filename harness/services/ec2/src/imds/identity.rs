//! The identity document of an instance, which the service signs.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::credentials::hmac;
use nightproof_core::document::Members as _;
use nightproof_core::{Caller, InstanceIdentity, Region};
use serde_json::{Value, json};

use super::credentials;
use super::page::{pretty, seconds};
use super::tree::Facts;
use crate::ec2::Ec2;
use crate::instance_handle::InstanceHandle;
use crate::records::{Instance, Records};

/// The document.
pub(super) fn document(records: &Records, instance: &Instance) -> String {
    pretty(&json!({
        "accountId": records.account,
        "architecture": instance.kind.architecture,
        "availabilityZone": instance.zone,
        "billingProducts": null,
        "devpayProductCodes": null,
        "marketplaceProductCodes": null,
        "imageId": instance.image.id,
        "instanceId": instance.id,
        "instanceType": instance.kind.name,
        "kernelId": null,
        "pendingTime": seconds(instance.launched),
        "privateIp": instance.private_ip.to_string(),
        "ramdiskId": null,
        "region": records.region,
        "version": "2017-09-30",
    }))
}

/// The signature over a document: by a key of this region alone, as AWS's is AWS's.
pub(super) fn signature(ec2: &Ec2, document: &str) -> String {
    STANDARD.encode(hmac(ec2.identity_key.as_bytes(), document.trim_end().as_bytes()))
}

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
