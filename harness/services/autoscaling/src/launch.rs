//! Launching an instance for a group: the request for EC2, and what its answer means.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Map, Value, json};

use crate::error::{no_configuration, validation};
use crate::group::{Group, Subnet};
use crate::instance::LaunchedBy;
use crate::launch_configuration::LaunchConfiguration;
use crate::launch_source::LaunchSource;
use crate::lifecycle::Launched;

/// The tag by which an instance is found to be of a group.
pub(crate) const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// What is launched: a version of a launch template, or a launch configuration.
#[derive(Debug)]
pub(crate) struct Blueprint {
    pub(crate) by: LaunchedBy,
    /// The members of `RunInstances` that do not depend on the instance.
    request: Value,
}

/// The tags of the instances of a group, as a specification of `RunInstances`.
pub(crate) fn tag_specifications(group: &Group) -> Value {
    let tags = group.tags.iter().filter(|tag| tag.propagates);
    let mut tags: Vec<Value> = tags.map(|tag| json!({ "Key": tag.key, "Value": tag.value })).collect();
    tags.push(json!({ "Key": GROUP_TAG, "Value": group.name }));
    json!([{ "ResourceType": "instance", "Tags": tags }])
}

impl Blueprint {
    /// What a group launches now, read from EC2 as `caller` if it is a launch template.
    pub(crate) async fn read(
        region: &Region,
        caller: &Caller,
        source: &LaunchSource,
        configuration: Option<&LaunchConfiguration>,
        place: &Subnet,
    ) -> Result<Self, AwsError> {
        let (id, name, version) = match source {
            LaunchSource::Configuration(name) => {
                let configuration = configuration.ok_or_else(|| no_configuration(name))?;
                let request = configuration.launch(&place.id, &place.zone);
                return Ok(Self { by: LaunchedBy::Configuration(name.clone()), request });
            }
            LaunchSource::Template { id, name, version } => (id, name, version.as_deref().unwrap_or("$Default")),
        };
        let input = json!({ "LaunchTemplateId": id, "Versions": [version] });
        let found = region.call(caller, "ec2", "DescribeLaunchTemplateVersions", input).await?;
        let found = found.list("LaunchTemplateVersions").first().cloned().unwrap_or_default();
        let version = found.number("VersionNumber").unwrap_or_default().to_string();
        let mut request = Map::new();
        request.insert("LaunchTemplate".to_owned(), json!({ "LaunchTemplateId": id, "Version": version }));
        let data = found.get("LaunchTemplateData").cloned().unwrap_or_default();
        match (data.list("NetworkInterfaces"), place.id.is_empty()) {
            (_, true) => {
                request.insert("Placement".to_owned(), json!({ "AvailabilityZone": place.zone }));
            }
            ([], false) => {
                request.insert("SubnetId".to_owned(), place.id.as_str().into());
            }
            // The group's subnet stands for the template's, interface by interface.
            (interfaces, false) => {
                let mut interfaces = interfaces.to_vec();
                for interface in &mut interfaces {
                    if let Some(members) = interface.as_object_mut() {
                        members.insert("SubnetId".to_owned(), place.id.as_str().into());
                    }
                }
                request.insert("NetworkInterfaces".to_owned(), interfaces.into());
            }
        }
        let by = LaunchedBy::Template { id: id.clone(), name: name.clone(), version };
        Ok(Self { by, request: Value::Object(request) })
    }

    fn request(&self, more: Value) -> Value {
        let mut request = self.request.clone();
        if let (Some(members), Value::Object(more)) = (request.as_object_mut(), more) {
            members.insert("MinCount".to_owned(), 1.into());
            members.insert("MaxCount".to_owned(), 1.into());
            members.extend(more);
        }
        request
    }

    /// Whether `caller` may launch it, and whether EC2 would.
    pub(crate) async fn check(&self, region: &Region, caller: &Caller) -> Result<(), AwsError> {
        let LaunchedBy::Template { id, .. } = &self.by else { return Ok(()) };
        match region.call(caller, "ec2", "RunInstances", self.request(json!({ "DryRun": true }))).await {
            Err(error) if error.code == "DryRunOperation" => Ok(()),
            Err(error) if matches!(error.code.as_str(), "AccessDenied" | "UnauthorizedOperation") => {
                Err(AwsError::new("AccessDenied", 403, format!("You are not authorized to use launch template: {id}")))
            }
            Err(error) if error.code == "NotImplemented" => Err(error),
            Err(error) => Err(validation(format!("You must use a valid fully-formed launch template. {}", error.message))),
            Ok(_) => Err(AwsError::internal("a launch that was only to be tried")),
        }
    }

    /// Launches an instance with these tags as the group's role.
    pub(crate) async fn launch(
        self,
        region: &Region,
        caller: &Caller,
        tags: Value,
        place: &Subnet,
    ) -> Result<Launched, AwsError> {
        let token = uuid::Uuid::new_v4().to_string();
        let input = self.request(json!({ "TagSpecifications": tags, "ClientToken": token }));
        let answer = region.call(caller, "ec2", "RunInstances", input).await?;
        let instance = answer.list("Instances").first().cloned().unwrap_or_default();
        let zone = instance.get("Placement").and_then(|placement| placement.text("AvailabilityZone"));
        Ok(Launched {
            id: instance.required("InstanceId").to_owned(),
            kind: instance.required("InstanceType").to_owned(),
            image: instance.required("ImageId").to_owned(),
            zone: zone.unwrap_or(&place.zone).to_owned(),
            subnet: instance.required("SubnetId").to_owned(),
            by: self.by,
        })
    }
}
