//! Configuration of `cfn-hup`: which changes of a stack's resources have what run.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-hup.html#cfn-hup-config-file>

use std::fs;
use std::path::Path;

use super::client::Access;

/// Sections with their settings, as Python's `configparser` reads them.
type Sections = Vec<(String, Vec<(String, String)>)>;

/// What is run when something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hook {
    pub(super) name: String,
    pub(super) triggers: Vec<String>,
    /// `Resources.ID.Metadata.…` or `Resources.ID.PhysicalResourceId`
    pub(super) path: String,
    pub(super) action: String,
    pub(super) user: Option<String>,
}

/// All that a folder configures.
#[derive(Debug)]
pub(super) struct Configuration {
    main: Vec<(String, String)>,
    pub(super) hooks: Vec<Hook>,
}

impl Configuration {
    /// Reads `cfn-hup.conf`, `hooks.conf` and `hooks.d` of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let main_path = folder.join("cfn-hup.conf");
        let text = fs::read_to_string(&main_path)
            .map_err(|_| format!("Could not find main configuration at {}", main_path.display()))?;
        let main = sections(&text).into_iter().find(|(name, _)| name == "main").map(|(_, settings)| settings).unwrap_or_default();
        if value(&main, "stack").is_none() {
            return Err("[main] section must contain stack option".to_owned());
        }
        let mut paths = vec![folder.join("hooks.conf")];
        paths.extend(fs::read_dir(folder.join("hooks.d")).into_iter().flatten().flatten().map(|entry| entry.path()));
        paths.sort();
        let hooks = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).flat_map(|text| sections(&text));
        let hooks: Vec<Hook> = hooks.filter_map(|(name, settings)| Hook::read(&name, &settings)).collect();
        if hooks.is_empty() {
            return Err("No valid hooks found".to_owned());
        }
        if let Some(hook) = hooks.iter().find(|hook| hook.triggers.iter().any(|trigger| trigger == "on.command")) {
            return Err(format!("hook {}: the trigger on.command is not served in this machine", hook.name));
        }
        Ok(Self { main, hooks })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        value(&self.main, name)
    }

    pub(super) fn access(&self) -> Access<'_> {
        Access {
            region: self.get("region"),
            url: self.get("url"),
            role: self.get("role"),
            credential_file: self.get("credential-file"),
            keys: None,
        }
    }
}

impl Hook {
    fn read(name: &str, settings: &[(String, String)]) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            triggers: value(settings, "triggers")?.split(',').map(|trigger| trigger.trim().to_owned()).collect(),
            path: value(settings, "path")?.to_owned(),
            action: value(settings, "action")?.to_owned(),
            user: value(settings, "runas").map(str::to_owned),
        })
    }

    /// Whether it is run as its path's value becomes another.
    pub(super) fn is_triggered<T: PartialEq>(&self, before: Option<&T>, now: Option<&T>) -> bool {
        let trigger = match (before, now) {
            (None, Some(_)) => "post.add",
            (Some(before), Some(now)) if before != now => "post.update",
            (Some(_), None) => "post.remove",
            _ => return false,
        };
        self.triggers.iter().any(|one| one == trigger)
    }
}

fn value<'a>(settings: &'a [(String, String)], name: &str) -> Option<&'a str> {
    settings.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(['#', ';'])) {
        if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push((name.to_owned(), Vec::new()));
            continue;
        }
        let Some((_, settings)) = sections.last_mut() else { continue };
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = settings.last_mut()
        {
            value.push('\n');
            value.push_str(line.trim());
        } else if let Some((key, value)) = line.split_once(['=', ':']) {
            settings.push((key.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_read_from_all_files_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert!(Configuration::read(folder.path()).unwrap_err().contains("Could not find main configuration"));
        write("cfn-hup.conf", "[main]\nregion=eu-west-1\n");
        assert_eq!(Configuration::read(folder.path()).unwrap_err(), "[main] section must contain stack option");
        write("cfn-hup.conf", "# said\n[main]\nstack=arn:aws:x\nregion=eu-west-1\ninterval: 1\n");
        assert_eq!(Configuration::read(folder.path()).unwrap_err(), "No valid hooks found");
        fs::create_dir(folder.path().join("hooks.d")).unwrap();
        let hook = "[reload]\nTriggers=post.update, post.add\npath=Resources.I.Metadata.AWS::CloudFormation::Init\n\
                    action=/opt/aws/bin/cfn-init -v\n  --region eu-west-1\nrunas=root\n[lacking]\npath=x\n";
        write("hooks.d/reload.conf", hook);
        let read = Configuration::read(folder.path()).unwrap();
        assert_eq!((read.get("stack"), read.get("interval")), (Some("arn:aws:x"), Some("1")));
        let [hook] = read.hooks.as_slice() else { panic!("{read:?}") };
        assert_eq!(hook.action, "/opt/aws/bin/cfn-init -v\n--region eu-west-1");
        assert_eq!(hook.path, "Resources.I.Metadata.AWS::CloudFormation::Init");
        assert!(hook.is_triggered(None, Some(&1)) && hook.is_triggered(Some(&1), Some(&2)));
        assert!(!hook.is_triggered(Some(&1), Some(&1)) && !hook.is_triggered(Some(&1), None));
    }

    #[test]
    fn a_hook_for_commands_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cfn-hup.conf"), "[main]\nstack=s\n").unwrap();
        fs::write(folder.path().join("hooks.conf"), "[c]\ntriggers=on.command\npath=Some\naction=true\n").unwrap();
        assert!(Configuration::read(folder.path()).unwrap_err().contains("hook c: the trigger on.command is not served"));
    }
}
