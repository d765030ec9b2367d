//! One of the two deployments: what is called what, and who is asked.

use std::collections::BTreeMap;

use nightproof_template::Template;
use nightproof_wire::AwsError;
use serde_json::Value;

use super::names::{self, Names};
use super::path;
use super::probe::{Call, Probe};
use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::account::template_property::{self, Physical, TemplateProperties};
use crate::chain::failure::{HopFailure, at};

/// A deployment of the template.
pub(super) struct ComparedEndpoint {
    client: DynamicClient,
    /// Physical ids by logical ones.
    physical: BTreeMap<String, String>,
    /// Values of parameters that are another in each cloud: an image's id.
    looked_up: Vec<(String, String)>,
    properties: BTreeMap<String, Value>,
    declared: TemplateProperties,
}

/// What is said of a resource.
pub(super) struct Reading {
    /// For which item of a list that the question was asked for, if for one.
    pub(super) of: Option<Value>,
    /// What the service says; nothing if it knows of none.
    pub(super) value: Result<Option<Value>, AwsError>,
}

impl ComparedEndpoint {
    pub(super) async fn new(
        client: &DynamicClient,
        template: &Template,
        stack: &str,
        resources: &Resources,
    ) -> Result<Self, HopFailure> {
        let mut declared = TemplateProperties::load(client, stack).await?;
        let asked = client.ask("ec2", "DescribeAvailabilityZones", &Value::Object(Default::default())).await;
        let zones = asked.map_err(at(Hop::Stack, "DescribeAvailabilityZones"))?;
        let zones = path::pick(&zones, "AvailabilityZones/*/ZoneName").and_then(|zones| serde_json::from_value(zones).ok());
        declared.inputs.availability_zones = zones.unwrap_or_default();
        let physical = resources.all().map(|one| (one.logical.clone(), one.physical.clone())).collect();
        let looked_up = template.parameters.iter().filter(|parameter| parameter.kind.starts_with("AWS::SSM::"));
        let value = |name: &str| declared.inputs.parameters.get(name).and_then(Value::as_str).map(str::to_owned);
        let looked_up: Vec<(String, String)> = looked_up.filter_map(|one| Some((one.name.clone(), value(&one.name)?))).collect();
        template_property::divide_lists(&mut declared.inputs, template);
        let mut side = Self { client: client.clone(), physical, looked_up, properties: BTreeMap::new(), declared };
        side.resolve(template)?;
        Ok(side)
    }

    /// Works the properties out, by what resources are called now.
    fn resolve(&mut self, template: &Template) -> Result<(), HopFailure> {
        let unresolved =
            |error: &dyn std::fmt::Display| HopFailure::at(Hop::Stack, format!("its properties cannot be worked out: {error}"));
        let deployment = template.deploy(self.declared.inputs.clone());
        let deployment = deployment.map_err(|errors| unresolved(&errors.first().map(ToString::to_string).unwrap_or_default()))?;
        let made = Physical(self.physical.iter().map(|(logical, physical)| (logical.as_str(), physical.as_str())).collect());
        for resource in deployment.resources() {
            let properties = deployment.properties(&resource.id, &made).map_err(|error| unresolved(&error))?;
            self.properties.insert(resource.id.clone(), properties);
        }
        Ok(())
    }

    /// What a resource is called; nothing if it was not made.
    pub(super) fn id(&self, logical: &str) -> Option<&str> {
        self.physical.get(logical).map(String::as_str)
    }

    /// A resource has another name from now on.
    pub(super) fn renamed(&mut self, template: &Template, logical: &str, physical: &str) -> Result<(), HopFailure> {
        self.physical.insert(logical.to_owned(), physical.to_owned());
        self.resolve(template)
    }

    /// The resource's properties as the template gives them; nothing if its condition leaves it out.
    pub(super) fn properties(&self, logical: &str) -> Option<&Value> {
        self.properties.get(logical)
    }

    pub(super) fn names(&self) -> Names {
        let ids = self.physical.iter().chain(self.looked_up.iter().map(|(name, value)| (name, value)));
        Names::new(ids.map(|(logical, physical)| (logical.as_str(), physical.as_str())))
    }

    /// The value of a placeholder in a question about `logical`.
    pub(super) fn value(&self, logical: &str, name: &str) -> Option<Value> {
        match name {
            "id" => self.id(logical).map(Value::from),
            "account" => Some(self.declared.inputs.pseudo.account_id.clone().into()),
            "region" => Some(self.declared.inputs.pseudo.region.clone().into()),
            _ => self.properties(logical)?.get(name).cloned(),
        }
    }

    /// Asks for `aspect` of `logical`: once, or once for each item of the list that the question names.
    pub(super) async fn read(&self, aspect: &Probe, logical: &str) -> Vec<Reading> {
        let Some(items) = list(aspect.ask.input) else {
            return vec![Reading { of: None, value: self.read_one(aspect, logical, None).await }];
        };
        let mut readings = Vec::new();
        for item in self.value(logical, items).and_then(|items| items.as_array().cloned()).unwrap_or_default() {
            let value = self.read_one(aspect, logical, Some(&item)).await;
            readings.push(Reading { of: Some(item), value });
        }
        readings
    }

    async fn read_one(&self, aspect: &Probe, logical: &str, of: Option<&Value>) -> Result<Option<Value>, AwsError> {
        let known = |name: &str| self.value(logical, name);
        let at = path::inside(aspect.at, &known).unwrap_or_else(|| aspect.at.to_owned());
        let Some(answer) = absent(self.call(&aspect.ask, logical, of, &|_| None).await)? else { return Ok(None) };
        let found = path::pick(&answer, &at).map(names::without_system_tags);
        let Some((then, at)) = &aspect.then else { return Ok(found) };
        let mut each = Vec::new();
        for item in found.as_ref().and_then(Value::as_array).into_iter().flatten() {
            let answer = self.call(then, logical, of, &|name| (name == "item").then(|| item.clone())).await?;
            each.extend(path::pick(&answer, at));
        }
        Ok(Some(each.into()))
    }

    /// Calls with the placeholders of `logical`, of the list's item and `more`.
    pub(super) async fn call(
        &self,
        call: &Call,
        logical: &str,
        of: Option<&Value>,
        more: &(dyn Fn(&str) -> Option<Value> + Sync),
    ) -> Result<Value, AwsError> {
        let input: Value = serde_json::from_str(call.input)
            .map_err(|error| AwsError::new("SerializationException", 400, format!("{}: {error}", call.operation)))?;
        let value = |name: &str| match name.strip_suffix("[]") {
            Some(_) => of.cloned(),
            None => more(name).or_else(|| self.value(logical, name)),
        };
        let input = path::filled(&input, &value).unwrap_or_default();
        self.client.ask(call.service, call.operation, &input).await
    }
}

/// The list that a question is asked for each item of: `$Roles[]`.
fn list(input: &str) -> Option<&str> {
    let (before, _) = input.split_once("[]\"")?;
    before.rsplit_once("\"$").map(|(_, name)| name)
}

/// That something does not exist is an answer.
fn absent(answer: Result<Value, AwsError>) -> Result<Option<Value>, AwsError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.status == 404 || ["NotFound", "NoSuch"].iter().any(|word| error.code.contains(word)) => Ok(None),
        Err(error) => Err(error),
    }
}
