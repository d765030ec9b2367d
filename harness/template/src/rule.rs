//! The section `Rules` as a template declares it.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>

use crate::TemplateError;
use crate::node::{Member, Node};

/// Functions that rules alone have.
pub(crate) const FUNCTIONS: [&str; 6] =
    ["Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

/// A rule as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) condition: Option<Node>,
    pub(crate) assertions: Vec<Assertion>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assertion {
    pub(crate) assert: Node,
    pub(crate) description: Option<String>,
}

impl Rule {
    pub(crate) fn read(member: &Member) -> Result<Self, TemplateError> {
        let name = &member.name;
        for inner in member.node.expect_map(&format!("Rule {name}"))? {
            if !["RuleCondition", "Assertions"].contains(&inner.name.as_str()) {
                let message = format!("Template format error: Rule {name} has an unknown member {}", inner.name);
                return Err(TemplateError::at(inner.position, message));
            }
        }
        let missing = || {
            let message = format!("Template format error: Every Rules member must contain an Assertions list: {name}");
            TemplateError::at(member.position, message)
        };
        let items = member.node.member("Assertions").and_then(Node::items).ok_or_else(missing)?;
        let assertion = |item: &Node| {
            for inner in item.expect_map(&format!("Every Assertions member of rule {name}"))? {
                if !["Assert", "AssertDescription"].contains(&inner.name.as_str()) {
                    let message = format!("Template format error: Rule {name} has an unknown member {}", inner.name);
                    return Err(TemplateError::at(inner.position, message));
                }
            }
            let assert = item.member("Assert").cloned();
            let missing = || item.error(format!("Template format error: Every Assertions member must contain an Assert: {name}"));
            let description = item.member("AssertDescription").map(|node| node.expect_text("AssertDescription")).transpose()?;
            Ok(Assertion { assert: assert.ok_or_else(missing)?, description })
        };
        Ok(Self {
            condition: member.node.member("RuleCondition").cloned(),
            assertions: items.iter().map(assertion).collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.condition.iter().chain(self.assertions.iter().map(|assertion| &assertion.assert))
    }
}
