//! The sections `groups` and `users`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-groups>

use serde_json::{Map, Value};

use super::log::Log;
use crate::commands::accounts::{self, NewUser};

/// Makes groups; returns the names of those that were not there.
pub(super) fn make_groups(section: &Map<String, Value>, log: &Log) -> Result<Vec<String>, String> {
    let mut made = Vec::new();
    for (name, attributes) in sorted(section) {
        let asked = id(attributes, "gid")?;
        if let Some(existing) = accounts::group(name) {
            if let Some(asked) = asked.filter(|asked| *asked != existing) {
                return Err(format!("Group {name} exists with gid {existing}, but gid {asked} was requested"));
            }
            log.debug(format!("Group {name} already exists"));
            continue;
        }
        accounts::add_group(name, asked, true).map_err(|error| {
            log.error(format!("Failed to create group {name}: {error}"));
            format!("Failed to create group {name}")
        })?;
        log.info(format!("Created group {name} successfully"));
        made.push(name.clone());
    }
    Ok(made)
}

/// Makes users, of the system and without a login, or changes those that are there; returns their names.
pub(super) fn make_users(section: &Map<String, Value>, log: &Log) -> Result<Vec<String>, String> {
    let mut made = Vec::new();
    for (name, attributes) in sorted(section) {
        let asked = id(attributes, "uid")?;
        let groups: Vec<String> = attributes
            .get("groups")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if let Some(unknown) = groups.iter().find(|group| accounts::group(group).is_none()) {
            return Err(format!("{unknown} is not a valid group name"));
        }
        let home = attributes.get("homeDir").and_then(Value::as_str);
        let failed = |verb: &str, error: std::io::Error| {
            log.error(format!("Failed to {verb} user {name}: {error}"));
            format!("Failed to {verb} user {name}")
        };
        match accounts::user(name) {
            Some((existing, _)) if asked.is_some_and(|asked| asked != existing) => {
                let asked = asked.unwrap_or_default();
                return Err(format!("User {name} exists with uid {existing}, but uid {asked} was requested"));
            }
            Some((_, at_home)) => {
                let moves = home.filter(|home| *home != at_home);
                if groups.is_empty() && moves.is_none() {
                    log.info(format!("No homedir or groups specified; not modifying {name}"));
                    continue;
                }
                accounts::join(name, &groups).map_err(|error| failed("modify", error))?;
                moves.map_or(Ok(()), |home| accounts::move_home(name, home)).map_err(|error| failed("modify", error))?;
                log.info(format!("Modified user {name} successfully"));
            }
            None => {
                let new = NewUser {
                    name,
                    id: asked,
                    groups: &groups,
                    home,
                    shell: "/sbin/nologin",
                    is_system: true,
                    ..NewUser::default()
                };
                accounts::add_user(&new).map_err(|error| failed("add", error))?;
                log.info(format!("Added user {name} successfully"));
            }
        }
        made.push(name.clone());
    }
    Ok(made)
}

/// In the order of their names.
pub(super) fn sorted(section: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = section.iter().collect();
    entries.sort_unstable_by_key(|(name, _)| name.as_str());
    entries
}

fn id(attributes: &Value, name: &str) -> Result<Option<u32>, String> {
    let text = match attributes.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text.trim().parse().map(Some).map_err(|_| format!("invalid {name} '{text}'"))
}
