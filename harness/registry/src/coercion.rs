//! Scalars in the types of a resource's schema: a template may spell a number or a truth value as a text, and a name as a number.

use serde_json::{Number, Value};

use crate::ResourceType;
use crate::resource_type::DEEPEST;
use crate::scalar::{BOOLEAN, INTEGER, NUMBER, TEXT};

impl ResourceType {
    /// `properties` with each scalar in the type that the schema has for it, where its spelling allows. Everything else stays as it is, for
    /// the service to refuse. A number that may have a fraction has one form: `"2"` and `2.0` become `2`, since many a
    /// schema calls what its service has as a whole number just a number.
    pub fn coerced(&self, mut properties: Value) -> Value {
        if let Some(shape) = self.root() {
            self.coerce(shape, &mut properties, 0);
        }
        properties
    }

    fn coerce(&self, shape: &Value, value: &mut Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match (self.named(shape), &mut *value) {
            (Value::Object(shape), Value::Object(members)) => {
                for (name, value) in members.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "!" | "=")) {
                    if let Some(shape) = shape.get(name).or_else(|| shape.get("*")) {
                        self.coerce(shape, value, depth + 1);
                    }
                }
            }
            (Value::Object(shape), _) if shape.contains_key("=") => coerce_scalar(TEXT, value),
            (Value::Array(shape), Value::Array(items)) => {
                let Some(shape) = shape.first() else { return };
                items.iter_mut().for_each(|item| self.coerce(shape, item, depth + 1));
            }
            (Value::Number(kind), _) => coerce_scalar(kind.as_u64().unwrap_or_default(), value),
            _ => {}
        }
    }
}

fn coerce_scalar(kind: u64, value: &mut Value) {
    let coerced = match (kind, &*value) {
        (TEXT, Value::Number(_) | Value::Bool(_)) => Some(value.to_string().into()),
        (INTEGER, Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        (NUMBER, Value::String(text)) => text.parse().ok().and_then(number),
        (NUMBER, Value::Number(given)) => given.as_f64().and_then(number),
        (BOOLEAN, Value::String(text)) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    if let Some(coerced) = coerced {
        *value = coerced;
    }
}

/// A number without a fraction where it has none.
fn number(value: f64) -> Option<Value> {
    /// The largest up to which every whole number is one of floating point, too.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within the bounds")]
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::resource_type;

    #[test]
    fn scalars_take_the_types_of_the_schema_at_any_depth() {
        let instance = resource_type("AWS::EC2::Instance").unwrap();
        assert_eq!(
            instance.coerced(json!({
                "ImageId": 1,
                "DisableApiTermination": "true",
                "BlockDeviceMappings": [{"Ebs": {"VolumeSize": "8", "Encrypted": "false"}}],
                "Tags": [{"Key": 1, "Value": true}],
            })),
            json!({
                "ImageId": "1",
                "DisableApiTermination": true,
                "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 8, "Encrypted": false}}],
                "Tags": [{"Key": "1", "Value": "true"}],
            })
        );
        let parameter = resource_type("AWS::SSM::Parameter").unwrap();
        assert_eq!(parameter.coerced(json!({"Type": "String", "Tags": {"a": 1}})), json!({"Type": "String", "Tags": {"a": "1"}}));
    }

    #[test]
    fn a_number_has_one_form() {
        let alarm = resource_type("AWS::CloudWatch::Alarm").unwrap();
        for (given, form) in [
            (json!("2"), json!(2)),
            (json!(2), json!(2)),
            (json!("2.50"), json!(2.5)),
            (json!(2.0), json!(2)),
            (json!(1e20), json!(1e20)),
        ] {
            assert_eq!(alarm.coerced(json!({"Threshold": given})), json!({"Threshold": form}));
        }
    }

    #[test]
    fn what_spells_no_scalar_of_the_type_stays() {
        let instance = resource_type("AWS::EC2::Instance").unwrap();
        let wrong =
            json!({"DisableApiTermination": "maybe", "ImageId": {"a": 1}, "CpuOptions": {"CoreCount": "two"}, "Unknown": 1});
        assert_eq!(instance.coerced(wrong.clone()), wrong);
        let document = resource_type("AWS::SSM::Document").unwrap();
        let open = json!({"Content": {"schemaVersion": 2.2, "mainSteps": [{"timeoutSeconds": "5"}]}});
        assert_eq!(document.coerced(open.clone()), open);
    }
}
