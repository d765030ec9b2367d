//! What this region makes of a resource type, for a person who asks before deploying.

use nightproof_registry::ResourceType as Schema;
use nightproof_resource::{ResourceFacts, ResourceProvider};
use serde::Serialize;

use crate::construction;
use crate::resource_type::ResourceType;

/// How far down members of properties are told one by one.
const DEEPEST: usize = 8;

/// What stands behind the resources of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A service of this region.
    Acted,
    /// A record that was checked against the type's schema; nothing runs behind it.
    Recorded,
    /// Nothing: a stack that has one is refused by name, since a record of it could let a night pass that AWS has fail.
    Refused,
}

/// What this region makes of a resource type. Properties and their members are paths: `VersioningConfiguration.Status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeSupport {
    /// `AWS::S3::Bucket`
    pub name: String,
    /// What stands behind its resources.
    pub level: Level,
    /// Properties that are acted upon, in whole or in part; of a type that is recorded, those that are kept.
    pub properties: Vec<String>,
    /// Properties and members of an acted type that are kept and not acted upon.
    pub recorded: Vec<String>,
    /// Properties and members that AWS has and this region refuses by name.
    pub refused: Vec<String>,
    /// The attributes that `Fn::GetAtt` returns, where the type's provider names them.
    pub attributes: Vec<String>,
}

impl TypeSupport {
    /// For the type with this name; `None` if AWS has no such type.
    pub fn of(name: &str, providers: Vec<&'static dyn ResourceProvider>) -> Option<Self> {
        match construction::with_own(providers).find(name) {
            Some(known) => Some(Self::known(name, known)),
            None => nightproof_registry::resource_type(name).map(|_| Self::empty(name, Level::Refused)),
        }
    }

    /// For each type that `providers` and the engine itself act upon, by name.
    pub fn acted(providers: Vec<&'static dyn ResourceProvider>) -> Vec<Self> {
        construction::with_own(providers).iter().map(|known| Self::known(known.provider.facts().name, known)).collect()
    }

    fn empty(name: &str, level: Level) -> Self {
        let name = name.to_owned();
        Self { name, level, properties: Vec::new(), recorded: Vec::new(), refused: Vec::new(), attributes: Vec::new() }
    }

    fn known(name: &str, known: &ResourceType) -> Self {
        let facts = known.provider.facts();
        let texts = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        let level = if known.is_recorded { Level::Recorded } else { Level::Acted };
        let mut support = Self { attributes: texts(facts.attributes), ..Self::empty(name, level) };
        match known.schema() {
            Some(schema) if known.is_recorded => {
                support.properties = settable(schema, &[]).into_iter().map(str::to_owned).collect();
            }
            Some(schema) => {
                support.properties = texts(facts.properties);
                support.recorded = texts(facts.recorded);
                refused(facts, schema, &mut Vec::new(), &mut support.refused);
            }
            None => support.properties = texts(facts.properties),
        }
        for list in [&mut support.properties, &mut support.recorded, &mut support.refused, &mut support.attributes] {
            list.sort_unstable();
        }
        support
    }
}

/// The members of the property at `path` that a template may set.
fn settable<'s>(schema: &'s Schema, path: &[&'s str]) -> Vec<&'s str> {
    schema.members_of(path).filter(|name| !schema.is_read_only(&[path, &[*name]].concat())).collect()
}

/// Adds the paths below `path` that the schema has and the facts lack, the topmost of each.
fn refused<'s>(facts: &ResourceFacts, schema: &'s Schema, path: &mut Vec<&'s str>, found: &mut Vec<String>) {
    for name in settable(schema, path) {
        path.push(name);
        if !facts.supports(path) {
            found.push(path.join("."));
        } else if path.len() < DEEPEST && facts.members.iter().any(|(property, _)| Some(property) == path.first()) {
            refused(facts, schema, path, found);
        }
        path.pop();
    }
}
