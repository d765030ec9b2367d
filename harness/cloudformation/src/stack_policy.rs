//! Stack policies: which resources an update may change.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>

use nightproof_core::service::{AwsError, Call};
use nightproof_wildcard::{Pattern, Syntax};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::validation;
use crate::template_source;

/// Largest policy in a request.
const LARGEST: usize = 16_384;
const ACTIONS: [&str; 4] = ["Update:*", "Update:Modify", "Update:Replace", "Update:Delete"];

/// What an update does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Modify,
    Replace,
    Delete,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Modify => "Update:Modify",
            Self::Replace => "Update:Replace",
            Self::Delete => "Update:Delete",
        }
    }
}

/// A policy, and its text as it was given.
#[derive(Debug, Clone)]
pub(crate) struct StackPolicy {
    pub text: String,
    statements: Vec<Statement>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "Statement", default)]
    statements: OneOrMore<Statement>,
    #[serde(rename = "Version", default)]
    _version: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    effect: Effect,
    action: Option<OneOrMore<String>>,
    not_action: Option<OneOrMore<String>>,
    principal: Value,
    resource: Option<OneOrMore<String>>,
    not_resource: Option<OneOrMore<String>>,
    condition: Option<Condition>,
    #[serde(rename = "Sid")]
    _sid: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    string_equals: Option<Types>,
    string_like: Option<Types>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Types {
    #[serde(rename = "ResourceType")]
    types: OneOrMore<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    More(Vec<T>),
    One(T),
}

