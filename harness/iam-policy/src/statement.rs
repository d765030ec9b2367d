//! One statement of a policy, and whether it is about a request.

use serde_json::{Map, Value, json};

use crate::action::Actions;
use crate::condition::Condition;
use crate::context::Keys;
use crate::document::Position;
use crate::pattern::Unresolved;
use crate::principal::{EntryKind, Grade, Principals};
use crate::request::{Principal, Request};
use crate::resource::Resources;

/// What a statement does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementEffect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

/// One statement.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html>
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: StatementEffect,
    /// Absent in identity-based policies, whose principal is who they are attached to.
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Actions,
    /// Absent in trust policies, whose resource is the role.
    pub(crate) resources: Option<Resources>,
    pub(crate) conditions: Box<[Condition]>,
    pub(crate) position: Position,
}

/// Statements are equal if they say the same, wherever they stand.
impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.sid == other.sid
            && self.effect == other.effect
            && self.principals == other.principals
            && self.actions == other.actions
            && self.resources == other.resources
            && self.conditions == other.conditions
    }
}

/// Whether a statement is about a request; if not, the first of its elements that says so, in the order of the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    OtherAction,
    OtherPrincipal,
    OtherResource,
    ConditionFails,
    /// It applies. How directly it names the principal; always `Direct` where it has no `Principal`.
    Applies(Grade),
}

/// A request, and what statements need to know of its principal besides.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a dyn Keys,
    /// Has the principal a permissions boundary?
    pub(crate) bounded: bool,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(request: &Request<'a>, bounded: bool) -> Self {
        let Request { principal, action, resource, context, .. } = *request;
        Self { principal, action, resource, context, bounded }
    }
}

impl Statement {
    /// `Sid`.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// `Effect`.
    pub fn effect(&self) -> StatementEffect {
        self.effect
    }

    /// Where the statement begins in the text that was parsed.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Is the statement about the request? What could not be evaluated goes to `problems`.
    pub(crate) fn evaluate(&self, subject: &Subject<'_>, problems: &mut Vec<String>) -> Outcome {
        if !self.actions.cover(subject.action) {
            return Outcome::OtherAction;
        }
        let grade = match &self.principals {
            None => Some(Grade::Direct),
            Some(principals) => principals.cover(subject.principal, subject.bounded, subject.context),
        };
        let Some(grade) = grade else { return Outcome::OtherPrincipal };
        if let Some(resources) = &self.resources {
            let covered = resources.cover(subject.resource, subject.context).unwrap_or_else(|Unresolved(variable)| {
                problems.push(format!("the request has no single value for the policy variable `{variable}`"));
                false
            });
            if !covered {
                return Outcome::OtherResource;
            }
        }
        if self.conditions.iter().all(|condition| condition.holds(subject.context, problems)) {
            Outcome::Applies(grade)
        } else {
            Outcome::ConditionFails
        }
    }

    /// The statement as a JSON object that parses to an equal one.
    pub(crate) fn to_json(&self) -> Value {
        let mut object = Map::new();
        if let Some(sid) = &self.sid {
            object.insert("Sid".to_owned(), json!(sid));
        }
        let effect = match self.effect {
            StatementEffect::Allow => "Allow",
            StatementEffect::Deny => "Deny",
        };
        object.insert("Effect".to_owned(), json!(effect));
        if let Some(principals) = &self.principals {
            object.insert(name("Principal", principals.negated), principals_to_json(principals));
        }
        let actions = self.actions.patterns.iter().map(|pattern| pattern.source());
        object.insert(name("Action", self.actions.negated), one_or_many(actions));
        if let Some(resources) = &self.resources {
            let patterns = resources.patterns.iter().map(|pattern| pattern.source());
            object.insert(name("Resource", resources.negated), one_or_many(patterns));
        }
        if !self.conditions.is_empty() {
            let mut operators = Map::new();
            for condition in &self.conditions {
                let values = one_or_many(condition.wanted.iter().map(AsRef::as_ref));
                let keys = operators.entry(&*condition.name).or_insert_with(|| json!({}));
                if let Value::Object(keys) = keys {
                    keys.insert((*condition.key).to_owned(), values);
                }
            }
            object.insert("Condition".to_owned(), Value::Object(operators));
        }
        Value::Object(object)
    }
}

fn name(element: &str, negated: bool) -> String {
    if negated { format!("Not{element}") } else { element.to_owned() }
}

fn one_or_many<'s>(texts: impl Iterator<Item = &'s str>) -> Value {
    let texts: Vec<&str> = texts.collect();
    if let [text] = texts.as_slice() { json!(text) } else { json!(texts) }
}

fn principals_to_json(principals: &Principals) -> Value {
    if principals.entries.iter().any(|entry| entry.kind == EntryKind::Everyone) {
        return json!("*");
    }
    let mut object = Map::new();
    for entry in &principals.entries {
        let names = principals.entries.iter().filter(|other| other.kind == entry.kind).map(|other| &*other.name);
        object.entry(entry.kind.key()).or_insert_with(|| one_or_many(names));
    }
    Value::Object(object)
}
