//! The cases in `tests/cases`: its README has their form.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nightproof_template::{Document, Inputs, LANGUAGE_EXTENSIONS, ParameterFacts, Pseudo, Template, TemplateError};
use serde_json::{Map, Value, json};

use super::All;

#[test]
fn every_case_becomes_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".yaml")?.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let text = fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let expected: Value = serde_json::from_str(&fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap();
        let found = outcome(&text, &expected);
        for (member, value) in expected.as_object().unwrap() {
            if !matches!(member.as_str(), "parameters" | "lookups") {
                let seen = found.get(member);
                assert_eq!(seen, Some(value), "{name}: {member}\n{}", serde_json::to_string_pretty(&found).unwrap());
            }
        }
    }
}

fn outcome(text: &str, given: &Value) -> Map<String, Value> {
    match become_of(text, given) {
        Ok(found) => found,
        Err(errors) => {
            let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
            Map::from_iter([("error".to_owned(), messages.join("; ").into())])
        }
    }
}

fn become_of(text: &str, given: &Value) -> Result<Map<String, Value>, Vec<TemplateError>> {
    let mut document = Document::read(text)?;
    let declared = document.template()?;
    let one = |error: TemplateError| vec![error];
    let values = given.get("parameters").and_then(Value::as_object).into_iter().flatten();
    let values: BTreeMap<String, String> =
        values.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    let inputs = inputs(&declared, &values)?;
    while let Some(used) = document.next_macro().map_err(one)? {
        assert_eq!(used.name, LANGUAGE_EXTENSIONS, "the transform that needs no region");
        document.extend(&inputs, &[]).map_err(one)?;
    }
    let template = document.template()?;
    template.check_rules(&inputs, &facts(given))?;
    let deployment = template.deploy(inputs)?;
    let mut properties = Map::new();
    for resource in deployment.resources() {
        properties.insert(resource.id.clone(), deployment.properties(&resource.id, &All).map_err(one)?);
    }
    let outputs = deployment.outputs(&All).map_err(one)?;
    let outputs: Map<String, Value> = outputs.into_iter().map(|output| (output.name, output.value.into())).collect();
    let found = json!({"processed": document.to_json(), "properties": properties, "outputs": outputs});
    Ok(found.as_object().cloned().unwrap())
}

fn inputs(template: &Template, given: &BTreeMap<String, String>) -> Result<Inputs, Vec<TemplateError>> {
    Ok(Inputs {
        parameters: template.parameter_values(given)?,
        pseudo: Pseudo {
            account_id: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            partition: "aws".to_owned(),
            stack_name: "stack".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            ..Pseudo::default()
        },
        availability_zones: vec!["us-east-1a".to_owned(), "us-east-1b".to_owned()],
        ..Inputs::default()
    })
}

fn facts(given: &Value) -> ParameterFacts {
    let mut facts = ParameterFacts::default();
    for (kind, ids) in given.get("lookups").and_then(Value::as_object).into_iter().flatten() {
        let ids = ids.as_object().unwrap().iter().map(|(id, attributes)| {
            let attributes = attributes.as_object().unwrap().iter();
            (id.clone(), attributes.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect())
        });
        facts.resources.insert(kind.clone(), ids.collect());
    }
    facts
}
