//! `Action` and `NotAction`.

use crate::pattern::{Pattern, Syntax};

/// The actions that a statement is about.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions {
    /// `NotAction`: all actions but these.
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[ActionPattern]>,
}

impl Actions {
    /// `action` as policies name it: `s3:PutObject`.
    pub(crate) fn cover(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }
}

/// `service:name`, or `*` for everything. Case does not matter, and wildcards in one part never reach into the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionPattern {
    source: Box<str>,
    parts: Option<(Pattern, Pattern)>,
}

/// Whether an action as policies write it, with wildcards, is about `action`.
pub fn action_covers(pattern: &str, action: &str) -> bool {
    ActionPattern::new(pattern).matches(action)
}

impl ActionPattern {
    pub(crate) fn new(source: &str) -> Self {
        let part = |text| Pattern::new(text, Syntax { wildcards: true, variables: false });
        let parts = source.split_once(':').map(|(service, name)| (part(service), part(name)));
        Self { source: source.into(), parts }
    }

    /// As written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn matches(&self, action: &str) -> bool {
        match (&self.parts, action.split_once(':')) {
            (None, _) => &*self.source == "*",
            (Some(_), None) => false,
            (Some((service, name)), Some((asked_service, asked_name))) => {
                service.matches_ignore_ascii_case(asked_service) && name.matches_ignore_ascii_case(asked_name)
            }
        }
    }
}
