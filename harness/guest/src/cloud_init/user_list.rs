//! `groups`, `users` and keys. <https://cloudinit.readthedocs.io/en/latest/reference/modules.html#users-and-groups>

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::commands::accounts::{self, NewUser};

const SUDOERS: &str = "/etc/sudoers.d/90-cloud-init-users";

/// A user, by its members that are acted upon.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: String,
    #[serde(default)]
    gecos: String,
    #[serde(default)]
    groups: Names,
    primary_group: Option<String>,
    homedir: Option<String>,
    shell: Option<String>,
    #[serde(default)]
    sudo: Value,
    uid: Option<u32>,
    #[serde(default)]
    system: bool,
    #[serde(default)]
    no_create_home: bool,
    /// Nobody has a password here.
    #[serde(default, rename = "lock_passwd")]
    _lock_password: bool,
    #[serde(default)]
    ssh_authorized_keys: Vec<String>,
}

/// A list, or names between commas.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Text(String),
    #[default]
    None,
}

impl Names {
    fn list(&self) -> Vec<String> {
        match self {
            Self::List(names) => names.clone(),
            Self::Text(text) => text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
            Self::None => Vec::new(),
        }
    }
}

/// Makes groups: names, or names with their members.
pub(super) fn make_groups(groups: &[&Value]) -> Result<(), String> {
    let add = |name: &str| match accounts::group(name) {
        Some(_) => Ok(()),
        None => accounts::add_group(name, None, false).map(drop).map_err(|error| format!("groups: {name}: {error}")),
    };
    for entry in groups {
        match entry {
            Value::String(names) => names.split(',').map(str::trim).filter(|name| !name.is_empty()).try_for_each(add)?,
            Value::Object(members) => {
                for (name, users) in members {
                    add(name)?;
                    for user in
                        users.as_array().map_or(std::slice::from_ref(users), Vec::as_slice).iter().filter_map(Value::as_str)
                    {
                        let joined = accounts::join(user, std::slice::from_ref(name));
                        joined.map_err(|error| format!("groups: {name}: {error}"))?;
                    }
                }
            }
            other => return Err(format!("groups: a group is a name, and not {other}")),
        }
    }
    Ok(())
}

/// Makes users. `default` is the image's own, which is there.
pub(super) fn make_users(users: &[&Value]) -> Result<(), String> {
    for entry in users {
        let user = match entry {
            Value::String(name) if name == "default" => continue,
            Value::String(name) => serde_json::json!({ "name": name }),
            other => (*other).clone(),
        };
        let user: User = serde_json::from_value(user).map_err(|error| format!("users: {error}"))?;
        make(&user).map_err(|error| format!("users: {}: {error}", user.name))?;
    }
    Ok(())
}

fn make(user: &User) -> io::Result<()> {
    let groups = user.groups.list();
    for group in groups.iter().chain(&user.primary_group).filter(|group| accounts::group(group).is_none()) {
        accounts::add_group(group, None, user.system)?;
    }
    // One that is there stays as it is.
    if accounts::user(&user.name).is_none() {
        accounts::add_user(&NewUser {
            name: &user.name,
            id: user.uid,
            group: user.primary_group.as_deref(),
            groups: &groups,
            comment: &user.gecos,
            home: user.homedir.as_deref(),
            shell: user.shell.as_deref().unwrap_or("/bin/bash"),
            is_system: user.system,
            makes_home: !(user.no_create_home || user.system),
        })?;
    }
    let rules: Vec<&str> = match &user.sudo {
        Value::String(rule) => vec![rule],
        Value::Array(rules) => rules.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !rules.is_empty() {
        let lines: String = rules.iter().map(|rule| format!("{} {rule}\n", user.name)).collect();
        append(Path::new(SUDOERS), &lines)?;
    }
    authorize(&user.name, &user.ssh_authorized_keys)
}

/// Adds keys to those that may log in as a user.
pub(super) fn authorize(user: &str, keys: &[String]) -> io::Result<()> {
    let Some((id, home)) = accounts::user(user).filter(|_| !keys.is_empty()) else { return Ok(()) };
    let folder = Path::new(&home).join(".ssh");
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    let file = folder.join("authorized_keys");
    append(&file, &keys.iter().map(|key| format!("{key}\n")).collect::<String>())?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    accounts::own(&folder, Some(id), None)?;
    accounts::own(&file, Some(id), None)
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_of_a_user_are_a_list_or_a_text() {
        let names = |groups: Value| serde_json::from_value::<User>(json!({"name": "x", "groups": groups})).unwrap().groups.list();
        assert_eq!(
            (names(json!("a, b")), names(json!(["a", "b"]))),
            (vec!["a".into(), "b".into()], vec!["a".into(), "b".into()])
        );
    }

    #[test]
    fn what_of_a_user_is_not_acted_upon_is_named() {
        assert!(
            make_users(&[&json!({"name": "x", "hashed_passwd": "y"})]).unwrap_err().contains("unknown field `hashed_passwd`")
        );
        assert_eq!(make_users(&[&json!("default")]), Ok(()));
        assert!(make_groups(&[&json!(1)]).unwrap_err().contains("a group is a name"));
    }
}
