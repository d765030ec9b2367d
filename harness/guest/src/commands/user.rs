//! Users of the machine, by its `/etc/passwd`. <https://man7.org/linux/man-pages/man5/passwd.5.html>

use std::fs;

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) id: u32,
    pub(crate) group: u32,
    pub(crate) home: String,
    pub(crate) shell: String,
}

impl User {
    /// The user of this name, or of this number after a `#`.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let number = name.strip_prefix('#').and_then(|number| number.parse().ok());
        let text = fs::read_to_string("/etc/passwd").ok()?;
        text.lines().filter_map(Self::read).find(|user| number.map_or(user.name == name, |number: u32| user.id == number))
    }

    fn read(line: &str) -> Option<Self> {
        let [name, _, id, group, _, home, shell] = line.split(':').collect::<Vec<_>>().try_into().ok()?;
        let shell = if shell.is_empty() { "/bin/sh" } else { shell };
        Some(Self {
            name: name.to_owned(),
            id: id.parse().ok()?,
            group: group.parse().ok()?,
            home: home.to_owned(),
            shell: shell.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_passwd_is_a_user() {
        let user = User::read("ec2-user:x:1000:1000:EC2 Default User:/home/ec2-user:/bin/bash").unwrap();
        assert_eq!((user.name.as_str(), user.id, user.home.as_str()), ("ec2-user", 1000, "/home/ec2-user"));
        assert_eq!(User::read("broken"), None);
    }
}
