//! What a cloud-config asks for. <https://cloudinit.readthedocs.io/en/latest/reference/modules.html>

use serde_json::{Map, Value};

/// Members that are acted upon.
const SERVED: [&str; 16] = [
    "apt_update",
    "apt_upgrade",
    "bootcmd",
    "cloud_final_modules",
    "groups",
    "output",
    "package_reboot_if_required",
    "package_update",
    "package_upgrade",
    "packages",
    "repo_update",
    "repo_upgrade",
    "runcmd",
    "ssh_authorized_keys",
    "users",
    "write_files",
];

/// Where output goes by itself, and what most configurations say of it.
const USUAL_OUTPUT: &str = "tee -a /var/log/cloud-init-output.log";

/// A cloud-config.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Config(Map<String, Value>);

impl Config {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// A member that is a list; one value is a list of it.
    pub(super) fn list(&self, name: &str) -> Vec<&Value> {
        match self.0.get(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one) => vec![one],
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Whether any of these members is true.
    pub(super) fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.get(*name) == Some(&Value::Bool(true)))
    }

    /// Members, by their names, that nothing here acts upon.
    pub(super) fn unserved(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.keys().filter(|name| !SERVED.contains(&name.as_str())).cloned().collect();
        if self.get("output").is_some_and(|output| !output.to_string().contains(USUAL_OUTPUT)) {
            names.push("output".to_owned());
        }
        let others = |module: &&Value| !is_scripts_user(module);
        if self.list("cloud_final_modules").iter().any(others) {
            names.push("cloud_final_modules".to_owned());
        }
        names
    }

    /// Whether scripts run at every boot, and not only at the first.
    /// <https://repost.aws/knowledge-center/execute-user-data-ec2>
    pub(super) fn scripts_always_run(&self) -> bool {
        let always = |module: &Value| module.get(1).and_then(Value::as_str) == Some("always");
        self.list("cloud_final_modules").into_iter().any(|module| is_scripts_user(module) && always(module))
    }

    /// Packages with the versions that they are asked for in.
    pub(super) fn packages(&self) -> Result<Vec<String>, String> {
        let name = |package: &Value| match package {
            Value::String(name) => Some(name.clone()),
            Value::Array(pair) => pair.first().and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        self.list("packages")
            .into_iter()
            .map(|package| {
                name(package)
                    .ok_or_else(|| format!("package {package} is not installed: only names are, and names with a version"))
            })
            .collect()
    }
}

/// `scripts-user` or `[scripts-user, always]`
fn is_scripts_user(module: &Value) -> bool {
    let name = module.as_str().or_else(|| module.get(0).and_then(Value::as_str));
    name.is_some_and(|name| name.replace('_', "-") == "scripts-user")
}

/// The script that a list of commands is: a text is a line, a list is the words of one.
/// <https://cloudinit.readthedocs.io/en/latest/reference/modules.html#runcmd>
pub(super) fn script(commands: &[&Value]) -> Result<String, String> {
    let mut script = "#!/bin/sh\n".to_owned();
    for command in commands {
        match command {
            Value::String(line) => script.push_str(line),
            Value::Array(words) => {
                let quoted = |word: &Value| {
                    let text = word.as_str().map_or_else(|| word.to_string(), str::to_owned);
                    format!("'{}'", text.replace('\'', "'\\''"))
                };
                script.push_str(&words.iter().map(quoted).collect::<Vec<_>>().join(" "));
            }
            Value::Null => continue,
            other => return Err(format!("a command is a text or a list, and not {other}")),
        }
        script.push('\n');
    }
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(members: Value) -> Config {
        Config::new(members.as_object().unwrap().clone())
    }

    #[test]
    fn commands_are_lines_or_words() {
        let commands = [json!("echo a | tee b"), json!(["echo", "it's", 1]), json!(null)];
        assert_eq!(script(&commands.iter().collect::<Vec<_>>()).unwrap(), "#!/bin/sh\necho a | tee b\n'echo' 'it'\\''s' '1'\n");
        assert!(script(&[&json!({"a": 1})]).is_err());
    }

    #[test]
    fn what_is_not_acted_upon_is_named() {
        let members = json!({
            "runcmd": [], "timezone": "UTC", "output": {"all": "> /x"}, "cloud_final_modules": [["scripts-user", "always"], "x"],
        });
        assert_eq!(config(members).unserved(), ["timezone", "output", "cloud_final_modules"]);
        let usual = json!({"output": {"all": "| tee -a /var/log/cloud-init-output.log"}, "cloud_final_modules": [["scripts_user", "always"]]});
        assert_eq!((config(usual.clone()).unserved().len(), config(usual).scripts_always_run()), (0, true));
    }

    #[test]
    fn packages_are_names_and_names_with_versions() {
        assert_eq!(config(json!({"packages": ["jq", ["tar", "1.2"]]})).packages().unwrap(), ["jq", "tar"]);
        assert!(config(json!({"packages": [{"snap": ["x"]}]})).packages().is_err());
    }
}
