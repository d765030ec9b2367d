//! What a build has changed so far, by which services are restarted.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a config has changed: names by section, and packages by their manager.
#[derive(Debug, Default)]
pub(super) struct Changes {
    sections: BTreeMap<&'static str, Vec<String>>,
    packages: BTreeMap<String, Vec<String>>,
}

impl Changes {
    pub(super) fn add(&mut self, section: &'static str, names: Vec<String>) {
        self.sections.entry(section).or_default().extend(names);
    }

    pub(super) fn add_packages(&mut self, manager: &str, names: Vec<String>) {
        self.packages.entry(manager.to_owned()).or_default().extend(names);
    }

    /// Whether a service with these properties depends on something that has changed.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-services>
    pub(super) fn concern(&self, service: &Value) -> bool {
        let names = |value: &Value| match value {
            Value::String(one) => vec![one.clone()],
            list => list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
        };
        let any = |asked: Option<&Value>, changed: &Vec<String>| {
            asked.is_some_and(|asked| names(asked).iter().any(|name| changed.contains(name)))
        };
        self.sections.iter().any(|(section, changed)| any(service.get(section), changed))
            || self
                .packages
                .iter()
                .any(|(manager, changed)| any(service.pointer("/packages").and_then(|all| all.get(manager)), changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_is_concerned_by_what_it_names() {
        let mut changes = Changes::default();
        changes.add("files", vec!["/etc/a".to_owned()]);
        changes.add_packages("yum", vec!["httpd".to_owned()]);
        for (service, concerned) in [
            (json!({"files": ["/etc/b", "/etc/a"]}), true),
            (json!({"files": "/etc/a"}), true),
            (json!({"packages": {"yum": ["httpd"]}}), true),
            (json!({"packages": {"apt": ["httpd"]}}), false),
            (json!({"files": ["/etc/b"], "sources": ["/etc/a"], "ensureRunning": "true"}), false),
        ] {
            assert_eq!(changes.concern(&service), concerned, "{service}");
        }
    }
}
