//! A deployed stack's template, with what it was deployed with.

use std::collections::BTreeMap;

use nightproof_template::{Inputs, Made, Pseudo, Template};
use serde_json::Value;

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::account::stack;
use crate::chain::failure::{HopFailure, at};

/// A deployed stack's template, with what it was deployed with.
pub(crate) struct TemplateProperties {
    /// Its text.
    pub(crate) template: String,
    /// Its parameters as they were resolved, lists as one text.
    pub(crate) inputs: Inputs,
}

impl TemplateProperties {
    /// What CloudFormation says of the stack `name`.
    pub(crate) async fn load(client: &DynamicClient, name: &str) -> Result<Self, HopFailure> {
        let template = stack::template(client, name).await.map_err(at(Hop::Stack, "GetTemplate"))?;
        let described = stack::describe(client, name).await.map_err(at(Hop::Stack, "DescribeStacks"))?.unwrap_or_default();
        let mut inputs = Inputs::default();
        for parameter in described.parameters {
            let value = parameter.resolved_value.unwrap_or(parameter.parameter_value);
            inputs.parameters.insert(parameter.parameter_key, value.into());
        }
        inputs.pseudo = pseudo(&described.stack_id, name);
        Ok(Self { template, inputs })
    }
}

/// Makes lists of the parameters that are: they come back as one text from DescribeStacks.
pub(crate) fn divide_lists(inputs: &mut Inputs, template: &Template) {
    for parameter in &template.parameters {
        if let Some(Value::String(value)) = inputs.parameters.get(&parameter.name).filter(|_| is_list(&parameter.kind)) {
            let items: Vec<Value> = value.split(',').map(|item| item.trim().into()).collect();
            inputs.parameters.insert(parameter.name.clone(), items.into());
        }
    }
}

/// Whether a parameter of this type is a list: `CommaDelimitedList`, `List<…>`, `AWS::SSM::Parameter::Value<List<…>>`.
fn is_list(kind: &str) -> bool {
    kind.contains("List<") || kind.contains("CommaDelimitedList")
}

/// The pseudo parameters that a stack's ARN tells.
fn pseudo(arn: &str, stack: &str) -> Pseudo {
    let part = |index: usize| arn.split(':').nth(index).unwrap_or_default().to_owned();
    Pseudo {
        account_id: part(4),
        region: part(3),
        stack_name: stack.to_owned(),
        stack_id: arn.to_owned(),
        partition: part(1),
        url_suffix: if part(1) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }.to_owned(),
        notification_arns: Vec::new(),
    }
}

/// What stands, by logical id. What names a resource in a call is its physical id, as an attribute too; other attributes may be any text.
pub(crate) struct Physical<'a>(pub(crate) BTreeMap<&'a str, &'a str>);

impl Made for Physical<'_> {
    fn reference(&self, id: &str) -> Option<String> {
        Some(self.0.get(id).copied().unwrap_or(id).to_owned())
    }

    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        Some(match name {
            "GroupId" | "Arn" => self.reference(id)?.into(),
            _ => format!("{id}.{name}").into(),
        })
    }
}
