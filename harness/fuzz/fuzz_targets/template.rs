//! Any text is a template or errors with a message; a template is deployed in an order that has its dependencies first.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use nightproof_template::{Inputs, Made, Pseudo, Template, to_json};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Everything is made and is called as its logical id.
struct All;

impl Made for All {
    fn reference(&self, id: &str) -> Option<String> {
        Some(id.to_owned())
    }

    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        Some(format!("{id}.{name}").into())
    }
}

fuzz_target!(|text: &str| {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(errors) => {
            assert!(errors.iter().all(|error| !error.to_string().is_empty()) && !errors.is_empty());
            return;
        }
    };
    let _ = to_json(text);
    let _ = template.policies();
    let pseudo = Pseudo {
        account_id: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        stack_name: "stack".to_owned(),
        stack_id: "arn:aws:cloudformation:us-east-1:111122223333:stack/stack/1".to_owned(),
        partition: "aws".to_owned(),
        url_suffix: "amazonaws.com".to_owned(),
        notification_arns: Vec::new(),
    };
    let Ok(parameters) = template.parameter_values(&BTreeMap::new()) else { return };
    let Ok(deployment) = template.deploy(Inputs { parameters, pseudo, ..Inputs::default() }) else { return };
    let mut made = BTreeSet::new();
    for layer in deployment.order() {
        for id in &layer {
            assert!(deployment.dependencies(id).iter().all(|needed| made.contains(needed)), "{id}");
        }
        made.extend(layer);
    }
    for resource in deployment.resources() {
        assert!(made.contains(&resource.id));
        let _ = deployment.properties(&resource.id, &All);
    }
    let _ = (deployment.imports(), deployment.outputs(&All));
});
