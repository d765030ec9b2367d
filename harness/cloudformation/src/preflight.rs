//! The check of a template before anything is made: what AWS does not know is refused in AWS's words; what this region lacks, in words of its
//! own and all of it in one message.

use nightproof_core::service::{AwsError, Call};
use nightproof_template::{Attribute, Deployment, Property, Resource, Template, Unsupported};
use serde_json::Value;

use super::resources::{self, Facts, Standing};
use super::validation;

/// The transform that brings the types `AWS::Serverless::…`, which are in no registry.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html>
const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// Refuses types that AWS does not know, whether or not they would be made, and policies that a type does not have.
pub(super) fn check_types(template: &Template) -> Result<(), AwsError> {
    // A macro may have types of its own.
    let has_macro = template.transforms.iter().any(|name| !name.starts_with("AWS::"));
    let unknown = template.resources.iter().filter(|one| !has_macro && standing(template, one) == Standing::Unknown);
    let mut kinds: Vec<&str> = Vec::new();
    for resource in unknown {
        if !kinds.contains(&resource.kind.as_str()) {
            kinds.push(&resource.kind);
        }
    }
    if !kinds.is_empty() {
        return Err(validation(format!("Template format error: Unrecognized resource types: [{}]", kinds.join(", "))));
    }
    resources::check_policies(template).map_err(validation)
}

fn standing(template: &Template, resource: &Resource) -> Standing {
    let is_serverless =
        resource.kind.starts_with("AWS::Serverless::") && template.transforms.iter().any(|name| name == SERVERLESS);
    if is_serverless { Standing::Lacking } else { Facts::new(&resource.kind).of_type() }
}

/// Refuses what this region lacks. Without a deployment, which knows parameters, all resources count that no condition may leave out.
pub(super) fn check(
    call: &Call,
    template: &Template,
    deployment: Option<&Deployment<'_>>,
    more: Vec<Unsupported>,
) -> Result<(), AwsError> {
    let mut look = Look { call, found: template.unsupported.clone(), refused: None };
    look.found.extend(more);
    let counts = |resource: &&Resource| template.is_transformed || resource.condition.is_none();
    let resources: Vec<&Resource> = match deployment {
        Some(deployment) => deployment.resources().collect(),
        None => template.resources.iter().filter(counts).collect(),
    };
    for resource in &resources {
        look.found.extend(match deployment {
            Some(deployment) => deployment.unsupported_of(resource),
            None => template.unsupported_of(resource),
        });
        if standing(template, resource) != Standing::Supported {
            look.found.push(Unsupported::in_resource(format!("`{}`", resource.kind), resource, resource.kind_position));
            continue;
        }
        match deployment {
            Some(deployment) => look.properties(resource, &deployment.properties_of(resource)),
            None => look.properties(resource, &template.properties_of(resource)),
        }
    }
    for attribute in deployment.map(Deployment::attributes).unwrap_or_default() {
        if let Some(resource) = resources.iter().find(|resource| resource.id == attribute.of) {
            look.attribute(resource, &attribute)?;
        }
    }
    look.verdict()
}

struct Look<'a> {
    call: &'a Call,
    found: Vec<Unsupported>,
    /// What AWS would refuse, in its words.
    refused: Option<String>,
}

impl Look<'_> {
    fn properties(&mut self, resource: &Resource, properties: &[Property<'_>]) {
        let kind = resource.kind.as_str();
        let facts = Facts::new(kind);
        // Members of a property that is refused are not reported as well.
        let mut reported: Vec<&[&str]> = Vec::new();
        for property in properties {
            let path = property.path.as_slice();
            if reported.iter().any(|above| path.starts_with(above)) {
                continue;
            }
            let what = match facts.of_property(path) {
                Standing::Supported => self.value(kind, property, &facts),
                Standing::Lacking => Some(format!("`{}` of `{kind}`", property.name())),
                Standing::Unknown => {
                    let name = path.last().copied().unwrap_or_default();
                    self.refused.get_or_insert_with(|| resources::unsupported(name));
                    reported.push(path);
                    None
                }
            };
            if let Some(what) = what {
                self.found.push(Unsupported::in_resource(what, resource, property.position));
                reported.push(path);
            }
        }
    }

    /// CloudFormation knows the attributes of each type before it makes anything.
    fn attribute(&mut self, of: &Resource, attribute: &Attribute) -> Result<(), AwsError> {
        let Attribute { name, position, by, is_placeholder, .. } = attribute;
        let kind = of.kind.as_str();
        // A type that is lacking is reported already.
        let facts = Facts::new(kind);
        if facts.of_type() != Standing::Supported {
            return Ok(());
        }
        match facts.of_attribute(name) {
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

    /// Describes a value that this region does not support, of a property that it does.
    fn value(&self, kind: &str, property: &Property<'_>, facts: &Facts<'_>) -> Option<String> {
        let text = property.text();
        let is_empty = property.value == Some(Value::Array(Vec::new())) || text.as_deref() == Some("");
        let lacks = |service: &str, name: &str| {
            let value = text.as_deref()?;
            let service = self.call.region.service(service)?;
            (!service.supports(name, value)).then_some(value)
        };
        match (kind, property.path.as_slice()) {
            ("AWS::Lambda::Function", ["Runtime"]) => lacks("lambda", "Runtime").map(|text| format!("runtime `{text}`")),
            ("AWS::Lambda::Function", ["Layers" | "KmsKeyArn"] | ["VpcConfig", "SubnetIds" | "SecurityGroupIds"])
                if !is_empty =>
            {
                Some(format!("`{}` of `{kind}`", property.path.first().copied().unwrap_or_default()))
            }
            ("AWS::Lambda::Function", ["TracingConfig", "Mode"]) => {
                text.filter(|text| text == "Active").map(|text| format!("`{}` `{text}` of `{kind}`", property.name()))
            }
            ("AWS::IAM::Role" | "AWS::IAM::User", ["ManagedPolicyArns"] | ["PermissionsBoundary"]) => {
                lacks("iam", "ManagedPolicyArns").map(|arn| format!("managed policy `{arn}`"))
            }
            ("AWS::SSM::Document", ["DocumentType"]) => {
                let is_lacking = |text: &String| text != "Command" && facts.lists(&property.path, text);
                text.filter(is_lacking).map(|text| format!("document type `{text}`"))
            }
            ("AWS::EC2::Instance", ["InstanceType"]) => {
                lacks("ec2", "InstanceType").map(|text| format!("instance type `{text}`"))
            }
            _ => None,
        }
    }
}
