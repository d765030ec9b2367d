//! Which properties of a template's resources a parameter goes to as it is.

use serde_json::Value;

/// A property that is a parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// The resource's type.
    pub(crate) kind: String,
    /// The name of the innermost property: `SubnetIds`.
    pub(crate) property: String,
}

/// All properties of `template`, as JSON, that are the value of `parameter`: by `Ref`, alone or in a list, or by an `Fn::Sub` of nothing else.
pub(crate) fn find(template: &Value, parameter: &str) -> Vec<Use> {
    let mut found = Vec::new();
    let resources = template.get("Resources").and_then(Value::as_object);
    for resource in resources.into_iter().flat_map(serde_json::Map::values) {
        let (Some(kind), Some(properties)) = (resource.get("Type").and_then(Value::as_str), resource.get("Properties")) else {
            continue;
        };
        look(properties, "", parameter, &mut |property| {
            found.push(Use { kind: kind.to_owned(), property: property.to_owned() });
        });
    }
    found
}

fn look(value: &Value, property: &str, parameter: &str, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(members) if is_value(members, parameter) => visit(property),
        Value::Object(members) => {
            for (name, inner) in members {
                // What a function makes of a value is another one, but for which of two it is.
                match name.as_str() {
                    "Fn::If" => look(inner, property, parameter, visit),
                    name if name.starts_with("Fn::") => {}
                    name => look(inner, name, parameter, visit),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, property, parameter, visit)),
        _ => {}
    }
}

fn is_value(members: &serde_json::Map<String, Value>, parameter: &str) -> bool {
    let is_text = |name: &str, text: &str| members.get(name).and_then(Value::as_str) == Some(text);
    members.len() == 1 && (is_text("Ref", parameter) || is_text("Fn::Sub", &format!("${{{parameter}}}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_at_any_depth_and_functions_of_the_value_are_not() {
        let template = nightproof_template::to_json(
            "Resources:\n  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Sub '${P}', Tags: [{Key: a, Value: !Sub 'x-${P}'}]}}\n  I: {Type: 'AWS::EC2::Instance', Properties: {NetworkInterfaces: [{SubnetId: !If [C, !Ref P, !Ref Q]}], ImageId: !Select [0, [!Ref P]]}}\n",
        )
        .unwrap();
        let found = find(&template, "P");
        let found: Vec<(&str, &str)> = found.iter().map(|one| (one.kind.as_str(), one.property.as_str())).collect();
        assert_eq!(found, [("AWS::S3::Bucket", "BucketName"), ("AWS::EC2::Instance", "SubnetId")]);
    }
}
