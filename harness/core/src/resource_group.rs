//! The query of a resource group: which resources are its members.
//! <https://docs.aws.amazon.com/ARG/latest/userguide/getting_started-query.html>

/// The name that a query has for every type.
const ALL: &str = "AWS::AllSupported";
/// The tag that CloudFormation puts on the resources of a stack.
const STACK: &str = "aws:cloudformation:stack-id";
/// The tag that EC2 Auto Scaling puts on what it launches. Such an instance inherits the tags of its group, and is no resource of the stack.
const LAUNCHED: &str = "aws:autoscaling:groupName";

/// What the members of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupQuery {
    /// Resource types: `AWS::EC2::Instance`.
    pub types: Vec<String>,
    /// By what resources are found.
    pub members: GroupMembers,
}

/// The two kinds of queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupMembers {
    /// `TAG_FILTERS_1_0`: all of these keys with one of their values each; with any value if there are none.
    Tags(Vec<(String, Vec<String>)>),
    /// `CLOUDFORMATION_STACK_1_0`: the resources of the stack with this id.
    Stack(String),
}

impl GroupQuery {
    /// Whether a resource of type `kind`, whose tags `tag` looks up by key, is a member.
    pub fn includes<'a>(&self, kind: &str, tag: impl Fn(&str) -> Option<&'a str>) -> bool {
        let is_found = match &self.members {
            GroupMembers::Tags(filters) => filters
                .iter()
                .all(|(key, values)| tag(key).is_some_and(|value| values.is_empty() || values.iter().any(|one| one == value))),
            GroupMembers::Stack(id) => tag(STACK) == Some(id) && tag(LAUNCHED).is_none(),
        };
        is_found && has_type(&self.types, kind)
    }

    /// Whether all members are of type `kind`.
    pub fn is_only(&self, kind: &str) -> bool {
        !self.types.is_empty() && self.types.iter().all(|one| one.eq_ignore_ascii_case(kind))
    }
}

/// Whether `types` name `kind`. Systems Manager's documentation writes `AWS::EC2::INSTANCE` for `AWS::EC2::Instance`.
pub fn has_type(types: &[String], kind: &str) -> bool {
    types.iter().any(|one| one == ALL || one.eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn includes(query: &GroupQuery, tags: &[(&str, &'static str)]) -> bool {
        query.includes("AWS::EC2::Instance", |key| tags.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
    }

    #[test]
    fn a_member_has_every_key_of_the_query_with_one_of_its_values() {
        let filters =
            vec![("Backup".to_owned(), vec!["Nightly".to_owned(), "Hourly".to_owned()]), ("Team".to_owned(), Vec::new())];
        let query = GroupQuery { types: vec!["AWS::EC2::INSTANCE".to_owned()], members: GroupMembers::Tags(filters) };
        assert!(includes(&query, &[("Backup", "Hourly"), ("Team", "x")]));
        assert!(!includes(&query, &[("Backup", "Weekly"), ("Team", "x")]));
        assert!(!includes(&query, &[("Backup", "Hourly")]));
        assert!(query.is_only("AWS::EC2::Instance"));
    }

    #[test]
    fn what_auto_scaling_launches_is_no_resource_of_the_stack() {
        let query = GroupQuery { types: vec![ALL.to_owned()], members: GroupMembers::Stack("id".to_owned()) };
        assert!(includes(&query, &[(STACK, "id")]));
        assert!(!includes(&query, &[(STACK, "other")]));
        assert!(!includes(&query, &[(STACK, "id"), (LAUNCHED, "g")]));
        assert!(!query.is_only("AWS::EC2::Instance"));
    }
}
