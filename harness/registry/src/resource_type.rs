//! A resource type and its properties.

use serde_json::Value;

use crate::facts;
use crate::scalar::{self, Scalar};

/// The facts of a resource type.
#[derive(Debug, Clone)]
pub struct ResourceType {
    facts: Value,
}

/// What CloudFormation has a type do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// Makes a resource.
    Create,
    /// Changes one in place.
    Update,
    /// Deletes one.
    Delete,
    /// Gives one its tags, as a part of the first two.
    Tag,
}

impl Handler {
    fn key(self) -> &'static str {
        match self {
            Self::Create => "c",
            Self::Update => "u",
            Self::Delete => "d",
            Self::Tag => "t",
        }
    }
}

/// The type with this name, such as `AWS::S3::Bucket`; `None` if AWS has no such type.
pub fn resource_type(name: &str) -> Option<ResourceType> {
    Some(ResourceType { facts: serde_json::from_str(facts::find(name)?).ok()? })
}

/// Deepest path that is followed; a type may be nested in itself without end.
pub(crate) const DEEPEST: usize = 64;

impl ResourceType {
    /// Whether the type has a property at `path`: names from the resource on, without places in lists. Where the schema leaves open what an
    /// object holds, anything may be in it.
    pub fn has_property<S: AsRef<str>>(&self, path: &[S]) -> bool {
        self.shape(path).is_some()
    }

