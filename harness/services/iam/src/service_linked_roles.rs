//! The roles that AWS's services have for themselves.

/// What a service's role is called, and what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServiceLinked {
    pub(crate) role: &'static str,
    /// The ARN of its policy.
    pub(crate) policy: &'static str,
    /// Whether an account can have several, each with a suffix.
    pub(crate) suffixes: bool,
}

/// The path of all of them is this and the service's name.
pub(crate) const PATH: &str = "/aws-service-role/";

/// The role of a service: `autoscaling.amazonaws.com`.
pub(crate) fn find(service: &str) -> Option<ServiceLinked> {
    let lines = include_str!("service_linked_roles.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(' ').collect::<Vec<_>>()).find_map(|fields| match fields.as_slice() {
        [name, role, policy, rest @ ..] if *name == service => Some(ServiceLinked { role, policy, suffixes: !rest.is_empty() }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_one_role_and_some_have_several() {
        let backup = find("backup.amazonaws.com").unwrap();
        assert_eq!((backup.role, backup.suffixes), ("AWSServiceRoleForBackup", false));
        assert_eq!(find("autoscaling.amazonaws.com").map(|found| found.suffixes), Some(true));
        assert_eq!(find("nobody.amazonaws.com"), None);
    }
}
