//! What EC2's calls are about.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use std::borrow::Cow;

use nightproof_core::Caller;
use nightproof_core::document::Members as _;
use nightproof_core::service::{Call, Tagged};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::ec2::Ec2;
use crate::operations::launch_templates::{self, Name, Specification};
use crate::records::Instance;

/// Resource types by the prefix of their ids.
const TYPES: &[(&str, &str)] = &[
    ("acl-", "network-acl"),
    ("ami-", "image"),
    ("eipalloc-", "elastic-ip"),
    ("eni-", "network-interface"),
    ("i-", "instance"),
    ("igw-", "internet-gateway"),
    ("lt-", "launch-template"),
    ("nat-", "natgateway"),
    ("rtb-", "route-table"),
    ("sg-", "security-group"),
    ("sgr-", "security-group-rule"),
    ("subnet-", "subnet"),
    ("vol-", "volume"),
    ("vpc-", "vpc"),
    ("vpce-", "vpc-endpoint"),
];

impl Ec2 {
    /// What a call reaches beside what it names by the id of one type.
    pub(crate) async fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let arn = |rest: String| call.arn("ec2", rest);
        match kind {
            "tagged" => {
                let ids = input.texts("Resources");
                ids.into_iter().map(|id| arn(format!("{}/{id}", type_of(id).unwrap_or("*")))).collect()
            }
            "launched" => {
                let input = &self.launch_document(call, input);
                let interfaces = input.list("NetworkInterfaces");
                let subnets = input.text("SubnetId").into_iter().chain(interfaces.iter().filter_map(|one| one.text("SubnetId")));
                let mut groups = input.texts("SecurityGroupIds");
                groups.extend(interfaces.iter().flat_map(|one| one.texts("Groups")));
                let mut reached = vec![arn("network-interface/*".to_owned())];
                reached.extend(subnets.map(|id| arn(format!("subnet/{id}"))));
                reached.extend(groups.into_iter().map(|id| arn(format!("security-group/{id}"))));
                reached
            }
            "launch-image" => {
                let region = call.region.name();
                let image =
                    self.launch_document(call, input).text("ImageId").map(|id| format!("arn:aws:ec2:{region}::image/{id}"));
                image.into_iter().collect()
            }
            "launch-tagged" => self
                .launch_document(call, input)
                .has("TagSpecifications")
                .then(|| arn("instance/*".to_owned()))
                .into_iter()
                .collect(),
            "launch-template" => {
                let given = input.get("LaunchTemplate").unwrap_or(input);
                let id = self.with_records(&call.region, call.account(), |records| template_name(given).find(records));
                id.map(|id| arn(format!("launch-template/{id}"))).into_iter().collect()
            }
            "acl-association" => {
                let id = input.required("AssociationId");
                self.with_records(&call.region, call.account(), |records| {
                    let held = records.network_acls.values().flat_map(|acl| &acl.associations).find(|one| one.id == id);
                    held.map(|one| arn(format!("subnet/{}", one.subnet))).into_iter().collect()
                })
            }
            "profile-role" => profile_role(call, &self.launch_document(call, input)).await.into_iter().collect(),
            "association-route-table" | "association-instance" => {
                let id = input.required("AssociationId");
                self.with_records(&call.region, call.account(), |records| {
                    let table = records.tables.values().find(|table| table.associations.iter().any(|one| one.id == id));
                    let holds = |instance: &&Instance| instance.profile.as_ref().is_some_and(|one| one.association == id);
                    let instance = records.instances.values().find(holds);
                    let table = table.map(|table| arn(format!("route-table/{}", table.id)));
                    table.or_else(|| instance.map(|instance| arn(format!("instance/{}", instance.id)))).into_iter().collect()
                })
            }
            _ => Vec::new(),
        }
    }

    /// The members of a launch with those that its template gives.
    fn launch_document<'a>(&self, call: &Call, input: &'a Value) -> Cow<'a, Value> {
        let Some(template) = input.get("LaunchTemplate").and_then(|given| Specification::deserialize(given).ok()) else {
            return Cow::Borrowed(input);
        };
        let data = self.with_records(&call.region, call.account(), |records| launch_templates::launched(records, &template));
        let mut launch = data.map_or_else(|_| json!({}), |(data, _)| data.describe());
        if let (Some(launch), Some(given)) = (launch.as_object_mut(), input.as_object()) {
            launch.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        Cow::Owned(launch)
    }

    /// All that has tags. What was terminated keeps them for as long as it is described.
    pub(crate) fn tagged_resources(&self, call: &Call) -> Vec<Tagged> {
        let arn = |kind: &str, id: &str| call.arn("ec2", format!("{kind}/{id}"));
        let accounts = self.accounts.lock();
        let tags = accounts.get(call.account()).into_iter().flat_map(|records| &records.tags);
        let tagged = |(id, tags): (&String, &Vec<(String, String)>)| {
            type_of(id).map(|kind| Tagged { arn: arn(kind, id), tags: tags.clone() })
        };
        tags.filter_map(tagged).collect()
    }

    /// The tags of a resource.
    pub(crate) fn tags_of(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let id = arn.rsplit('/').next().unwrap_or_default();
        let accounts = self.accounts.lock();
        accounts.get(account).and_then(|records| records.tags.get(id)).cloned().unwrap_or_default()
    }
}

/// The template that a document names.
fn template_name(document: &Value) -> Name<'_> {
    Name { id: document.text("LaunchTemplateId"), name: document.text("LaunchTemplateName") }
}

fn type_of(id: &str) -> Option<&'static str> {
    TYPES.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, kind)| *kind)
}

/// The role in the instance profile that a call names.
async fn profile_role(call: &Call, input: &Value) -> Option<String> {
    let profile = input.get("IamInstanceProfile")?;
    let name = profile.text("Name").or_else(|| profile.text("Arn")?.rsplit('/').next())?;
    let ec2 = Caller::service(call.account(), "ec2.amazonaws.com");
    let found = call.region.call(&ec2, "iam", "GetInstanceProfile", json!({ "InstanceProfileName": name })).await.ok()?;
    found.get("InstanceProfile")?.list("Roles").first()?.text("Arn").map(str::to_owned)
}
