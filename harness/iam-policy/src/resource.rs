//! `Resource` and `NotResource`.

use crate::context::Keys;
use crate::pattern::{Pattern, Syntax, Unresolved};

/// The resources that a statement is about.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resources {
    /// `NotResource`: all resources but these.
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[ResourcePattern]>,
}

impl Resources {
    /// Is the statement about `resource`? A variable without a value makes the statement void, unless another pattern matches.
    pub(crate) fn cover<'p>(&'p self, resource: &str, context: &'p dyn Keys) -> Result<bool, Unresolved<'p>> {
        let mut unresolved = None;
        for pattern in &self.patterns {
            match pattern.pattern.matches(resource, context) {
                Ok(true) => return Ok(!self.negated),
                Ok(false) => {}
                Err(variable) => unresolved = Some(variable),
            }
        }
        unresolved.map_or(Ok(self.negated), Err)
    }
}

/// An ARN with wildcards, or `*`. A wildcard also matches `/`, and `:` behind it, as AWS lets it reach beyond a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourcePattern {
    source: Box<str>,
    pattern: Pattern,
}

impl ResourcePattern {
    /// An ARN of fewer than six fields is completed by `*`.
    pub(crate) fn new(source: &str, variables: bool) -> Self {
        let mut completed = source.to_owned();
        if source != "*" {
            let colons = colons(source).count();
            completed.extend(std::iter::repeat_n(":*", 5_usize.saturating_sub(colons)));
        }
        // Variables have a meaning only behind the fifth colon.
        let fifth = colons(&completed).nth(4).map_or(0, |at| at + 1);
        let (head, rest) = completed.split_at_checked(fifth).unwrap_or((&completed, ""));
        let syntax = Syntax { wildcards: true, variables };
        Self { source: source.into(), pattern: Pattern::from_parts(head, rest, syntax) }
    }

    /// As written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }
}

/// Where `:` stands in `text`, leaving out those inside of `${…}`.
pub(crate) fn colons(text: &str) -> impl Iterator<Item = usize> {
    let mut open = false;
    let mut last = ' ';
    text.char_indices().filter_map(move |(at, character)| {
        match character {
            '{' if last == '$' => open = true,
            '}' => open = false,
            _ => {}
        }
        last = character;
        (character == ':' && !open).then_some(at)
    })
}
