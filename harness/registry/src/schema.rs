//! A type's facts as the schema that CloudFormation's registry shows: without texts, patterns and bounds, which the facts do not have.
//! <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html>

use serde_json::{Map, Value, json};

use crate::ResourceType;
use crate::scalar::{BOOLEAN, INTEGER, NUMBER, TEXT};

impl ResourceType {
    /// The schema of the type, whose name is `name`.
    pub fn schema(&self, name: &str) -> Value {
        let mut schema = Map::new();
        schema.insert("typeName".to_owned(), name.into());
        let shapes = self.root().and_then(Value::as_object).into_iter().flatten();
        schema.insert("properties".to_owned(), shapes.map(|(name, shape)| (name.clone(), of_shape(shape))).collect());
        let definitions: Map<String, Value> =
            self.definitions().into_iter().flatten().map(|(name, shape)| (name.clone(), of_shape(shape))).collect();
        if !definitions.is_empty() {
            schema.insert("definitions".to_owned(), definitions.into());
        }
        let pointers = |paths: Vec<&str>| paths.iter().map(|path| format!("/properties/{path}")).collect::<Vec<_>>();
        let required: Vec<String> = self.required().map(str::to_owned).collect();
        let lists = [
            ("required", required),
            ("readOnlyProperties", pointers(self.read_only().collect())),
            ("writeOnlyProperties", pointers(self.write_only().collect())),
            ("createOnlyProperties", pointers(self.create_only().collect())),
            ("primaryIdentifier", pointers(self.identifier().collect())),
        ];
        schema.extend(lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name.to_owned(), list.into())));
        schema.insert("additionalProperties".to_owned(), false.into());
        schema.into()
    }
}

fn of_shape(shape: &Value) -> Value {
    match shape {
        Value::String(name) => json!({ "$ref": format!("#/definitions/{name}") }),
        Value::Array(items) => json!({ "type": "array", "items": items.first().map(of_shape) }),
        Value::Number(kind) => match kind.as_u64() {
            Some(TEXT) => json!({ "type": "string" }),
            Some(INTEGER) => json!({ "type": "integer" }),
            Some(NUMBER) => json!({ "type": "number" }),
            Some(BOOLEAN) => json!({ "type": "boolean" }),
            _ => json!({}),
        },
        Value::Object(members) => match members.get("=") {
            Some(values) => json!({ "type": "string", "enum": values }),
            None => {
                let named = members.iter().filter(|(name, _)| !matches!(name.as_str(), "!" | "*"));
                let properties: Map<String, Value> = named.map(|(name, shape)| (name.clone(), of_shape(shape))).collect();
                let mut object = json!({ "type": "object", "additionalProperties": false });
                if let Some(object) = object.as_object_mut() {
                    object.extend((!properties.is_empty()).then(|| ("properties".to_owned(), properties.into())));
                    object.extend(members.get("!").map(|required| ("required".to_owned(), required.clone())));
                    object
                        .extend(members.get("*").map(|shape| ("patternProperties".to_owned(), json!({ ".*": of_shape(shape) }))));
                }
                object
            }
        },
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use crate::resource_type;

    #[test]
    fn a_schema_has_shapes_and_what_is_read_only_or_fixed() {
        let schema = resource_type("AWS::Lambda::Function").unwrap().schema("AWS::Lambda::Function");
        assert_eq!(schema["typeName"], "AWS::Lambda::Function");
        assert_eq!(schema["properties"]["Timeout"]["type"], "integer");
        assert_eq!(schema["properties"]["Code"]["$ref"], "#/definitions/Code");
        assert_eq!(schema["definitions"]["Code"]["properties"]["ZipFile"]["type"], "string");
        assert!(schema["properties"]["Runtime"]["enum"].as_array().unwrap().contains(&"python3.12".into()));
        assert_eq!(schema["required"], serde_json::json!(["Code", "Role"]));
        assert!(schema["readOnlyProperties"].as_array().unwrap().contains(&"/properties/Arn".into()));
        assert_eq!(schema["primaryIdentifier"], serde_json::json!(["/properties/FunctionName"]));
    }
}