    /// The values that the property at `path` may have, if the schema lists them. `path` as in [`ResourceType::has_property`].
    pub fn values<S: AsRef<str>>(&self, path: &[S]) -> Option<Vec<&str>> {
        let mut shape = self.named(self.shape(path)?);
        while let Value::Array(items) = shape {
            shape = self.named(items.first()?);
        }
        Some(shape.get("=")?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// Shapes that have a name.
    pub(crate) fn definitions(&self) -> Option<&serde_json::Map<String, Value>> {
        self.facts.get("d").and_then(Value::as_object)
    }

    /// Paths of the properties that are never shown, their parts separated by slashes.
    pub(crate) fn write_only(&self) -> impl Iterator<Item = &str> {
        self.listed("w")
    }

    /// The shape of all properties.
    pub(crate) fn root(&self) -> Option<&Value> {
        self.facts.get("p")
    }

    /// The shape of the property at `path`.
    fn shape<S: AsRef<str>>(&self, path: &[S]) -> Option<&Value> {
        let mut shape = self.root()?;
        for (depth, name) in path.iter().enumerate() {
            let name = name.as_ref();
            shape = match self.members(shape) {
                Some(members) if depth < DEEPEST && !matches!(name, "!" | "=") => {
                    members.get(name).or_else(|| members.get("*"))?
                }
                Some(_) => return None,
                None => return Some(&Value::Null),
            };
        }
        Some(shape)
    }

    /// Whether templates cannot set this property, which is an attribute alone. `path` as in [`ResourceType::has_property`].
    pub fn is_read_only<S: AsRef<str>>(&self, path: &[S]) -> bool {
        let path = path.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("/");
        self.listed("o").any(|known| known == path)
    }

    /// Whether the property at `path`, or one above it, is never shown. `path` as in [`ResourceType::has_property`].
    pub fn is_write_only<S: AsRef<str>>(&self, path: &[S]) -> bool {
        let path = path.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("/");
        let known = self.listed("w").map(|known| known.replace("/*/", "/"));
        let mut known = known;
        known.any(|known| path.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// Names of the properties at the top.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.facts.get("p").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// Names of the members of the property at `path`; none where it is a scalar or a map, or where the schema leaves them open. `path` as in
    /// [`ResourceType::has_property`].
    pub fn members_of<S: AsRef<str>>(&self, path: &[S]) -> impl Iterator<Item = &str> {
        let members = self.shape(path).and_then(|shape| self.members(shape));
        members.into_iter().flatten().map(|(name, _)| name.as_str()).filter(|name| !matches!(*name, "!" | "=" | "*"))
    }

    /// Properties at the top that a template must give.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.listed("r")
    }

    /// Paths of properties whose change takes a replacement, their parts separated by slashes.
    pub fn create_only(&self) -> impl Iterator<Item = &str> {
        self.listed("c")
    }

    /// How CloudFormation provisions the type: by its handlers `FULLY_MUTABLE`, `IMMUTABLE` without one for updates, and `NON_PROVISIONABLE`
    /// without one that reads, whose resources are neither imported nor compared with a template.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeType.html>
    pub fn provisioning_type(&self) -> &'static str {
        let handlers = self.facts.get("h").and_then(Value::as_str).unwrap_or_default();
        match (handlers.contains('r'), handlers.contains('u')) {
            (false, _) => "NON_PROVISIONABLE",
            (true, false) => "IMMUTABLE",
            (true, true) => "FULLY_MUTABLE",
        }
    }

    /// The action that a handler of the type calls whatever the properties are, if the schema tells it from the many that some properties take.
    /// <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html#schema-properties-handlers>
    pub fn action(&self, handler: Handler) -> Option<&str> {
        self.facts.get("a")?.get(handler.key())?.get(0)?.as_str()
    }

    /// Paths of the properties that identify a resource, their parts separated by slashes, in order.
    pub fn identifier(&self) -> impl Iterator<Item = &str> {
        self.listed("i")
    }

    /// Paths of the properties that are attributes alone, their parts separated by slashes.
    pub fn read_only(&self) -> impl Iterator<Item = &str> {
        self.listed("o")
    }

    /// Whether the property at `path` is a scalar, and of what kind. `path` as in [`ResourceType::has_property`].
    pub fn scalar<S: AsRef<str>>(&self, path: &[S]) -> Option<Scalar> {
        let shape = self.named(self.shape(path)?);
        match shape.as_u64() {
            Some(scalar::TEXT) => Some(Scalar::Text),
            Some(scalar::INTEGER) => Some(Scalar::Integer),
            Some(scalar::NUMBER) => Some(Scalar::Number),
            Some(scalar::BOOLEAN) => Some(Scalar::Boolean),
            _ => shape.get("=").map(|_| Scalar::Text),
        }
    }

    /// Whether CloudFormation gives its own tags (`aws:cloudformation:…`) to resources of the type.
    pub fn has_system_tags(&self) -> bool {
        self.facts.get("t").is_some()
    }

    /// Whether the property at `path` is a map, whose members have any names. `path` as in [`ResourceType::has_property`].
    pub fn is_map<S: AsRef<str>>(&self, path: &[S]) -> bool {
        let shape = self.shape(path).map(|shape| self.named(shape));
        shape.and_then(Value::as_object).is_some_and(|members| members.contains_key("*"))
    }

    fn listed(&self, key: &str) -> impl Iterator<Item = &str> {
        self.facts.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The shape itself, or the one that its name stands for.
    pub(crate) fn named<'a>(&'a self, shape: &'a Value) -> &'a Value {
        let mut shape = shape;
        for _ in 0..DEEPEST {
            match shape.as_str().and_then(|name| self.facts.get("d")?.get(name)) {
                Some(inner) => shape = inner,
                None => break,
            }
        }
        shape
    }

    /// The members of an object, or of a list of them; `None` for a scalar or what is open.
    fn members<'a>(&'a self, shape: &'a Value) -> Option<&'a serde_json::Map<String, Value>> {
        let mut shape = self.named(shape);
        while let Value::Array(items) = shape {
            shape = self.named(items.first()?);
        }
        shape.as_object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_aws_are_known_and_others_are_not() {
        assert!(resource_type("AWS::EC2::NatGateway").is_some());
        assert!(resource_type("AWS::AutoScaling::AutoScalingGroup").is_some());
        assert!(resource_type("AWS::EC2::AssociateIamInstanceProfile").is_none());
        assert!(resource_type("").is_none());
    }

    #[test]
    fn properties_are_found_at_any_depth() {
        let bucket = resource_type("AWS::S3::Bucket").unwrap();
        assert!(bucket.has_property(&["AccessControl"]));
        assert!(bucket.has_property(&["LifecycleConfiguration", "Rules", "Transitions", "StorageClass"]));
        assert!(!bucket.has_property(&["LifecycleConfiguration", "Rules", "Transition", "Storageclass"]));
        assert!(!bucket.has_property(&["Encryption"]));
        let function = resource_type("AWS::Lambda::Function").unwrap();
        assert!(function.has_property(&["Environment", "Variables", "ANY_NAME"]));
        assert!(!function.has_property(&["Environment", "Variable"]));
        assert!(!function.has_property(&["Environment", "!"]));
    }

    #[test]
    fn what_may_hold_anything_holds_anything() {
        let role = resource_type("AWS::IAM::Role").unwrap();
        assert!(role.has_property(&["AssumeRolePolicyDocument", "Statement", "Effect"]));
    }

    #[test]
    fn values_that_aws_lists_are_told() {
        let function = resource_type("AWS::Lambda::Function").unwrap();
        assert!(function.values(&["Runtime"]).unwrap().contains(&"nodejs22.x"));
        assert_eq!(function.values(&["Handler"]), None);
        assert!(!function.has_property(&["Runtime", "Name"]));
        let instance = resource_type("AWS::EC2::Instance").unwrap();
        assert!(instance.values(&["InstanceType"]).unwrap().contains(&"c5.4xlarge"));
    }

    #[test]
    fn a_handler_calls_what_is_named_after_its_type() {
        let action = |name: &str, handler| resource_type(name).unwrap().action(handler).map(str::to_owned);
        assert_eq!(action("AWS::RDS::DBInstance", Handler::Create).as_deref(), Some("rds:CreateDBInstance"));
        assert_eq!(action("AWS::RDS::DBInstance", Handler::Update).as_deref(), Some("rds:ModifyDBInstance"));
        assert_eq!(action("AWS::RDS::DBInstance", Handler::Tag).as_deref(), Some("rds:AddTagsToResource"));
        assert_eq!(action("AWS::CloudTrail::Trail", Handler::Delete).as_deref(), Some("cloudtrail:DeleteTrail"));
        assert_eq!(action("AWS::Backup::BackupSelection", Handler::Update), None);
        let told = crate::names().filter(|name| action(name, Handler::Create).is_some());
        assert!(told.count() > 1600);
    }

    #[test]
    fn a_type_that_is_nested_in_itself_ends() {
        let acl = resource_type("AWS::WAFv2::WebACL").unwrap();
        let mut path = vec!["Rules", "Statement"];
        for _ in 0..40 {
            path.extend(["NotStatement", "Statement"]);
        }
        assert!(!acl.has_property(&path));
        assert!(acl.has_property(&path[..8]));
    }

    #[test]
    fn tags_are_a_list_or_a_map_with_or_without_those_of_cloudformation() {
        let tags = |name: &str| resource_type(name).map(|found| (found.has_system_tags(), found.is_map(&["Tags"]))).unwrap();
        assert_eq!(tags("AWS::S3::Bucket"), (true, false));
        assert_eq!(tags("AWS::SSM::Parameter"), (true, true));
        assert_eq!(tags("AWS::SQS::Queue"), (false, false));
    }

    #[test]
    fn required_and_fixed_and_read_only_properties_are_told() {
        let gateway = resource_type("AWS::EC2::NatGateway").unwrap();
        assert!(gateway.create_only().any(|name| name == "SubnetId"));
        assert!(gateway.is_read_only(&["NatGatewayId"]) && !gateway.is_read_only(&["SubnetId"]));
        assert_eq!(gateway.identifier().collect::<Vec<_>>(), ["NatGatewayId"]);
        assert!(gateway.read_only().any(|name| name == "NatGatewayId"));
        let target = resource_type("AWS::SSM::MaintenanceWindowTarget").unwrap();
        assert_eq!(target.identifier().collect::<Vec<_>>(), ["WindowId", "WindowTargetId"]);
        assert_eq!(gateway.scalar(&["SubnetId"]), Some(Scalar::Text));
        assert_eq!((gateway.scalar(&["Tags"]), gateway.scalar(&["MaxDrainDurationSeconds"])), (None, Some(Scalar::Integer)));
        let function = resource_type("AWS::Lambda::Function").unwrap();
        assert!(function.is_write_only(&["Code", "ZipFile"]) && !function.is_write_only(&["Runtime"]));
        assert_eq!(function.required().collect::<Vec<_>>(), ["Code", "Role"]);
        assert!(function.properties().any(|name| name == "Runtime"));
    }
}
