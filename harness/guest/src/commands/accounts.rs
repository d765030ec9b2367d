//! Users and groups that are added to the machine's `/etc/passwd` and `/etc/group`.
//! <https://man7.org/linux/man-pages/man8/useradd.8.html>, <https://man7.org/linux/man-pages/man8/groupadd.8.html>

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::Path;

use super::user::User;

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";
/// Where ids of persons begin; those of the system are below.
const FIRST: u32 = 1000;
const LAST: u32 = 60_000;
const FIRST_OF_SYSTEM: u32 = 201;

/// A user to be.
#[derive(Debug, Default)]
pub(crate) struct NewUser<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: Option<u32>,
    /// Its first group; one of its own name if it is not given.
    pub(crate) group: Option<&'a str>,
    pub(crate) groups: &'a [String],
    pub(crate) comment: &'a str,
    pub(crate) home: Option<&'a str>,
    pub(crate) shell: &'a str,
    /// Whether its id is one of the system's.
    pub(crate) is_system: bool,
    /// Whether its home is made.
    pub(crate) makes_home: bool,
}

/// The id of a group.
pub(crate) fn group(name: &str) -> Option<u32> {
    let text = fs::read_to_string(GROUP).ok()?;
    field(&text, name, 2).and_then(|id| id.parse().ok())
}

/// The id and the home of a user.
pub(crate) fn user(name: &str) -> Option<(u32, String)> {
    User::find(name).map(|user| (user.id, user.home))
}

/// A column of the line that begins with `name`.
fn field<'a>(text: &'a str, name: &str, column: usize) -> Option<&'a str> {
    text.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?.nth(column)
}

/// The lowest id of a person, or the highest of the system, that no line has in its third column.
fn free(text: &str, is_system: bool) -> u32 {
    let taken = |id: &u32| text.lines().any(|line| line.split(':').nth(2) == Some(id.to_string().as_str()));
    let mut persons = FIRST..LAST;
    let mut systems = (FIRST_OF_SYSTEM..FIRST).rev();
    let found = if is_system { systems.find(|id| !taken(id)) } else { persons.find(|id| !taken(id)) };
    found.unwrap_or(LAST)
}

/// Adds a group; returns its id.
pub(crate) fn add_group(name: &str, id: Option<u32>, is_system: bool) -> io::Result<u32> {
    let text = fs::read_to_string(GROUP)?;
    let id = id.unwrap_or_else(|| free(&text, is_system));
    append(GROUP, &text, &format!("{name}:x:{id}:"))?;
    Ok(id)
}

/// Adds a user with its groups and its home.
pub(crate) fn add_user(new: &NewUser<'_>) -> io::Result<()> {
    let text = fs::read_to_string(PASSWD)?;
    let id = new.id.unwrap_or_else(|| free(&text, new.is_system));
    let first = match new.group {
        Some(name) => group(name).ok_or_else(|| io::Error::other(format!("group '{name}' does not exist")))?,
        None => match group(new.name) {
            Some(existing) => existing,
            None => add_group(new.name, Some(id), new.is_system)?,
        },
    };
    let usual = format!("/home/{}", new.name);
    let home = new.home.unwrap_or(&usual);
    append(PASSWD, &text, &format!("{}:x:{id}:{first}:{}:{home}:{}", new.name, new.comment, new.shell))?;
    join(new.name, new.groups)?;
    if new.makes_home && !Path::new(home).exists() {
        fs::create_dir_all(home)?;
        fs::set_permissions(home, fs::Permissions::from_mode(0o700))?;
        own(Path::new(home), Some(id), Some(first))?;
    }
    Ok(())
}

/// Makes a user a member of groups that exist.
pub(crate) fn join(user: &str, groups: &[String]) -> io::Result<()> {
    let text = fs::read_to_string(GROUP)?;
    fs::write(GROUP, joined(&text, user, groups))
}

/// Gives a user another home.
pub(crate) fn move_home(user: &str, home: &str) -> io::Result<()> {
    let text = fs::read_to_string(PASSWD)?;
    fs::write(PASSWD, with_field(&text, user, 5, home))
}

fn joined(text: &str, user: &str, groups: &[String]) -> String {
    let mut text = text.to_owned();
    for group in groups {
        let members = field(&text, group, 3).unwrap_or_default().to_owned();
        if !members.split(',').any(|member| member == user) {
            let members = if members.is_empty() { user.to_owned() } else { format!("{members},{user}") };
            text = with_field(&text, group, 3, &members);
        }
    }
    text
}

fn with_field(text: &str, name: &str, column: usize, value: &str) -> String {
    let changed = |line: &str| {
        let mut fields: Vec<&str> = line.split(':').collect();
        if fields.first() == Some(&name)
            && let Some(field) = fields.get_mut(column)
        {
            *field = value;
        }
        fields.join(":") + "\n"
    };
    text.lines().map(changed).collect()
}

fn append(path: &str, text: &str, line: &str) -> io::Result<()> {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    fs::write(path, format!("{text}{end}{line}\n"))
}

/// Gives a file, or a link as such, to a user and a group. A sandbox has the ids of root alone, and everything in it stays root's.
pub(crate) fn own(path: &Path, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    match lchown(path, user, group) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "root:x:0:\nwheel:x:10:ec2-user\nec2-user:x:1000:\nlast:x:999:\n";

    #[test]
    fn a_new_id_is_one_that_nobody_has() {
        assert_eq!((free(TEXT, false), free(TEXT, true)), (1001, 998));
    }

    #[test]
    fn a_member_of_a_group_is_added_once() {
        let groups = ["wheel".to_owned(), "last".to_owned()];
        let text = joined(TEXT, "backup", &groups);
        assert_eq!(text, "root:x:0:\nwheel:x:10:ec2-user,backup\nec2-user:x:1000:\nlast:x:999:backup\n");
        assert_eq!(joined(&text, "backup", &groups), text);
        assert_eq!(field(&text, "wheel", 3), Some("ec2-user,backup"));
    }
}
