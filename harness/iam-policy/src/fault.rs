//! What can be wrong with a policy document, and AWS's words for it.

use crate::policy::PolicyKind;
use crate::policy_error::PolicyError;

/// One thing wrong. IAM has other words for it than S3 and the check of trust policies, which share theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault<'t> {
    /// No JSON, no object, or an element given twice.
    Json,
    /// An element of the wrong type, or one together with its opposite.
    Syntax,
    UnknownField(&'t str),
    Version,
    MissingStatement,
    EmptyStatement,
    DuplicateSid,
    InvalidSid,
    MissingEffect,
    InvalidEffect(&'t str),
    MissingAction,
    MissingResource,
    MissingPrincipal,
    EmptyPrincipal,
    /// Key of the `Principal` element, and the name.
    InvalidPrincipal(&'t str, &'t str),
    AllowNotPrincipal,
    ProhibitedPrincipal,
    ProhibitedNotPrincipal,
    ProhibitedResource,
    ProhibitedNotResource,
    UnknownOperator(&'t str),
}

impl Fault<'_> {
    pub(crate) fn error(self, kind: PolicyKind) -> PolicyError {
        match kind {
            PolicyKind::Identity => PolicyError::new(self.identity()),
            PolicyKind::Resource | PolicyKind::Trust => PolicyError::new(self.resource(kind == PolicyKind::Trust)),
        }
    }

    /// IAM's words.
    fn identity(self) -> &'static str {
        match self {
            Self::DuplicateSid => "Statement IDs (SID) in a single policy must be unique.",
            Self::InvalidSid => {
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
            }
            Self::MissingAction => "Policy statement must contain actions.",
            Self::MissingResource => "Policy statement must contain resources.",
            Self::ProhibitedPrincipal | Self::ProhibitedNotPrincipal => "Policy document should not specify a principal.",
            // Otherwise a valid document, in the wrong case.
            Self::InvalidEffect(effect) if ["allow", "deny"].contains(&effect.to_ascii_lowercase().as_str()) => {
                "The policy failed legacy parsing"
            }
            _ => "Syntax errors in policy.",
        }
    }

    /// S3's words, and those of `iam:CreateRole` for `trust` policies.
    fn resource(self, trust: bool) -> String {
        match self {
            Self::Json if trust => "This policy contains invalid Json".to_owned(),
            Self::Json => "Policies must be valid JSON and the first byte must be '{'".to_owned(),
            Self::Syntax if trust => "Syntax errors in policy.".to_owned(),
            Self::Syntax => "Invalid policy syntax.".to_owned(),
            Self::UnknownField(field) => format!("Unknown field {field}"),
            Self::Version => "The policy must contain a valid version string".to_owned(),
            Self::MissingStatement => "Missing required field Statement".to_owned(),
            Self::EmptyStatement => "Could not parse the policy: Statement is empty!".to_owned(),
            Self::DuplicateSid => "The Statement Ids in the policy are not unique".to_owned(),
            Self::InvalidSid => "The policy has an invalid Sid".to_owned(),
            Self::MissingEffect => "Missing required field Effect".to_owned(),
            Self::InvalidEffect(effect) => format!("Invalid effect: {effect}"),
            Self::MissingAction => "Missing required field Action".to_owned(),
            Self::MissingResource => "Missing required field Resource".to_owned(),
            Self::MissingPrincipal => "Missing required field Principal".to_owned(),
            Self::EmptyPrincipal => "Missing required field Principal cannot be empty!".to_owned(),
            Self::InvalidPrincipal("*", name) if trust => {
                format!("AssumeRolepolicy contained an invalid principal: \"STAR\":\"{name}\".")
            }
            Self::InvalidPrincipal(key, name) if trust => {
                format!("Invalid principal in policy: \"{}\":\"{name}\"", key.to_ascii_uppercase())
            }
            Self::InvalidPrincipal(..) => "Invalid principal in policy".to_owned(),
            Self::AllowNotPrincipal => "Allow with NotPrincipal is not allowed.".to_owned(),
            Self::ProhibitedPrincipal => "Has prohibited field Principal".to_owned(),
            Self::ProhibitedNotPrincipal => "AssumeRole policy must not contain NotPrincipal field.".to_owned(),
            Self::ProhibitedResource => "Has prohibited field Resource".to_owned(),
            Self::ProhibitedNotResource => "AssumeRole policy must not contain resources.".to_owned(),
            Self::UnknownOperator(_) if trust => "Syntax errors in policy.".to_owned(),
            Self::UnknownOperator(name) => format!("Invalid Condition type : {name}"),
        }
    }
}
