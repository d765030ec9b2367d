//! The identity document of an instance, which the service signs.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::credentials::hmac;
use serde_json::json;

use super::page::{pretty, seconds};
use crate::ec2::Ec2;
use crate::records::{Instance, Records};

/// The document.
pub(super) fn document(records: &Records, instance: &Instance) -> String {
    pretty(&json!({
        "accountId": records.account,
        "architecture": instance.kind.architecture(),
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
