//! Documents whose members all begin with a capital letter, as AWS's SDK for Java has them and Step Functions takes them, whatever the model calls them.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html>

use serde_json::{Map, Value};

use crate::model::{Kind, ServiceModel, Shape};
use crate::operation::Operation;

impl ServiceModel {
    /// An input with the model's names of its members.
    ///
    /// # Errors
    /// The name of a member that the model does not have.
    pub fn named_as_modelled(&self, operation: &Operation, input: Value) -> Result<Value, String> {
        match operation.input {
            Some(shape) => rename(self, self.shape(shape), input, Direction::ToModel, 0),
            None => Ok(input),
        }
    }

    /// An output with capital first letters.
    pub fn named_with_capitals(&self, operation: &Operation, output: Value) -> Value {
        match operation.output {
            Some(shape) => rename(self, self.shape(shape), output.clone(), Direction::FromModel, 0).unwrap_or(output),
            None => output,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToModel,
    FromModel,
}

fn capitalized(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

fn rename(model: &ServiceModel, shape: &Shape, value: Value, direction: Direction, depth: usize) -> Result<Value, String> {
    if depth > crate::json::DEEPEST {
        return Ok(value);
    }
    let inner = |index: usize, value: Value| rename(model, model.shape(index), value, direction, depth + 1);
    Ok(match (shape.kind, value) {
        (Kind::Structure, Value::Object(members)) if !shape.open => {
            let mut renamed = Map::new();
            for (name, value) in members {
                let known = match direction {
                    Direction::ToModel => shape.members.iter().find(|member| capitalized(&member.name) == name),
                    Direction::FromModel => shape.member(&name),
                };
                match (known, direction) {
                    (Some(member), Direction::ToModel) => renamed.insert(member.name.clone(), inner(member.shape, value)?),
                    (Some(member), Direction::FromModel) => {
                        renamed.insert(capitalized(&member.name), inner(member.shape, value)?)
                    }
                    (None, Direction::ToModel) => return Err(name),
                    (None, Direction::FromModel) => renamed.insert(name, value),
                };
            }
            renamed.into()
        }
        (Kind::List, Value::Array(items)) => match &shape.item {
            Some(item) => items.into_iter().map(|value| inner(item.shape, value)).collect::<Result<_, _>>()?,
            None => items.into(),
        },
        (Kind::Map, Value::Object(entries)) => match &shape.value {
            Some(item) => {
                let each = entries.into_iter().map(|(key, value)| Ok((key, inner(item.shape, value)?)));
                Value::Object(each.collect::<Result<_, String>>()?)
            }
            None => entries.into(),
        },
        (_, value) => value,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn members_go_by_capitals_outside_and_by_the_models_names_inside() {
        let model = crate::service("logs").unwrap();
        let operation = model.operation("DescribeLogGroups").unwrap();
        assert_eq!(
            model.named_as_modelled(operation, json!({"LogGroupNamePrefix": "a"})),
            Ok(json!({"logGroupNamePrefix": "a"}))
        );
        assert_eq!(model.named_as_modelled(operation, json!({"logGroupNamePrefix": "a"})), Err("logGroupNamePrefix".to_owned()));
        let output = json!({"logGroups": [{"logGroupName": "a"}]});
        assert_eq!(model.named_with_capitals(operation, output), json!({"LogGroups": [{"LogGroupName": "a"}]}));
    }

    #[test]
    fn keys_of_maps_are_nobodys_names() {
        let model = crate::service("ssm").unwrap();
        let operation = model.operation("SendCommand").unwrap();
        let input = json!({"DocumentName": "d", "Parameters": {"commands": ["true"]}});
        assert_eq!(model.named_as_modelled(operation, input.clone()), Ok(input));
    }
}
