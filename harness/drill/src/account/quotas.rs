//! Whether the account may have what the stack would make: asked before anything is made, since a stack that ends at a quota has made half.
//! <https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html>

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket;
use crate::chain::failure::{HopFailure, at};
use crate::{Change, Hop, Plan};

const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";

/// Refuses what would not fit.
pub(crate) async fn check(client: &DynamicClient, plan: &Plan, changes: &[Change]) -> Result<(), HopFailure> {
    let made = |kind: &str| changes.iter().filter(|change| change.action == "Add" && change.kind == kind).count() as u64;
    for (kind, service, code, operation, list) in [
        ("AWS::EC2::VPC", "vpc", "L-F678F1CE", "DescribeVpcs", "Vpcs"),
        ("AWS::EC2::InternetGateway", "vpc", "L-A4707A72", "DescribeInternetGateways", "InternetGateways"),
    ] {
        if made(kind) > 0 {
            let used = ec2(client, operation, list).await?.len() as u64;
            Quota::load(client, service, code).await?.fits(used, made(kind))?;
        }
    }
    if made("AWS::EC2::Instance") + made(GROUP) > 0 {
        let used = ec2(client, "DescribeInstances", "Reservations").await?.iter().map(vcpus_in_use).sum();
        let wanted = wanted_vcpus(client, plan, changes).await?;
        Quota::load(client, "ec2", "L-1216C47A").await?.fits(used, wanted)?;
    }
    // One more is for the data on its way.
    let buckets = bucket::all(client).await.map_err(at(Hop::Stack, "ListBuckets"))?.len();
    Quota::load(client, "s3", "L-DC2B2D3D").await?.fits(buckets as u64, made("AWS::S3::Bucket") + 1)
}

/// What an account may have of something.
struct Quota {
    service: &'static str,
    code: &'static str,
    name: String,
    value: u64,
}

impl Quota {
    /// The account's own value, or AWS's where the account has none.
    /// <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html>
    async fn load(client: &DynamicClient, service: &'static str, code: &'static str) -> Result<Self, HopFailure> {
        let input = json!({ "ServiceCode": service, "QuotaCode": code });
        let answer = match client.ask("servicequotas", "GetServiceQuota", &input).await {
            Err(error) if error.code == "NoSuchResourceException" => client
                .ask("servicequotas", "GetAWSDefaultServiceQuota", &input)
                .await
                .map_err(at(Hop::Stack, "GetAWSDefaultServiceQuota"))?,
            answered => answered.map_err(at(Hop::Stack, "GetServiceQuota"))?,
        };
        let quota = answer.get("Quota").unwrap_or(&Value::Null);
        let value = quota.get("Value").and_then(Value::as_f64);
        let name = quota.get("QuotaName").and_then(Value::as_str).unwrap_or(code).to_owned();
        let none = || HopFailure::at(Hop::Stack, format!("GetServiceQuota: {service} {code} has no value"));
        // Quotas are whole numbers; one beyond 64 bits bounds nothing.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        Ok(Self { service, code, name, value: value.ok_or_else(none)? as u64 })
    }

    fn fits(&self, used: u64, wanted: u64) -> Result<(), HopFailure> {
        let Self { service, code, name, value } = self;
        if used + wanted <= *value {
            return Ok(());
        }
        Err(HopFailure::at(
            Hop::Stack,
            format!(
                "the quota `{name}` is {value}: {used} are used, and the stack needs {wanted} more; \
                 remove some, or ask for more in Service Quotas ({service} {code})"
            ),
        ))
    }
}

/// All that EC2 lists.
async fn ec2(client: &DynamicClient, operation: &'static str, list: &str) -> Result<Vec<Value>, HopFailure> {
    let (mut found, mut input) = (Vec::new(), json!({}));
    loop {
        let mut answer = client.ask("ec2", operation, &input).await.map_err(at(Hop::Stack, operation))?;
        let page = answer.get_mut(list).map(Value::take);
        found.extend(page.as_ref().and_then(Value::as_array).into_iter().flatten().cloned());
        match answer.get("NextToken").and_then(Value::as_str) {
            None | Some("") => return Ok(found),
            Some(token) => input = json!({ "NextToken": token }),
        }
    }
}

/// What runs on demand in a reservation, of the families that share the quota of standard instances.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>
fn vcpus_in_use(reservation: &Value) -> u64 {
    let instances = reservation.get("Instances").and_then(Value::as_array).into_iter().flatten();
    let counts = |one: &&Value| {
        let text = |pointer| one.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        ["pending", "running"].contains(&text("/State/Name"))
            && is_standard(text("/InstanceType"))
            && text("/InstanceLifecycle").is_empty()
    };
    let number = |one: &Value, name: &str| one.pointer(&format!("/CpuOptions/{name}")).and_then(Value::as_u64).unwrap_or(1);
    instances.filter(counts).map(|one| number(one, "CoreCount") * number(one, "ThreadsPerCore")).sum()
}

