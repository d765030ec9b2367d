//! The check of a template before anything is made: what AWS does not know is refused in AWS's words; what this region lacks, in words of its
//! own and all of it in one message.

use nightproof_core::service::AwsError;
use nightproof_template::{Attribute, DeletionPolicy, Deployment, PolicyAttribute, Property, Resource, Template, Unsupported};

use crate::dynamic_reference;
use crate::error::validation;
use crate::resource_types::ResourceTypes;
use crate::support::{Standing, Support, unknown_property};

/// Refuses types that AWS does not know, whether or not they would be made, and policies that a type does not have.
pub(crate) fn check_types(types: &ResourceTypes, template: &Template) -> Result<(), AwsError> {
    let unknown = template.resources.iter().filter(|one| Support::new(types, &one.kind).standing() == Standing::Unknown);
    let mut kinds: Vec<&str> = Vec::new();
    for resource in unknown {
        if !kinds.contains(&resource.kind.as_str()) {
            kinds.push(&resource.kind);
        }
    }
    if !kinds.is_empty() {
        return Err(validation(format!("Template format error: Unrecognized resource types: [{}]", kinds.join(", "))));
    }
    check_policies(types, template).map_err(validation)
}

/// Types that have snapshots; none of them is acted on.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
const WITH_SNAPSHOTS: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// Refuses policies that a type does not have.
fn check_policies(types: &ResourceTypes, template: &Template) -> Result<(), String> {
    for resource in template.resources.iter().filter(|resource| types.find(&resource.kind).is_some()) {
        for (policy, name) in
            [(&resource.deletion_policy, "DeletionPolicy"), (&resource.update_replace_policy, "UpdateReplacePolicy")]
        {
            let possible = policy.iter().flat_map(PolicyAttribute::possible);
            if possible.into_iter().any(|policy| policy == DeletionPolicy::Snapshot)
                && !WITH_SNAPSHOTS.contains(&resource.kind.as_str())
            {
                let (kind, id) = (&resource.kind, &resource.id);
                return Err(format!("Template error: resource type {kind} does not support {name} Snapshot ({id})"));
            }
        }
    }
    Ok(())
}

/// Refuses what this region lacks. Without a deployment, which knows parameters, all resources count that no condition may leave out, and
/// those of a template whose macros are not applied do not.
pub(crate) fn check(
    types: &ResourceTypes,
    template: &Template,
    deployment: Option<&Deployment<'_>>,
    more: Vec<Unsupported>,
) -> Result<(), AwsError> {
    let mut look = Look { types, found: template.unsupported.clone(), refused: None };
    look.found.extend(more);
    let counts = |resource: &&Resource| !template.is_transformed && resource.condition.is_none();
    let resources: Vec<&Resource> = match deployment {
        Some(deployment) => deployment.resources().collect(),
        None => template.resources.iter().filter(counts).collect(),
    };
    for resource in &resources {
        look.found.extend(match deployment {
            Some(deployment) => deployment.unsupported_of(resource),
            None => template.unsupported_of(resource),
        });
        if Support::new(types, &resource.kind).standing() != Standing::Supported {
            look.found.push(Unsupported::in_resource(format!("`{}`", resource.kind), &resource.id, resource.kind_position));
            continue;
        }
        match deployment {
            Some(deployment) => look.properties(resource, &deployment.properties_of(resource)),
            None => look.properties(resource, &template.properties_of(resource)),
        }?;
    }
    for attribute in deployment.map(Deployment::attributes).unwrap_or_default() {
        if let Some(resource) = resources.iter().find(|resource| resource.id == attribute.of) {
            look.attribute(resource, &attribute)?;
        }
    }
    look.verdict()
}

struct Look<'a> {
    types: &'a ResourceTypes,
    found: Vec<Unsupported>,
    /// What AWS would refuse, in its words.
    refused: Option<String>,
}

impl Look<'_> {
    fn properties(&mut self, resource: &Resource, properties: &[Property<'_>]) -> Result<(), AwsError> {
        let kind = resource.kind.as_str();
        let support = Support::new(self.types, kind);
        // Members of a property that is refused are not reported as well.
        let mut reported: Vec<&[&str]> = Vec::new();
        for property in properties {
            let path = property.path.as_slice();
            if reported.iter().any(|above| path.starts_with(above)) {
                continue;
            }
            // The value behind a reference is known when the resource is made.
            let text = property.text().filter(|text| dynamic_reference::is_in(text));
            if let Some(text) = &text {
                dynamic_reference::check(kind, path, text).map_err(validation)?;
            }
            let what = match support.property(path) {
                Standing::Supported if text.is_some() => None,
                Standing::Supported => support.lacking_value(property),
                Standing::Lacking => Some(format!("`{}` of `{kind}`", property.name())),
                Standing::Unknown => {
                    let name = path.last().copied().unwrap_or_default();
                    self.refused.get_or_insert_with(|| unknown_property(name));
                    reported.push(path);
                    None
                }
            };
            if let Some(what) = what {
                self.found.push(Unsupported::in_resource(what, &resource.id, property.position));
                reported.push(path);
            }
        }
        Ok(())
    }

    /// CloudFormation knows the attributes of each type before it makes anything.
    fn attribute(&mut self, of: &Resource, attribute: &Attribute) -> Result<(), AwsError> {
        let Attribute { name, position, by, is_placeholder, .. } = attribute;
        let kind = of.kind.as_str();
        // A type that is lacking is reported already.
        let support = Support::new(self.types, kind);
        if support.standing() != Standing::Supported {
            return Ok(());
        }
        match support.attribute(name) {
            Standing::Supported => Ok(()),
            Standing::Lacking => {
                let what = format!("attribute `{name}` of `{kind}`");
                self.found.push(Unsupported { what, logical_id: Some(by.clone()), position: *position });
                Ok(())
            }
            Standing::Unknown if *is_placeholder => Err(validation(format!(
                "Template error: instance of Fn::Sub references invalid resource attribute {}.{name}",
                of.id
            ))),
            Standing::Unknown => Err(validation(format!(
                "Template error: resource {} does not support attribute type {name} in Fn::GetAtt",
                of.id
            ))),
        }
    }

    /// Reports what is lacking, unless AWS would refuse the template anyway.
    fn verdict(mut self) -> Result<(), AwsError> {
        if self.found.is_empty() {
            return Ok(());
        }
        if let Some(refused) = self.refused {
            return Err(validation(refused));
        }
        self.found.sort_by_key(|one| one.position);
        let mut named: Vec<String> = self.found.iter().map(ToString::to_string).collect();
        named.dedup();
        Err(AwsError::new("NotImplemented", 501, Unsupported::message(&named)))
    }
}
