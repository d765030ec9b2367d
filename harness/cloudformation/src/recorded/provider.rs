//! The provider of every type that is recorded.

use async_trait::async_trait;
use nightproof_registry::{Handler, ResourceType as Schema};
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, tag_pairs};
use serde_json::{Map, Value};

use super::identity::{self, Place};
use super::permission;

/// A type by its schema.
pub(super) struct Recorded {
    facts: &'static ResourceFacts,
    schema: Schema,
}

impl Recorded {
    pub(super) fn new(name: &str, schema: Schema) -> Self {
        let is_set = |property: &&str| !schema.is_read_only(&[*property]);
        let properties: Vec<&'static str> = schema.properties().filter(is_set).map(keep).collect();
        let identifier: Vec<&str> = schema.identifier().collect();
        let naming = match identifier.as_slice() {
            [only] if properties.contains(only) => Some(keep(only)),
            _ => None,
        };
        let attributes: Vec<&'static str> = identity::attributes(&schema).map(|path| keep(&path.replace('/', "."))).collect();
        let facts = ResourceFacts {
            properties: Vec::leak(properties),
            naming,
            attributes: Vec::leak(attributes),
            ..ResourceFacts::new(keep(name))
        };
        Self { facts: Box::leak(Box::new(facts)), schema }
    }

    /// Refuses what the type's schema does not have.
    fn check(&self, context: &Context, properties: &Value) -> Result<()> {
        match self.schema.violations(properties).as_slice() {
            [] => Ok(()),
            found => Err(format!(
                "Properties validation failed for resource {} with message:\n{}",
                context.logical_id(),
                found.join("\n")
            )),
        }
    }

    /// Refuses what the deploying principal may not have the type's handler do to the resource `physical`.
    fn ask(&self, context: &Context, handler: Handler, physical: &str, tag_keys: Vec<String>) -> Result<()> {
        let Some(action) = self.schema.action(handler) else { return Ok(()) };
        let place = Place { kind: self.facts.name, region: context.region(), account: context.account() };
        permission::ask(context, action, &identity::resource(&place, physical), tag_keys)
    }

    fn ask_to_tag(&self, context: &Context, physical: &str, properties: &Value) -> Result<()> {
        match tag_keys(properties) {
            keys if keys.is_empty() => Ok(()),
            keys => self.ask(context, Handler::Tag, physical, keys),
        }
    }

    fn made(&self, context: &Context, physical: &str, properties: &Value) -> MadeResource {
        let place = Place { kind: self.facts.name, region: context.region(), account: context.account() };
        let mut attributes = Map::new();
        for path in identity::attributes(&self.schema) {
            if let Some(value) = identity::attribute(&self.schema, path, &place, physical, properties) {
                attributes.insert(path.replace('/', "."), value);
            }
        }
        MadeResource { physical: physical.to_owned(), attributes, ..MadeResource::default() }
    }
}

/// The tags that the stack and its template give. CloudFormation's own take no permission of whoever deploys.
fn given_tags(properties: &Value) -> Vec<(String, Value)> {
    tag_pairs(properties).into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect()
}

fn tag_keys(properties: &Value) -> Vec<String> {
    given_tags(properties).into_iter().map(|(key, _)| key).collect()
}

/// The types that are used live as long as the program.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[async_trait]
impl ResourceProvider for Recorded {
    fn facts(&self) -> &'static ResourceFacts {
        self.facts
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        self.check(context, properties)?;
        let place = Place { kind: self.facts.name, region: context.region(), account: context.account() };
        let physical = identity::physical(&self.schema, &place, &context.name(identity::LONGEST_NAME), properties);
        let named = if identity::is_made_by_aws(&self.schema) { "*" } else { &physical };
        self.ask(context, Handler::Create, named, tag_keys(properties))?;
        self.ask_to_tag(context, named, properties)?;
        context.exists(&physical);
        Ok(self.made(context, &physical, properties))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        self.check(context, properties)?;
        self.ask(context, Handler::Update, &old.physical, Vec::new())?;
        if given_tags(&old.properties) != given_tags(properties) {
            self.ask_to_tag(context, &old.physical, properties)?;
        }
        Ok(MadeResource { physical: old.physical.clone(), ..self.made(context, &old.physical, properties) })
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        self.ask(context, Handler::Delete, &made.physical, Vec::new())
    }
}
