//! Condition operators by name.

/// One operator of a `Condition` element.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) quantifier: Option<Quantifier>,
    pub(crate) kind: Kind,
    /// `…Not…`: holds where the plain operator does not.
    pub(crate) negated: bool,
    /// `…IfExists`: holds if the request does not have the key.
    pub(crate) if_exists: bool,
}

/// How the values of a multivalued key are taken together.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// Each of them; none at all is fine.
    All,
    /// One of them at least.
    Any,
}

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    TextIgnoringCase,
    TextLike,
    Number(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    Address,
    Arn,
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) fn holds<T: PartialOrd>(self, found: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => found == wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
        }
    }

    fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "Equals" => (Self::Equal, false),
            "NotEquals" => (Self::Equal, true),
            "LessThan" => (Self::Less, false),
            "LessThanEquals" => (Self::LessOrEqual, false),
            "GreaterThan" => (Self::Greater, false),
            "GreaterThanEquals" => (Self::GreaterOrEqual, false),
            _ => return None,
        })
    }
}

impl Operator {
    /// Reads `ForAllValues:StringNotLikeIfExists` and its like.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (quantifier, name) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Some(Quantifier::All), rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Some(Quantifier::Any), rest)
        } else {
            (None, name)
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (kind, negated) = match name {
            "StringEquals" => (Kind::Text, false),
            "StringNotEquals" => (Kind::Text, true),
            "StringEqualsIgnoreCase" => (Kind::TextIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Kind::TextIgnoringCase, true),
            "StringLike" => (Kind::TextLike, false),
            "StringNotLike" => (Kind::TextLike, true),
            "Bool" => (Kind::Bool, false),
            "BinaryEquals" => (Kind::Binary, false),
            "IpAddress" => (Kind::Address, false),
            "NotIpAddress" => (Kind::Address, true),
            "ArnEquals" | "ArnLike" => (Kind::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Kind::Arn, true),
            // Whether a key exists cannot be asked only if it exists.
            "Null" if !if_exists => (Kind::Null, false),
            _ => {
                if let Some(rest) = name.strip_prefix("Numeric") {
                    let (comparison, negated) = Comparison::parse(rest)?;
                    (Kind::Number(comparison), negated)
                } else {
                    let (comparison, negated) = Comparison::parse(name.strip_prefix("Date")?)?;
                    (Kind::Date(comparison), negated)
                }
            }
        };
        Some(Self { quantifier, kind, negated, if_exists })
    }
}
