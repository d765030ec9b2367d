//! What all requests have in common, and the values that several have.

use serde::Deserialize;

/// A request.
pub(crate) trait Request {
    /// Whether it is only asked whether it would succeed.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>
    fn is_dry_run(&self) -> bool {
        false
    }

    /// The keys of the tags that it sets.
    fn tag_keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// `AttributeBooleanValue`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BooleanValue {
    pub(crate) value: Option<bool>,
}

/// `AttributeValue`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TextValue {
    pub(crate) value: Option<String>,
}

/// Says which members that requests have in common each of some has: `CreateVpc { dry_run, tag_specifications }`.
macro_rules! requests {
    ($($request:ident { $($member:ident),* }),+ $(,)?) => {
        $(impl $crate::request::Request for $request {
            $(requests!(@ $member);)*
        })+
    };
    (@ dry_run) => {
        fn is_dry_run(&self) -> bool {
            self.dry_run
        }
    };
    (@ $tags:ident) => {
        fn tag_keys(&self) -> Vec<&str> {
            $crate::request_tags::Keys::keys(&self.$tags)
        }
    };
}