/// Families A, C, D, H, I, M, R, T and Z: `t3a`, `im4gn`, and not `inf1` or `hpc7a`.
fn is_standard(kind: &str) -> bool {
    let family: String = kind.chars().take_while(char::is_ascii_lowercase).collect();
    ["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"].contains(&family.as_str())
}

/// Of the instances that the stack and its groups would make; other families have quotas of their own.
async fn wanted_vcpus(client: &DynamicClient, plan: &Plan, changes: &[Change]) -> Result<u64, HopFailure> {
    let template = nightproof_template::to_json(&plan.template).unwrap_or_default();
    let mut wanted = 0;
    for change in changes.iter().filter(|change| change.action == "Add") {
        let (kind, count) = match change.kind.as_str() {
            "AWS::EC2::Instance" => (given(&template, plan, &change.logical_id, "InstanceType"), 1),
            GROUP => (of_group(&template, plan, &change.logical_id), desired(&template, plan, &change.logical_id)),
            _ => continue,
        };
        let Some(kind) = kind.filter(|kind| count > 0 && is_standard(kind)) else { continue };
        let described = client.ask("ec2", "DescribeInstanceTypes", &json!({ "InstanceTypes": [kind] })).await;
        let described = described.map_err(at(Hop::Stack, "DescribeInstanceTypes"))?;
        let each = described.pointer("/InstanceTypes/0/VCpuInfo/DefaultVCpus").and_then(Value::as_u64).unwrap_or_default();
        wanted += each * count;
    }
    Ok(wanted)
}

/// A property as the template says it, outright or by a parameter; nothing if it says it otherwise.
fn given(template: &Value, plan: &Plan, logical_id: &str, property: &str) -> Option<String> {
    let given = template.pointer(&format!("/Resources/{logical_id}/Properties/{property}"))?;
    if let Some(parameter) = given.get("Ref").and_then(Value::as_str) {
        let chosen = plan.parameters.iter().find(|(name, _)| name == parameter).map(|(_, value)| value.clone());
        let default = || template.pointer(&format!("/Parameters/{parameter}/Default")).map(text);
        return chosen.or_else(default);
    }
    (!given.is_object() && !given.is_array()).then(|| text(given))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How many instances a group begins with.
fn desired(template: &Value, plan: &Plan, group: &str) -> u64 {
    let number = |property: &str| given(template, plan, group, property)?.parse().ok();
    number("DesiredCapacity").or_else(|| number("MinSize")).unwrap_or_default()
}

/// The type of a group's instances, by its launch template or launch configuration in the same template.
fn of_group(template: &Value, plan: &Plan, group: &str) -> Option<String> {
    let named = |property: &str| {
        let place = template.pointer(&format!("/Resources/{group}/Properties/{property}/Ref"))?;
        place.as_str().map(str::to_owned)
    };
    let mixed = "MixedInstancesPolicy/LaunchTemplate";
    let by_override = || given(template, plan, group, &format!("{mixed}/Overrides/0/InstanceType"));
    let by_template = |property: &str| given(template, plan, &named(property)?, "LaunchTemplateData/InstanceType");
    by_override()
        .or_else(|| by_template("LaunchTemplate/LaunchTemplateId"))
        .or_else(|| by_template(&format!("{mixed}/LaunchTemplateSpecification/LaunchTemplateId")))
        .or_else(|| given(template, plan, &named("LaunchConfigurationName")?, "InstanceType"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_of_the_standard_quota_are_told_from_others() {
        for standard in ["t3.micro", "m7g.large", "im4gn.large", "i3.xlarge", "z1d.large"] {
            assert!(is_standard(standard), "{standard}");
        }
        for other in ["inf1.xlarge", "hpc7a.96xlarge", "p4d.24xlarge", "x2gd.medium", "trn1.2xlarge", ""] {
            assert!(!is_standard(other), "{other}");
        }
    }

    #[test]
    fn what_runs_on_demand_counts_by_its_cpus() {
        let instance = |kind: &str, state: &str, more: Value| {
            let mut one = json!({ "InstanceType": kind, "State": { "Name": state }, "CpuOptions": { "CoreCount": 4, "ThreadsPerCore": 2 } });
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one
        };
        let reservation = json!({ "Instances": [
            instance("m5.2xlarge", "running", json!({})),
            instance("m5.2xlarge", "stopped", json!({})),
            instance("p4d.24xlarge", "running", json!({})),
            instance("m5.2xlarge", "running", json!({ "InstanceLifecycle": "spot" })),
            instance("t2.micro", "pending", json!({ "CpuOptions": { "CoreCount": 1, "ThreadsPerCore": 1 } })),
        ]});
        assert_eq!(vcpus_in_use(&reservation), 9);
    }

    #[test]
    fn the_last_that_fits_fits() {
        let quota = Quota { service: "vpc", code: "L-F678F1CE", name: "VPCs per Region".to_owned(), value: 5 };
        assert!(quota.fits(4, 1).is_ok());
        let refused = quota.fits(5, 1).unwrap_err().reason;
        assert!(refused.contains("`VPCs per Region` is 5: 5 are used, and the stack needs 1 more"), "{refused}");
    }
}
