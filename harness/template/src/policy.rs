//! Policies in a template: where their statements stand, and the template as JSON to try changes on.

use serde_json::{Map, Value};

use crate::node::{Data, Node};
use crate::{Position, Template, TemplateError, read};

/// A policy document in a template.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyPlace {
    /// Logical id of the resource that it belongs to.
    pub resource: String,
    /// `AWS::IAM::Policy`
    pub kind: String,
    /// The `PolicyName` beside the document, if it is written out.
    pub name: Option<String>,
    /// JSON pointer to the document in [`to_json`]'s answer.
    pub pointer: String,
    /// Its statements, in order.
    pub statements: Vec<StatementPlace>,
}

/// A statement in a template.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementPlace {
    /// Its `Sid`, if it is written out.
    pub sid: Option<String>,
    /// Where it starts.
    pub position: Position,
    /// Whether its effect is written out as `Allow`.
    pub allows: bool,
}

/// Properties that hold policy documents.
const DOCUMENTS: [&str; 3] = ["PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy"];

impl Template {
    /// All policy documents that are written out in the template's resources.
    pub fn policies(&self) -> Vec<PolicyPlace> {
        let mut found = Vec::new();
        for resource in &self.resources {
            let Some(properties) = &resource.properties else { continue };
            let pointer = format!("/Resources/{}/Properties", resource.id);
            look(properties, &pointer, &mut |node, pointer, name| {
                let Some(statement) = node.member("Statement") else { return };
                // A single one need not be in a list.
                let statements = statement.items().unwrap_or(std::slice::from_ref(statement));
                found.push(PolicyPlace {
                    resource: resource.id.clone(),
                    kind: resource.kind.clone(),
                    name,
                    pointer,
                    statements: statements.iter().map(statement_place).collect(),
                });
            });
        }
        found
    }
}

/// Calls `visit` with each document below `node`, its pointer, and the `PolicyName` beside it.
fn look(node: &Node, pointer: &str, visit: &mut dyn FnMut(&Node, String, Option<String>)) {
    for (index, item) in node.items().into_iter().flatten().enumerate() {
        look(item, &format!("{pointer}/{index}"), visit);
    }
    for member in node.members().into_iter().flatten() {
        let inner = format!("{pointer}/{}", member.name);
        if DOCUMENTS.contains(&member.name.as_str()) {
            visit(&member.node, inner, node.member("PolicyName").and_then(Node::text));
        } else {
            look(&member.node, &inner, visit);
        }
    }
}

fn statement_place(node: &Node) -> StatementPlace {
    StatementPlace {
        sid: node.member("Sid").and_then(Node::text),
        position: node.position,
        allows: node.member("Effect").and_then(Node::text).as_deref() == Some("Allow"),
    }
}

/// A template as JSON, functions in their long form: equal to the text in all that CloudFormation reads.
///
/// # Errors
/// It is not YAML or JSON.
pub fn to_json(text: &str) -> Result<Value, TemplateError> {
    Ok(json(&read::read(text)?))
}

fn json(node: &Node) -> Value {
    match &node.data {
        Data::Scalar(value) => value.clone(),
        Data::List(items) => items.iter().map(json).collect(),
        Data::Map(members) => {
            members.iter().map(|member| (member.name.clone(), json(&member.node))).collect::<Map<_, _>>().into()
        }
        Data::Function(name, argument) => Map::from_iter([((*name).to_owned(), json(argument))]).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Resources:\n  P:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyName: upload\n      Roles: [!Ref R]\n      PolicyDocument:\n        Statement:\n          - Sid: Up\n            Effect: Allow\n            Action: s3:PutObject\n            Resource: !Sub '${B.Arn}/*'\n          - {Effect: Deny, Action: '*', Resource: '*'}\n  R: {Type: T::T::T}\n  B: {Type: T::T::T}\n";

    #[test]
    fn statements_are_found_with_their_places() {
        let found = Template::parse(TEXT).unwrap().policies();
        assert_eq!(found.len(), 1);
        let policy = &found[0];
        assert_eq!((policy.resource.as_str(), policy.name.as_deref()), ("P", Some("upload")));
        assert_eq!(policy.pointer, "/Resources/P/Properties/PolicyDocument");
        let lines: Vec<_> = policy.statements.iter().map(|one| (one.sid.as_deref(), one.position.line, one.allows)).collect();
        assert_eq!(lines, [(Some("Up"), 9, true), (None, 13, false)]);
    }

    #[test]
    fn a_single_statement_need_not_be_in_a_list() {
        let text = "Resources:\n  P:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyDocument:\n        Statement:\n          Sid: Up\n          Effect: Allow\n";
        let found = Template::parse(text).unwrap().policies();
        let sids: Vec<_> = found.iter().flat_map(|place| &place.statements).map(|one| (one.sid.as_deref(), one.allows)).collect();
        assert_eq!(sids, [(Some("Up"), true)]);
    }

    #[test]
    fn the_json_form_says_the_same() {
        let json = to_json(TEXT).unwrap();
        assert_eq!(
            json.pointer("/Resources/P/Properties/PolicyDocument/Statement/0/Resource").unwrap(),
            &serde_json::json!({"Fn::Sub": "${B.Arn}/*"})
        );
        assert_eq!(Template::parse(&json.to_string()).unwrap().resources.len(), 3);
    }
}
