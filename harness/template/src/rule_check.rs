//! The check of the section `Rules`: what must hold of the parameters before anything is made.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::inputs::{Inputs, Nothing};
use crate::intrinsic::{Scope, text_of};
use crate::node::{Data, Node};
use crate::rule::Rule;
use crate::{Template, TemplateError, check};

/// What rules ask of the account beside the template's parameters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleLookup {
    /// A parameter's type: `AWS::EC2::VPC::Id`.
    pub kind: String,
}

/// What `Fn::ValueOf` can ask of a resource, by name: `VpcId`, `Tags.Department`.
pub type ResourceFacts = BTreeMap<String, String>;

/// The resources of an account that parameters of EC2's types can name.
#[derive(Debug, Clone, Default)]
pub struct ParameterFacts {
    /// By a parameter's type: the ids, each with its facts.
    pub resources: BTreeMap<String, Vec<(String, ResourceFacts)>>,
}

impl Template {
    /// The resources that must be known before [`Template::check_rules`].
    pub fn rule_lookups(&self) -> BTreeSet<RuleLookup> {
        let mut kinds = BTreeSet::new();
        for node in self.rules.iter().flat_map(Rule::nodes) {
            node.walk(&mut |inner| {
                let Data::Function(name, argument) = &inner.data else { return };
                let first = argument.items().and_then(<[Node]>::first).unwrap_or(argument).text();
                let kind = match *name {
                    "Fn::RefAll" | "Fn::ValueOfAll" => first,
                    "Fn::ValueOf" => first.and_then(|name| self.kind_of(&name)),
                    _ => None,
                };
                kinds.extend(kind.map(|kind| RuleLookup { kind }));
            });
        }
        kinds
    }

    /// The type of the ids that a parameter holds: `AWS::EC2::Subnet::Id`, of a list of them, too.
    fn kind_of(&self, parameter: &str) -> Option<String> {
        let kind = &self.parameters.iter().find(|one| one.name == parameter)?.kind;
        Some(kind.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(kind).to_owned())
    }

    /// Checks the rules whose conditions hold.
    ///
    /// # Errors
    /// The descriptions of the assertions that do not hold; functions that cannot be evaluated.
    pub fn check_rules(&self, inputs: &Inputs, facts: &ParameterFacts) -> Result<(), Vec<TemplateError>> {
        let conditions = BTreeMap::new();
        let scope = Scope { template: self, inputs, conditions: &conditions, made: &Nothing };
        let rules = Rules { scope, facts };
        let mut errors = Vec::new();
        for rule in &self.rules {
            match rules.failure(rule) {
                Ok(failed) => errors.extend(failed),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// What is wrong with the names that rules refer to.
    pub(crate) fn rule_references(&self) -> Vec<TemplateError> {
        let nodes = self.rules.iter().flat_map(Rule::nodes);
        let references = nodes.flat_map(|node| check::referred(node, &|_| None));
        let is_known = |name: &str| name.starts_with("AWS::") || self.parameters.iter().any(|one| one.name == name);
        references
            .filter(|reference| !is_known(&reference.name))
            .map(|reference| {
                let name = &reference.name;
                let message =
                    format!("Template format error: Unresolved dependencies [{name}]. Cannot reference resources in the Rules block of the template");
                TemplateError::at(reference.position, message)
            })
            .collect()
    }
}

struct Rules<'a> {
    scope: Scope<'a>,
    facts: &'a ParameterFacts,
}

impl Rules<'_> {
    /// The assertions of a rule that do not hold.
    fn failure(&self, rule: &Rule) -> Result<Vec<TemplateError>, TemplateError> {
        if let Some(condition) = &rule.condition
            && !self.holds(condition)?
        {
            return Ok(Vec::new());
        }
        let mut failed = Vec::new();
        for assertion in &rule.assertions {
            if !self.holds(&assertion.assert)? {
                let description = assertion.description.clone().unwrap_or_else(|| "Assertion failed.".to_owned());
                failed.push(assertion.assert.error(description));
            }
        }
        Ok(failed)
    }

    fn holds(&self, node: &Node) -> Result<bool, TemplateError> {
        let boolean =
            || node.error("Template error: every RuleCondition and Assert must be a function that returns true or false");
        let Data::Function(name, argument) = &node.data else { return Err(boolean()) };
        let items = argument.items().unwrap_or_default();
        match (*name, items) {
            ("Fn::Not", [inner]) => Ok(!self.holds(inner)?),
            ("Fn::And", items @ [_, _, ..]) => items.iter().try_fold(true, |held, item| Ok(self.holds(item)? && held)),
            ("Fn::Or", items @ [_, _, ..]) => items.iter().try_fold(false, |held, item| Ok(self.holds(item)? || held)),
            ("Fn::Equals", [left, right]) => Ok(self.values(left)? == self.values(right)?),
            ("Fn::Contains", [list, value]) => {
                let (list, value) = (self.values(list)?, self.values(value)?);
                Ok(value.iter().all(|value| list.contains(value)))
            }
            ("Fn::EachMemberEquals", [list, value]) => {
                let (list, value) = (self.values(list)?, self.values(value)?);
                Ok(list.iter().all(|member| value == std::slice::from_ref(member)))
            }
            ("Fn::EachMemberIn", [list, among]) => {
                let (list, among) = (self.values(list)?, self.values(among)?);
                Ok(list.iter().all(|member| among.contains(member)))
            }
            (
                "Fn::Not" | "Fn::And" | "Fn::Or" | "Fn::Equals" | "Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn",
                _,
            ) => Err(node.error(format!("Template error: {name} has the wrong number of arguments"))),
            _ => Err(boolean()),
        }
    }

    /// The texts that a node stands for: one, or those of a list.
    fn values(&self, node: &Node) -> Result<Vec<String>, TemplateError> {
        let of_kind = |kind: &str| self.facts.resources.get(kind).map(Vec::as_slice).unwrap_or_default();
        match &node.data {
            Data::List(items) => {
                let found: Vec<Vec<String>> = items.iter().map(|item| self.values(item)).collect::<Result<_, _>>()?;
                Ok(found.concat())
            }
            Data::Function("Fn::RefAll", argument) => {
                let kind = argument.expect_text("the argument of Fn::RefAll")?;
                Ok(of_kind(&kind).iter().map(|(id, _)| id.clone()).collect())
            }
            Data::Function(name @ ("Fn::ValueOf" | "Fn::ValueOfAll"), argument) => {
                let Some([of, attribute]) = argument.items() else {
                    return Err(node.error(format!("Template error: {name} requires a list of two arguments")));
                };
                let (of, attribute) = (of.expect_text("the first argument")?, attribute.expect_text("the attribute")?);
                let value = |facts: &ResourceFacts| facts.get(&attribute).cloned().unwrap_or_default();
                if *name == "Fn::ValueOfAll" {
                    return Ok(of_kind(&of).iter().map(|(_, facts)| value(facts)).collect());
                }
                let kind = self.scope.template.kind_of(&of).unwrap_or_default();
                let ids = texts(self.scope.inputs.parameters.get(&of).unwrap_or(&Value::Null));
                let known = of_kind(&kind);
                let found = ids.iter().map(|id| known.iter().find(|(other, _)| other == id).map(|(_, facts)| value(facts)));
                Ok(found.map(Option::unwrap_or_default).collect())
            }
            _ => Ok(texts(&self.scope.resolve(node)?.unwrap_or_default())),
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text_of).collect(),
        value => text_of(value).into_iter().collect(),
    }
}
