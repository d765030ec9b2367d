//! Which configs run, in which order.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-configsets>

use serde_json::Value;

const SETS: &str = "configSets";

/// The configs of a set, by their names and in their order. `init` is the value of `AWS::CloudFormation::Init`.
pub(super) fn configs<'a>(init: &'a Value, set: &'a str) -> Result<Vec<(&'a str, &'a Value)>, String> {
    let Some(sets) = init.get(SETS) else {
        // Without sets there is one, of one config.
        return match set {
            "default" => Ok(init.get("config").map(|config| ("config", config)).into_iter().collect()),
            other => Err(unknown(other)),
        };
    };
    let sets = sets.as_object().ok_or_else(|| format!("{SETS} should be a mapping of name to list"))?;
    // All of them are read, whichever is asked for.
    for name in sets.keys() {
        collect(init, name, &mut Vec::new(), &mut Vec::new())?;
    }
    if !sets.contains_key(set) {
        return Err(unknown(set));
    }
    let mut found = Vec::new();
    collect(init, set, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn unknown(set: &str) -> String {
    format!("Error: no ConfigSet named {set} exists")
}

fn collect<'a>(
    init: &'a Value,
    set: &'a str,
    within: &mut Vec<&'a str>,
    found: &mut Vec<(&'a str, &'a Value)>,
) -> Result<(), String> {
    let list = init.get(SETS).and_then(|sets| sets.get(set));
    let list = list.ok_or_else(|| format!("Configuration set {set} was referenced but not defined"))?;
    if within.contains(&set) {
        return Err(format!("At least one circular dependency detected; this is not allowed. Culprits: {}", within.join(", ")));
    }
    within.push(set);
    for item in list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice) {
        match (item.as_str(), item.get("ConfigSet").and_then(Value::as_str)) {
            (Some(name), _) => {
                let config = init.get(name).filter(|_| name != SETS);
                found.push((name, config.ok_or_else(|| format!("No configuration found with name: {name}"))?));
            }
            (None, Some(other)) => collect(init, other, within, found)?,
            (None, None) => {
                return Err("Config definitions must be either a config name or a reference in the format \
                            {'ConfigSet':<config set name>}"
                    .to_owned());
            }
        }
    }
    within.pop();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(init: &Value, set: &str) -> Result<Vec<String>, String> {
        configs(init, set).map(|found| found.into_iter().map(|(name, _)| name.to_owned()).collect())
    }

    #[test]
    fn without_sets_the_config_is_the_default_one() {
        let init = json!({"config": {}});
        assert_eq!(names(&init, "default").unwrap(), ["config"]);
        assert_eq!(names(&init, "other").unwrap_err(), "Error: no ConfigSet named other exists");
    }

    #[test]
    fn sets_hold_configs_and_sets_in_their_order() {
        let init = json!({
            "configSets": {"default": [{"ConfigSet": "b"}, "one"], "b": ["two", "three"], "single": "three"},
            "one": {}, "two": {}, "three": {},
        });
        assert_eq!(names(&init, "default").unwrap(), ["two", "three", "one"]);
        assert_eq!(names(&init, "single").unwrap(), ["three"]);
    }

    #[test]
    fn what_a_set_cannot_hold_is_an_error() {
        for (sets, part) in [
            (json!({"default": ["nothing"]}), "No configuration found with name: nothing"),
            (json!({"default": [{"ConfigSet": "x"}]}), "Configuration set x was referenced but not defined"),
            (json!({"default": ["one"], "a": [{"ConfigSet": "b"}], "b": [{"ConfigSet": "a"}]}), "circular dependency"),
            (json!({"default": [{"Config": "one"}]}), "Config definitions must be either"),
            (json!(["one"]), "should be a mapping"),
        ] {
            let init = json!({"configSets": sets, "one": {}});
            assert!(names(&init, "default").unwrap_err().contains(part), "{init}");
        }
    }
}
