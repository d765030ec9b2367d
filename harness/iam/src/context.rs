//! The request context: condition keys and their values.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The key under which a caller may give the canonical user id of the principal's account, which bucket policies can name as a
/// `CanonicalUser`. AWS has no condition key for it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts>
pub const CANONICAL_USER: &str = "firedrill:CanonicalUser";

/// Condition keys of one request. Names are compared without regard to case; values keep theirs.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[derive(Debug, Clone, Default)]
pub struct Context {
    own: BTreeMap<String, Entry>,
    below: Option<Arc<Context>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    values: Vec<String>,
    multivalued: bool,
}

impl Context {
    /// A context without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// A context that has all keys of `below` and may set more, or others over them: what several requests share is made once.
    pub fn over(below: Arc<Context>) -> Self {
        Self { own: BTreeMap::new(), below: Some(below) }
    }

    /// Sets the single-valued key `name`, such as `aws:SecureTransport`, to `value`. Booleans are `true` and `false`, times ISO 8601 or
    /// seconds since the epoch, binary values base64.
    pub fn insert(&mut self, name: &str, value: impl Into<String>) {
        let entry = Entry { name: name.to_owned(), values: vec![value.into()], multivalued: false };
        self.own.insert(name.to_ascii_lowercase(), entry);
    }

    /// Sets the multivalued key `name`, such as `aws:TagKeys`, to `values`; none at all is as if the key were absent.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
    pub fn insert_all(&mut self, name: &str, values: impl IntoIterator<Item = impl Into<String>>) {
        let values = values.into_iter().map(Into::into).collect();
        self.own.insert(name.to_ascii_lowercase(), Entry { name: name.to_owned(), values, multivalued: true });
    }

    /// The values of `name`; nothing if the request does not have the key or has it without a value.
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.get_lowercase(&name.to_ascii_lowercase())
    }

    /// All keys as they were inserted, in alphabetical order, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        let mut all = BTreeMap::new();
        let mut layer = Some(self);
        while let Some(context) = layer {
            for (key, entry) in &context.own {
                all.entry(key).or_insert(entry);
            }
            layer = context.below.as_deref();
        }
        all.into_values().map(|entry| (entry.name.as_str(), entry.values.as_slice()))
    }

    /// Like `get`, for a name that is lowercase already: policies keep theirs so, and matching allocates nothing.
    pub(crate) fn get_lowercase(&self, name: &str) -> Option<&[String]> {
        self.entry(name).map(|entry| entry.values.as_slice()).filter(|values| !values.is_empty())
    }

    /// What a policy variable stands for: the value of a single-valued key.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let entry = self.entry(name).filter(|entry| !entry.multivalued)?;
        entry.values.first().map(String::as_str)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.own.get(name).or_else(|| self.below.as_deref()?.entry(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_over_another_has_its_keys_and_sets_its_own_over_them() {
        let mut below = Context::new();
        below.insert("aws:SourceIp", "10.0.0.1");
        below.insert("aws:userid", "a");
        let mut context = Context::over(Arc::new(below));
        context.insert("AWS:UserId", "b");
        context.insert_all("aws:TagKeys", ["x", "y"]);
        assert_eq!(context.get("aws:sourceip"), Some(["10.0.0.1".to_owned()].as_slice()));
        assert_eq!((context.variable("aws:userid"), context.variable("aws:tagkeys")), (Some("b"), None));
        let names: Vec<&str> = context.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["aws:SourceIp", "aws:TagKeys", "AWS:UserId"]);
    }
}
