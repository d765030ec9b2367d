//! `Principal` and `NotPrincipal`.

use crate::context::{CANONICAL_USER, Keys};
use crate::request::{Principal, PrincipalKind};

/// The principals that a statement is about.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principals {
    /// `NotPrincipal`: all principals but these. Policies have it with `Deny` alone.
    pub(crate) negated: bool,
    pub(crate) entries: Box<[Entry]>,
}

/// One principal by kind and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) name: Box<str>,
}

/// The keys of the `Principal` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// `"Principal": "*"`.
    Everyone,
    Aws,
    Service,
    Federated,
    CanonicalUser,
}

/// How directly a statement names the principal, weakest first: on this depends which other policies can still withhold.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// By its account: leaves the decision to the account's own policies.
    Account,
    /// By the role of its session: boundary and session policies still limit it.
    Role,
    /// By itself, or as one of all: nothing but an explicit deny limits it.
    Direct,
}

impl EntryKind {
    /// Reads a key of the `Principal` element.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        [Self::Aws, Self::Service, Self::Federated, Self::CanonicalUser].into_iter().find(|kind| kind.key() == key)
    }

    /// As policies write it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Everyone => "*",
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }
}

impl Principals {
    /// Is a statement about `principal`, and how directly does it say so? `bounded`: has the principal a permissions boundary?
    pub(crate) fn cover(&self, principal: &Principal, bounded: bool, context: &dyn Keys) -> Option<Grade> {
        if self.negated {
            return (!self.spare(principal, bounded, context)).then_some(Grade::Direct);
        }
        self.entries.iter().filter_map(|entry| entry.grade(principal, context)).max()
    }

    /// Does a `NotPrincipal` except `principal`? It must name the principal, and its role and account as well. One with a permissions
    /// boundary it never excepts.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    fn spare(&self, principal: &Principal, bounded: bool, context: &dyn Keys) -> bool {
        let named = |grade| self.entries.iter().any(|entry| entry.grade(principal, context) == Some(grade));
        match &principal.kind {
            PrincipalKind::User => !bounded && named(Grade::Direct) && named(Grade::Account),
            PrincipalKind::Session { .. } => !bounded && named(Grade::Direct) && named(Grade::Role) && named(Grade::Account),
            PrincipalKind::Root => named(Grade::Account),
            PrincipalKind::Service | PrincipalKind::Anonymous => named(Grade::Direct),
        }
    }
}

impl Entry {
    fn grade(&self, principal: &Principal, context: &dyn Keys) -> Option<Grade> {
        let name = &*self.name;
        let asked = |key: &str| context.get(key).is_some_and(|values| values.iter().any(|value| value == name));
        match self.kind {
            EntryKind::Everyone => Some(Grade::Direct),
            EntryKind::Aws if name == "*" => Some(Grade::Direct),
            EntryKind::Aws => self.aws_grade(principal),
            EntryKind::Service => (principal.kind == PrincipalKind::Service && principal.arn == name).then_some(Grade::Direct),
            EntryKind::Federated => asked("aws:federatedprovider").then_some(Grade::Direct),
            EntryKind::CanonicalUser => asked(CANONICAL_USER).then_some(Grade::Account),
        }
    }

    fn aws_grade(&self, principal: &Principal) -> Option<Grade> {
        let name = &*self.name;
        let role = match &principal.kind {
            PrincipalKind::Service | PrincipalKind::Anonymous => return None,
            PrincipalKind::Root | PrincipalKind::User => None,
            PrincipalKind::Session { role_arn } => Some(role_arn),
        };
        if account_of(name) == Some(principal.account.as_str()) {
            Some(Grade::Account)
        } else if principal.arn == name {
            Some(Grade::Direct)
        } else {
            role.is_some_and(|role| role == name).then_some(Grade::Role)
        }
    }
}

/// The account, if `name` stands for a whole one: its id, or the ARN of its root user.
pub(crate) fn account_of(name: &str) -> Option<&str> {
    if is_account(name) {
        return Some(name);
    }
    let (partition, rest) = name.strip_prefix("arn:")?.split_once(":iam::")?;
    let account = rest.strip_suffix(":root")?;
    (!partition.contains(':') && is_account(account)).then_some(account)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Can `name` stand under `AWS`? `*`, an account, a user, role or session by its full ARN, or the unique id that AWS puts in the place of
/// a principal that was deleted.
pub(crate) fn is_aws_principal(name: &str) -> bool {
    if name == "*" || account_of(name).is_some() {
        return true;
    }
    if name.contains(['*', '?']) {
        return false;
    }
    let mut fields = name.splitn(6, ':');
    if fields.next() != Some("arn") {
        let unique = ["AIDA", "AROA", "AGPA", "ANPA"].iter().any(|prefix| name.starts_with(prefix));
        return unique && name.len() >= 16 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    }
    let partition = fields.next().unwrap_or_default();
    let (service, region) = (fields.next(), fields.next());
    let account = fields.next().unwrap_or_default();
    let named = |prefixes: &[&str], resource: &str| {
        prefixes.iter().any(|prefix| resource.strip_prefix(prefix).is_some_and(|name| !name.is_empty()))
    };
    let resource = fields.next().unwrap_or_default();
    partition.starts_with("aws")
        && region == Some("")
        && match service {
            // Bucket policies also name CloudFront's origin access identities, as users with spaces in their names.
            Some("iam") if account == "cloudfront" => named(&["user/"], resource),
            Some("iam") => is_account(account) && !resource.contains(' ') && named(&["user/", "role/"], resource),
            Some("sts") => is_account(account) && named(&["assumed-role/", "federated-user/"], resource),
            _ => false,
        }
}
