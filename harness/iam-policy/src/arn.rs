//! ARNs as conditions compare them: field by field.

use crate::context::Keys;
use crate::pattern::{Pattern, Syntax, Unresolved};
use crate::resource::colons;

/// The account in an ARN, if it names one.
pub(crate) fn account(arn: &str) -> Option<&str> {
    fields(arn)?.into_iter().nth(4).filter(|account| !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The six fields of an ARN; the last may have colons of its own.
fn fields(arn: &str) -> Option<[&str; 6]> {
    let mut parts = arn.splitn(6, ':');
    let fields = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    (fields.first() == Some(&"arn")).then_some(fields)
}

/// What `ArnLike` and `ArnEquals` compare with: wildcards in each of six fields, which they do not leave.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArnPattern {
    /// Six fields.
    Fields(Box<[Pattern]>),
    /// `*`, or a variable that stands for a whole ARN.
    Whole(Pattern),
    /// Neither: it matches nothing.
    Malformed,
}

impl ArnPattern {
    pub(crate) fn new(source: &str, variables: bool) -> Self {
        let syntax = Syntax { wildcards: true, variables };
        let mut parts = Vec::with_capacity(6);
        let mut start = 0;
        for colon in colons(source).take(5) {
            parts.push(Pattern::new(source.get(start..colon).unwrap_or_default(), syntax));
            start = colon + 1;
        }
        parts.push(Pattern::new(source.get(start..).unwrap_or_default(), syntax));
        if parts.len() == 6 {
            return Self::Fields(parts.into());
        }
        let whole = Pattern::new(source, syntax);
        if source == "*" || whole.has_variables() { Self::Whole(whole) } else { Self::Malformed }
    }

    pub(crate) fn matches<'p>(&'p self, arn: &str, context: &'p dyn Keys) -> Result<bool, Unresolved<'p>> {
        let Some(fields) = fields(arn) else { return Ok(false) };
        match self {
            Self::Fields(patterns) => {
                for (pattern, field) in patterns.iter().zip(fields) {
                    if !pattern.matches(field, context)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Whole(pattern) => pattern.matches(arn, context),
            Self::Malformed => Ok(false),
        }
    }
}
