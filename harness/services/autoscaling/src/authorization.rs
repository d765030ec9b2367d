//! What Auto Scaling's calls are about.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html>

use nightproof_core::Caller;
use nightproof_core::document::Members as _;
use nightproof_core::service::{Call, Tagged};
use serde_json::{Value, json};

use crate::autoscaling::AutoScaling;
use crate::role::PRINCIPAL;

/// The role of the instance profile that a launch configuration names, which who makes it passes on.
pub(crate) async fn profile_role(call: &Call, input: &Value) -> Option<String> {
    let name = input.text("IamInstanceProfile")?.rsplit('/').next()?;
    let service = Caller::service(call.account(), PRINCIPAL);
    let named = json!({ "InstanceProfileName": name });
    let found = call.region.call(&service, "iam", "GetInstanceProfile", named).await.ok()?;
    found.get("InstanceProfile")?.list("Roles").first()?.text("Arn").map(str::to_owned)
}

impl AutoScaling {
    /// Groups and launch configurations by their names; any id stands for that of one that there is not.
    pub(crate) fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let group = |name: &str| {
            let arn = self.with(call.account(), |records| records.groups.get(name).map(|group| group.arn.clone()));
            arn.unwrap_or_else(|| call.arn("autoscaling", format!("autoScalingGroup:*:autoScalingGroupName/{name}")))
        };
        match kind {
            "group" => vec![group(input.required("AutoScalingGroupName"))],
            "tagged" => input.list("Tags").iter().filter_map(|tag| tag.text("ResourceId")).map(group).collect(),
            "group-of-instance" => {
                let id = input.required("InstanceId");
                let found = self.with(call.account(), |records| {
                    let found = records.groups.values().find(|group| group.instance(id).is_some());
                    found.map(|group| group.arn.clone())
                });
                found.into_iter().collect()
            }
            "configuration" => {
                let name = input.required("LaunchConfigurationName");
                let arn = self.with(call.account(), |records| Some(records.configurations.get(name)?.arn.clone()));
                let any = || call.arn("autoscaling", format!("launchConfiguration:*:launchConfigurationName/{name}"));
                vec![arn.unwrap_or_else(any)]
            }
            _ => Vec::new(),
        }
    }

    /// The groups with their tags.
    pub(crate) fn tagged_groups(&self, account: &str) -> Vec<Tagged> {
        self.with(account, |records| {
            let tags = |group: &crate::group::Group| group.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            records.groups.values().map(|group| Tagged { arn: group.arn.clone(), tags: tags(group) }).collect()
        })
    }
}
