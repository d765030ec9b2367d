//! The request context: condition keys and their values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The key under which a caller may give the canonical user id of the principal's account, which bucket policies can name as a
/// `CanonicalUser`. AWS has no condition key for it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts>
pub const CANONICAL_USER: &str = "nightproof:CanonicalUser";

/// The condition keys of one request, as they are asked for: a [`Context`], or what makes one only when a policy wants to know.
pub trait Keys {
    /// The values of `name`; nothing if the request does not have the key or has it without a value.
    fn get(&self, name: &str) -> Option<&[String]>;

    /// What a policy variable stands for: the value of a single-valued key.
    fn variable(&self, name: &str) -> Option<&str>;
}

/// Room for what most calls have, so that it is made once.
const MOST_OF_A_CALL: usize = 16;

/// Condition keys of one request. Names are compared without regard to case; values keep theirs.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// As they were set: of two with a name, the later one counts. A request has a few dozen, which are found sooner than a tree of them
    /// is made.
    own: Vec<Entry>,
    below: Option<Arc<Context>>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: Cow<'static, str>,
    values: Values,
}

#[derive(Debug, Clone)]
enum Values {
    /// Of a single-valued key.
    One(String),
    /// Of a multivalued key.
    Many(Vec<String>),
    /// Of a single-valued key, made when first asked for.
    Later(Arc<LazyLock<String, Box<dyn FnOnce() -> String + Send>>>),
}

impl Values {
    fn all(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
            Self::Later(value) => std::slice::from_ref(value),
        }
    }
}

impl Context {
    /// A context without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// A context that has all keys of `below` and may set more, or others over them: what several requests share is made once.
    pub fn over(below: Arc<Context>) -> Self {
        Self { own: Vec::with_capacity(MOST_OF_A_CALL), below: Some(below) }
    }

    /// Sets the single-valued key `name`, such as `aws:SecureTransport`, to `value`. Booleans are `true` and `false`, times ISO 8601 or
    /// seconds since the epoch, binary values base64.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.own.push(Entry { name: name.into(), values: Values::One(value.into()) });
    }

    /// Sets the single-valued key `name` to what `make` answers. It is asked once, and only if a policy wants to know.
    pub fn insert_with(&mut self, name: impl Into<Cow<'static, str>>, make: impl FnOnce() -> String + Send + 'static) {
        let values = Values::Later(Arc::new(LazyLock::new(Box::new(make))));
        self.own.push(Entry { name: name.into(), values });
    }

    /// Sets the multivalued key `name`, such as `aws:TagKeys`, to `values`; none at all is as if the key were absent.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
    pub fn insert_all(&mut self, name: impl Into<Cow<'static, str>>, values: impl IntoIterator<Item = impl Into<String>>) {
        let values = Values::Many(values.into_iter().map(Into::into).collect());
        self.own.push(Entry { name: name.into(), values });
    }

    /// All keys as they were inserted, in alphabetical order, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        let mut all = BTreeMap::new();
        let mut layer = Some(self);
        while let Some(context) = layer {
            for entry in context.own.iter().rev() {
                all.entry(entry.name.to_ascii_lowercase()).or_insert(entry);
            }
            layer = context.below.as_deref();
        }
        all.into_values().map(|entry| (&*entry.name, entry.values.all()))
    }

    fn entry(&self, name: &str) -> Option<&Values> {
        let own = self.own.iter().rev().find(|entry| entry.name.eq_ignore_ascii_case(name));
        own.map(|entry| &entry.values).or_else(|| self.below.as_deref()?.entry(name))
    }
}

impl Keys for Context {
    fn get(&self, name: &str) -> Option<&[String]> {
        self.entry(name).map(Values::all).filter(|values| !values.is_empty())
    }

    fn variable(&self, name: &str) -> Option<&str> {
        match self.entry(name)? {
            Values::Many(_) => None,
            single => single.all().first().map(String::as_str),
        }
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
    #[test]
    fn what_nobody_asks_for_is_not_made() {
        let mut context = Context::new();
        context.insert_with("aws:CurrentTime", || unreachable!("nobody asked"));
        context.insert_with("aws:EpochTime", || "7".to_owned());
        assert_eq!((context.variable("aws:epochtime"), context.get("aws:userid")), (Some("7"), None));
    }

    #[test]
    fn of_two_values_the_later_one_counts() {
        let mut context = Context::new();
        context.insert("aws:userid", "a");
        context.insert_all("aws:UserId", ["b", "c"]);
        assert_eq!(context.get("aws:USERID"), Some(["b".to_owned(), "c".to_owned()].as_slice()));
        assert_eq!(context.iter().count(), 1);
    }
}