impl<T> Default for OneOrMore<T> {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl<T> OneOrMore<T> {
    fn all(&self) -> &[T] {
        match self {
            Self::More(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

fn invalid() -> AwsError {
    validation("Error validating stack policy: Invalid stack policy")
}

impl StackPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// `ValidationError` if it is none.
    pub(crate) fn read(text: &str) -> Result<Self, AwsError> {
        // A list would be read as a document's members in their order.
        let document: Map<String, Value> = serde_json::from_str(text).map_err(|_| invalid())?;
        let document: Document = serde_json::from_value(document.into()).map_err(|_| invalid())?;
        let statements = document.statements.all().to_vec();
        match statements.iter().all(Statement::is_valid) {
            true => Ok(Self { text: text.to_owned(), statements }),
            false => Err(invalid()),
        }
    }

    /// Why the policy does not let an update do this to a resource of the stack; `None` if it does.
    pub(crate) fn refusal(&self, action: Action, id: &str, kind: &str) -> Option<String> {
        // A policy without statements protects nothing.
        if self.statements.is_empty() {
            return None;
        }
        let resource = format!("LogicalResourceId/{id}");
        let applying = || self.statements.iter().enumerate().filter(|(_, one)| one.applies(action, &resource, kind));
        if let Some((at, denying)) = applying().find(|(_, one)| one.effect == Effect::Deny) {
            let (action, resource) = (denying.action_that_matches(action), denying.resource_that_matches(&resource));
            let number = at + 1;
            return Some(format!(
                "Action denied by stack policy: Statement [#{number}] does not allow [{action}] for resource [{resource}]"
            ));
        }
        match applying().next() {
            Some(_) => None,
            None => Some(format!(
                "Action not allowed by stack policy: no statement allows [{}] for resource [{resource}]",
                action.word()
            )),
        }
    }
}

impl Statement {
    fn is_valid(&self) -> bool {
        let actions = match (&self.action, &self.not_action) {
            (Some(actions), None) | (None, Some(actions)) => actions.all(),
            _ => return false,
        };
        let resources = match (&self.resource, &self.not_resource) {
            (Some(resources), None) | (None, Some(resources)) => resources.all(),
            _ => return false,
        };
        let is_resource = |resource: &String| resource == "*" || resource.starts_with("LogicalResourceId/");
        let principal = self.principal.get("AWS").unwrap_or(&self.principal);
        actions.iter().all(|action| ACTIONS.contains(&action.as_str())) && resources.iter().all(is_resource) && principal == "*"
    }

    fn applies(&self, action: Action, resource: &str, kind: &str) -> bool {
        let covers = |actions: &OneOrMore<String>| actions.all().iter().any(|one| matches(one, action.word()));
        let names = |resources: &OneOrMore<String>| resources.all().iter().any(|one| matches(one, resource));
        let is_action = self.action.as_ref().map_or_else(|| !self.not_action.as_ref().is_some_and(covers), covers);
        let is_resource = self.resource.as_ref().map_or_else(|| !self.not_resource.as_ref().is_some_and(names), names);
        is_action && is_resource && self.condition.as_ref().is_none_or(|condition| condition.holds(kind))
    }

    /// The action as the statement gives it.
    fn action_that_matches(&self, action: Action) -> &str {
        let given = self.action.iter().flat_map(OneOrMore::all);
        given.map(String::as_str).find(|one| matches(one, action.word())).unwrap_or(action.word())
    }

    /// The resource as the statement gives it.
    fn resource_that_matches<'a>(&'a self, resource: &'a str) -> &'a str {
        let given = self.resource.iter().flat_map(OneOrMore::all);
        given.map(String::as_str).find(|one| matches(one, resource)).unwrap_or(resource)
    }
}

impl Condition {
    fn holds(&self, kind: &str) -> bool {
        let equal = |types: &Types| types.types.all().iter().any(|one| one == kind);
        let like = |types: &Types| types.types.all().iter().any(|one| matches(one, kind));
        self.string_equals.as_ref().is_none_or(equal) && self.string_like.as_ref().is_none_or(like)
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern, Syntax { question_mark: true, escapes: false }).matches(text)
}

/// A policy in a request, or at an address in a bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicySource {
    pub body: Option<String>,
    pub url: Option<String>,
    /// The names of the members, for what is wrong with them.
    pub members: (&'static str, &'static str),
}

impl PolicySource {
    /// The policy, if there is one.
    ///
    /// # Errors
    /// `ValidationError`: both are given, or it is no policy.
    pub(crate) async fn read(&self, call: &Call) -> Result<Option<StackPolicy>, AwsError> {
        let (body, url) = self.members;
        match (&self.body, &self.url) {
            (Some(_), Some(_)) => Err(validation(format!("You cannot specify both {url} and {body}"))),
            (Some(text), None) if text.len() > LARGEST => Err(invalid()),
            (Some(text), None) => StackPolicy::read(text).map(Some),
            (None, Some(url)) => StackPolicy::read(&template_source::fetch(call, url).await?).map(Some),
            (None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(policy: &str, action: Action, id: &str, kind: &str) -> Option<String> {
        StackPolicy::read(policy).unwrap().refusal(action, id, kind)
    }

    #[test]
    fn a_denial_wins_over_what_is_allowed_wherever_it_stands() {
        let allow = r#"{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}"#;
        let deny = r#"{"Effect": "Deny", "Action": ["Update:Replace"], "Principal": "*", "Resource": "LogicalResourceId/Db"}"#;
        for statements in [format!("{allow}, {deny}"), format!("{deny}, {allow}")] {
            let policy = format!(r#"{{"Statement": [{statements}]}}"#);
            let refused = refusal(&policy, Action::Replace, "Db", "A::B::C").unwrap();
            assert!(refused.starts_with("Action denied by stack policy: Statement [#"), "{refused}");
            assert!(refused.ends_with("does not allow [Update:Replace] for resource [LogicalResourceId/Db]"), "{refused}");
            assert_eq!(refusal(&policy, Action::Modify, "Db", "A::B::C"), None);
            assert_eq!(refusal(&policy, Action::Replace, "Other", "A::B::C"), None);
        }
    }

    #[test]
    fn what_no_statement_allows_is_protected_unless_there_are_none() {
        let policy = r#"{"Statement": {"Effect": "Allow", "NotAction": "Update:Delete", "Principal": "*", "NotResource": "LogicalResourceId/Db*"}}"#;
        assert_eq!(refusal(policy, Action::Modify, "Web", "A::B::C"), None);
        assert!(refusal(policy, Action::Delete, "Web", "A::B::C").unwrap().starts_with("Action not allowed by stack policy"));
        assert!(refusal(policy, Action::Modify, "Db1", "A::B::C").unwrap().starts_with("Action not allowed by stack policy"));
        assert_eq!(refusal("{}", Action::Delete, "Web", "A::B::C"), None);
    }

    #[test]
    fn conditions_are_on_the_resource_type() {
        let policy = r#"{"Statement": [
            {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*", "Condition": {"StringLike": {"ResourceType": "AWS::EC2::*"}}},
            {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#;
        assert!(refusal(policy, Action::Modify, "A", "AWS::EC2::Instance").is_some());
        assert_eq!(refusal(policy, Action::Modify, "A", "AWS::SNS::Topic"), None);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let with =
            |member: &str| format!(r#"{{"Statement": [{{"Effect": "Deny", "Action": "Update:*", "Resource": "*", {member}}}]}}"#);
        for text in
            ["no", "[]", r#"{"Statements": []}"#, &with(r#""Principal": "me""#), &with(r#""Principal": "*", "Colour": "red""#)]
        {
            let error = StackPolicy::read(text).unwrap_err();
            assert_eq!(
                (error.code.as_str(), error.message.as_str()),
                ("ValidationError", "Error validating stack policy: Invalid stack policy"),
                "{text}"
            );
        }
        let other = r#"{"Statement": [{"Effect": "Deny", "Action": "Delete:*", "Principal": "*", "Resource": "*"}]}"#;
        assert!(StackPolicy::read(other).is_err());
    }
}
