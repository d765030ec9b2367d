//! Which of a stack's chains end in a bucket: all that they hand on and that their documents, functions and state machines hold is searched for its name.

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::archive::bucket::Bucket;
use crate::steps::rule::{Rule, Starts};

/// What a chain is made of, as text, each under the physical id by which others name it.
struct Texts(Vec<(String, String)>);

impl Texts {
    /// Of the stack's documents, functions and state machines. What cannot be read says nothing.
    async fn read(client: &DynamicClient, resources: &Resources) -> Self {
        let mut texts = Vec::new();
        for (kind, service, operation, member, answer) in [
            ("AWS::SSM::Document", "ssm", "GetDocument", "Name", "/Content"),
            ("AWS::Lambda::Function", "lambda", "GetFunctionConfiguration", "FunctionName", "/Environment"),
            ("AWS::StepFunctions::StateMachine", "states", "DescribeStateMachine", "stateMachineArn", "/definition"),
        ] {
            for id in resources.ids(kind) {
                let read = client.ask(service, operation, &json!({ member: id })).await.unwrap_or_default();
                texts.push((id, read.pointer(answer).map(Value::to_string).unwrap_or_default()));
            }
        }
        Self(texts)
    }

    /// Whether one of `names` is in a text, or in what that leads to.
    fn lead_to(&self, begin: &str, names: &[&str]) -> bool {
        let (mut reached, mut open) = (vec![false; self.0.len()], vec![begin]);
        while let Some(text) = open.pop() {
            if names.iter().any(|name| text.contains(name)) {
                return true;
            }
            for ((id, next), reached) in self.0.iter().zip(&mut reached) {
                if !*reached && text.contains(id.as_str()) {
                    *reached = true;
                    open.push(next);
                }
            }
        }
        false
    }
}

/// The chains that end in one of these buckets, and the others.
pub(crate) async fn ending_in(
    client: &DynamicClient,
    resources: &Resources,
    rules: Vec<Rule>,
    buckets: &[Bucket],
) -> (Vec<Rule>, Vec<Rule>) {
    let texts = Texts::read(client, resources).await;
    let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    rules.into_iter().partition(|rule| {
        let started = match &rule.starts {
            Starts::Function { name, .. } => name.as_str(),
            Starts::Document(name) | Starts::Automation(name) => name,
            Starts::StateMachine(arn) => arn,
            Starts::Job { command, .. } => command,
        };
        texts.lead_to(&format!("{started} {}", rule.input), &names)
    })
}

/// Without the buckets whose objects start a backup and which no chain ends in.
pub(crate) async fn without_sources(
    client: &DynamicClient,
    resources: &Resources,
    rules: &[Rule],
    buckets: Vec<Bucket>,
) -> Vec<Bucket> {
    let is_source = |bucket: &Bucket| rules.iter().any(|rule| rule.source().is_some_and(|(name, _)| name == bucket.name));
    let (sources, mut left): (Vec<Bucket>, Vec<Bucket>) = buckets.into_iter().partition(is_source);
    for bucket in sources {
        let is_named = || ending_in(client, resources, rules.to_vec(), std::slice::from_ref(&bucket));
        if left.is_empty() || !is_named().await.0.is_empty() {
            left.push(bucket);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_wherever_a_chain_leads() {
        let texts = [("machine", "sends document"), ("document", "cp s3://archives/"), ("other", "machine other")];
        let texts = Texts(texts.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect());
        assert!(texts.lead_to("machine", &["archives"]) && texts.lead_to("other", &["archives"]));
        assert!(texts.lead_to("to archives", &["archives"]));
        assert!(!texts.lead_to("nobody", &["archives"]) && !texts.lead_to("machine", &["logs"]));
    }
}
