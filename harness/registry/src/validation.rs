//! Properties against the schema of their type, in CloudFormation's words.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>

use serde_json::{Map, Value};

use crate::ResourceType;
use crate::resource_type::DEEPEST;
use crate::scalar::{BOOLEAN, INTEGER, NUMBER, TEXT};

impl ResourceType {
    /// What is wrong with properties whose functions are resolved, each item with its place: `#/Code: required key [S3Key] not found`. Empty if
    /// they are as the schema has them.
    pub fn violations(&self, properties: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let (Some(shape), Some(members)) = (self.root().and_then(Value::as_object), properties.as_object()) else { return found };
        for name in self.required().filter(|name| !members.contains_key(*name)) {
            found.push(format!("#: required key [{name}] not found"));
        }
        self.object(shape, members, "#", 0, &mut found);
        found
    }

    fn object(
        &self,
        shape: &Map<String, Value>,
        members: &Map<String, Value>,
        place: &str,
        depth: usize,
        found: &mut Vec<String>,
    ) {
        let required = shape.get("!").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| !members.contains_key(*name)) {
            found.push(format!("{place}: required key [{name}] not found"));
        }
        for (name, value) in members {
            match shape.get(name).filter(|_| !matches!(name.as_str(), "!" | "=" | "*")).or_else(|| shape.get("*")) {
                Some(shape) => self.value(shape, value, &format!("{place}/{name}"), depth + 1, found),
                None => found.push(format!("{place}: extraneous key [{name}] is not permitted")),
            }
        }
    }

    fn value(&self, shape: &Value, value: &Value, place: &str, depth: usize, found: &mut Vec<String>) {
        if depth > DEEPEST {
            return;
        }
        let shape = self.named(shape);
        let expected = match (shape, value) {
            (Value::Object(shape), _) if shape.contains_key("=") => {
                let listed = shape.get("=").and_then(Value::as_array).is_some_and(|values| values.contains(value));
                if !listed {
                    found.push(format!("{place}: {} is not a valid enum value", text(value)));
                }
                return;
            }
            (Value::Object(shape), Value::Object(members)) => return self.object(shape, members, place, depth, found),
            (Value::Array(shape), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    shape.iter().for_each(|shape| self.value(shape, item, &format!("{place}/{index}"), depth + 1, found));
                }
                return;
            }
            (Value::Object(_), _) => "JSONObject",
            (Value::Array(_), _) => "JSONArray",
            (Value::Number(kind), _) => match kind.as_u64() {
                Some(TEXT) if !value.is_string() => "String",
                Some(INTEGER) if !value.is_i64() => "Integer",
                Some(NUMBER) if !value.is_number() => "Number",
                Some(BOOLEAN) if !value.is_boolean() => "Boolean",
                _ => return,
            },
            _ => return,
        };
        found.push(format!("{place}: expected type: {expected}, found: {}", kind_of(value)));
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_i64() => "Integer",
        Value::Number(_) => "Number",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::resource_type;

    #[test]
    fn what_a_schema_has_is_not_complained_about() {
        let table = resource_type("AWS::DynamoDB::Table").unwrap();
        let properties = json!({"TableName": "t", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Tags": [{"Key": "a", "Value": "b"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]});
        assert_eq!(table.violations(&properties), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_told_with_its_place() {
        let function = resource_type("AWS::Lambda::Function").unwrap();
        let properties = json!({"Code": {"ZipFile": 1}, "Runtime": "cobol", "Layers": "one", "Timeout": "soon", "Colour": "red"});
        assert_eq!(
            function.violations(&properties),
            [
                "#: required key [Role] not found",
                "#/Code/ZipFile: expected type: String, found: Integer",
                "#/Runtime: cobol is not a valid enum value",
                "#/Layers: expected type: JSONArray, found: String",
                "#/Timeout: expected type: Integer, found: String",
                "#: extraneous key [Colour] is not permitted",
            ]
        );
    }
}
