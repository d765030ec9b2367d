//! Tags of sessions, and those that sessions of further roles inherit.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining>

use nightproof_core::service::AwsError;

/// The tags of a new session, and the keys of those that are handed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SessionTags {
    /// Key and value.
    pub(crate) tags: Vec<(String, String)>,
    /// Keys of the tags that a role which the session assumes inherits.
    pub(crate) transitive: Vec<String>,
}

impl SessionTags {
    /// Those of a session that is asked for with `given` tags, of which `transitive` ones are handed on, by a session that has `own`.
    ///
    /// # Errors
    /// A key comes twice, is handed on without being given, or is one that is inherited. Keys are the same in any case.
    pub(crate) fn new(given: Vec<(String, String)>, transitive: Vec<String>, own: &Self) -> Result<Self, AwsError> {
        let refused = |message: &str| Err(AwsError::new("InvalidParameterValue", 400, message));
        for (at, (key, _)) in given.iter().enumerate() {
            if given.iter().skip(at + 1).any(|(other, _)| other.eq_ignore_ascii_case(key)) {
                return refused("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
            }
        }
        if given.iter().any(|(key, _)| own.hands_on(key)) {
            return refused(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
            );
        }
        if transitive.iter().any(|wanted| !given.iter().any(|(key, _)| key.eq_ignore_ascii_case(wanted))) {
            return refused("The specified transitive tag key must be included in the requested tags.");
        }
        let inherited = own.tags.iter().filter(|(key, _)| own.hands_on(key)).cloned();
        let tags = inherited.chain(given).collect();
        Ok(Self { tags, transitive: own.transitive.iter().cloned().chain(transitive).collect() })
    }

    fn hands_on(&self, key: &str) -> bool {
        self.transitive.iter().any(|one| one.eq_ignore_ascii_case(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    fn refusal(given: Vec<(String, String)>, transitive: &[&str], own: &SessionTags) -> String {
        let transitive = transitive.iter().map(|&key| key.to_owned()).collect();
        SessionTags::new(given, transitive, own).unwrap_err().message
    }

    #[test]
    fn transitive_tags_are_inherited_from_session_to_session() {
        let first = vec![tag("Team", "db"), tag("Night", "1")];
        let first = SessionTags::new(first, vec!["team".to_owned()], &SessionTags::default()).unwrap();
        let second = SessionTags::new(vec![tag("Step", "2")], Vec::new(), &first).unwrap();
        assert_eq!(second.tags, [tag("Team", "db"), tag("Step", "2")]);
        let third = SessionTags::new(Vec::new(), Vec::new(), &second).unwrap();
        assert_eq!(third.tags, [tag("Team", "db")]);
    }

    #[test]
    fn tags_that_contradict_each_other_are_refused() {
        let own = SessionTags { tags: vec![tag("Team", "db")], transitive: vec!["Team".to_owned()] };
        let none = SessionTags::default();
        assert!(refusal(vec![tag("TEAM", "web")], &[], &own).contains("conflicts with a transitive tag key"));
        assert!(refusal(vec![tag("a", "1"), tag("A", "2")], &[], &none).starts_with("Duplicate tag keys found"));
        assert!(refusal(vec![tag("a", "1")], &["b"], &none).contains("must be included in the requested tags"));
    }
}
