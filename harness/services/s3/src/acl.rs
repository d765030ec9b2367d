//! Access control lists: what a request asks for, and which statements of a policy they amount to.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>

use nightproof_core::canonical_id;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{list, text};
use crate::error::{access_denied, invalid_argument, invalid_request, not_implemented};
use crate::input::Text;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

const PERMISSIONS: [Permission; 5] =
    [Permission::FullControl, Permission::Read, Permission::ReadAcp, Permission::Write, Permission::WriteAcp];

/// What a grant allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    FullControl,
    Read,
    ReadAcp,
    Write,
    WriteAcp,
}

impl Permission {
    fn name(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Read => "READ",
            Self::ReadAcp => "READ_ACP",
            Self::Write => "WRITE",
            Self::WriteAcp => "WRITE_ACP",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        PERMISSIONS.into_iter().find(|permission| permission.name() == name)
    }

    /// The actions that it allows on a bucket, and those on objects.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping>
    fn of_bucket(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Read => (&["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], &[]),
            Self::Write => (&[], &["s3:PutObject", "s3:DeleteObject"]),
            Self::ReadAcp => (&["s3:GetBucketAcl"], &[]),
            Self::WriteAcp => (&["s3:PutBucketAcl"], &[]),
            Self::FullControl => (
                &[
                    "s3:ListBucket",
                    "s3:ListBucketVersions",
                    "s3:ListBucketMultipartUploads",
                    "s3:GetBucketAcl",
                    "s3:PutBucketAcl",
                ],
                &["s3:PutObject", "s3:DeleteObject"],
            ),
        }
    }

    /// The actions that it allows on an object whose list it is in.
    fn of_object(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["s3:GetObject", "s3:GetObjectVersion"],
            Self::Write => &[],
            Self::ReadAcp => &["s3:GetObjectAcl", "s3:GetObjectVersionAcl"],
            Self::WriteAcp => &["s3:PutObjectAcl", "s3:PutObjectVersionAcl"],
            Self::FullControl => &[
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:GetObjectAcl",
                "s3:GetObjectVersionAcl",
                "s3:PutObjectAcl",
                "s3:PutObjectVersionAcl",
            ],
        }
    }
}

/// Whom something is granted to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Grantee {
    /// By canonical user id.
    User(String),
    /// By URI.
    Group(&'static str),
}

impl Grantee {
    fn group(uri: &str) -> Option<Self> {
        [ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY].into_iter().find(|known| *known == uri).map(Self::Group)
    }

    fn user(id: &str) -> Option<Self> {
        let known = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        known.then(|| Self::User(id.to_owned()))
    }

    fn document(&self) -> Value {
        match self {
            Self::User(id) => json!({"ID": id, "Type": "CanonicalUser"}),
            Self::Group(uri) => json!({"URI": uri, "Type": "Group"}),
        }
    }

    fn is_public(&self) -> bool {
        matches!(self, Self::Group(uri) if *uri != LOG_DELIVERY)
    }

    /// The principal of a statement; `None` where no caller is meant.
    fn principal(&self) -> Option<Value> {
        match self {
            Self::User(id) => Some(json!({"CanonicalUser": id})),
            // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general>
            Self::Group(uri) if *uri == LOG_DELIVERY => Some(json!({ "Service": "logging.s3.amazonaws.com" })),
            Self::Group(_) => Some(json!("*")),
        }
    }
}

/// The list that a request asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AskedAcl {
    #[serde(rename = "ACL")]
    pub(crate) canned: Option<String>,
    #[serde(default)]
    grant_full_control: Text,
    #[serde(default)]
    grant_read: Text,
    #[serde(rename = "GrantReadACP", default)]
    grant_read_acp: Text,
    #[serde(default)]
    grant_write: Text,
    #[serde(rename = "GrantWriteACP", default)]
    grant_write_acp: Text,
    access_control_policy: Option<Value>,
}

impl AskedAcl {
    /// The members that carry grants, their headers, and what they grant.
    fn grants(&self) -> [(Option<&str>, &'static str, Permission); 5] {
        [
            (self.grant_full_control.get(), "x-amz-grant-full-control", Permission::FullControl),
            (self.grant_read.get(), "x-amz-grant-read", Permission::Read),
            (self.grant_read_acp.get(), "x-amz-grant-read-acp", Permission::ReadAcp),
            (self.grant_write.get(), "x-amz-grant-write", Permission::Write),
            (self.grant_write_acp.get(), "x-amz-grant-write-acp", Permission::WriteAcp),
        ]
    }
}

/// An access control list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acl {
    /// The account that owns what it is about.
    owner: String,
    grants: Vec<(Grantee, Permission)>,
}

impl Acl {
    /// The list of what its owner alone may use.
    pub(crate) fn private(owner: &str) -> Self {
        Self { owner: owner.to_owned(), grants: vec![(Grantee::User(canonical_id(owner)), Permission::FullControl)] }
    }

    /// What a request asks for, if it does; `owner` is the account that owns its subject.
    pub(crate) fn asked(input: &AskedAcl, owner: &str, bucket_owner: &str) -> Result<Option<Self>, AwsError> {
        let canned = input.canned.as_deref();
        let policy = input.access_control_policy.as_ref();
        let mut grants = Vec::new();
        let mut by_header = false;
        for (value, header, permission) in input.grants() {
            if let Some(value) = value {
                by_header = true;
                grants.extend(grantees(value, header)?.into_iter().map(|grantee| (grantee, permission)));
            }
        }
        if canned.is_some() && by_header {
            return Err(invalid_request("Specifying both Canned ACLs and Header Grants is not allowed"));
        }
        if policy.is_some() && (canned.is_some() || by_header) {
            return Err(AwsError::new("UnexpectedContent", 400, "This request does not support content"));
        }
        let owner = owner.to_owned();
        match (canned, policy) {
            (Some(name), _) => Self::canned(name, owner, bucket_owner).map(Some),
            (None, Some(policy)) => Self::read(policy, owner).map(Some),
            (None, None) => Ok(by_header.then_some(Self { owner, grants })),
        }
    }

    /// A request that has to ask for a list.
    pub(crate) fn demanded(input: &AskedAcl, owner: &str, bucket_owner: &str) -> Result<Self, AwsError> {
        Self::asked(input, owner, bucket_owner)?.ok_or_else(|| {
            AwsError::new("MissingSecurityHeader", 400, "Your request was missing a required header")
                .with("MissingHeaderName", "x-amz-acl")
        })
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
    fn canned(name: &str, owner: String, bucket_owner: &str) -> Result<Self, AwsError> {
        let mut acl = Self::private(&owner);
        let mut add = |grantee: Grantee, permission: Permission| acl.grants.push((grantee, permission));
        let shared = owner != bucket_owner;
        match name {
            "private" => {}
            "public-read" => add(Grantee::Group(ALL_USERS), Permission::Read),
            "public-read-write" => {
                add(Grantee::Group(ALL_USERS), Permission::Read);
                add(Grantee::Group(ALL_USERS), Permission::Write);
            }
            "authenticated-read" => add(Grantee::Group(AUTHENTICATED_USERS), Permission::Read),
            "bucket-owner-read" if shared => add(Grantee::User(canonical_id(bucket_owner)), Permission::Read),
            "bucket-owner-full-control" if shared => add(Grantee::User(canonical_id(bucket_owner)), Permission::FullControl),
            "bucket-owner-read" | "bucket-owner-full-control" => {}
            "log-delivery-write" => {
                add(Grantee::Group(LOG_DELIVERY), Permission::Write);
                add(Grantee::Group(LOG_DELIVERY), Permission::ReadAcp);
            }
            "aws-exec-read" => return Err(not_implemented("the access control list aws-exec-read")),
            other => return Err(invalid_argument("", "x-amz-acl", other)),
        }
        Ok(acl)
    }

    /// An `AccessControlPolicy`.
    fn read(policy: &Value, owner: String) -> Result<Self, AwsError> {
        let malformed = || {
            AwsError::new(
                "MalformedACLError",
                400,
                "The XML you provided was not well-formed or did not validate against our published schema",
            )
        };
        let wrong_id = |id: &str| invalid_argument("Invalid id", "CanonicalUser/ID", id);
        let given = policy.get("Owner").and_then(|owner| text(owner, "ID")).ok_or_else(malformed)?;
        let mut grants = Vec::new();
        for grant in list(policy, "Grants") {
            let grantee = grant.get("Grantee").ok_or_else(malformed)?;
            let permission = text(grant, "Permission").and_then(Permission::parse).ok_or_else(malformed)?;
            let (id, uri) = (text(grantee, "ID").unwrap_or_default(), text(grantee, "URI").unwrap_or_default());
            let grantee = match text(grantee, "Type") {
                Some("CanonicalUser") => Grantee::user(id).ok_or_else(|| wrong_id(id))?,
                Some("Group") => Grantee::group(uri).ok_or_else(|| invalid_argument("Invalid group uri", "Group/URI", uri))?,
                Some("AmazonCustomerByEmail") => return Err(not_implemented("grantees by e-mail address")),
                _ => return Err(malformed()),
            };
            grants.push((grantee, permission));
        }
        if Grantee::user(given).is_none() {
            return Err(wrong_id(given));
        }
        if given != canonical_id(&owner) {
            return Err(access_denied("Access Denied"));
        }
        Ok(Self { owner, grants })
    }

    /// The answer to who reads it.
    pub(crate) fn document(&self) -> Value {
        let grants: Vec<Value> = self
            .grants
            .iter()
            .map(|(grantee, permission)| json!({"Grantee": grantee.document(), "Permission": permission.name()}))
            .collect();
        json!({"Owner": {"ID": canonical_id(&self.owner)}, "Grants": grants})
    }

    /// Whether it grants something to everybody, or to all of AWS.
    pub(crate) fn is_public(&self) -> bool {
        self.grants.iter().any(|(grantee, _)| grantee.is_public())
    }

    /// What it allows on its bucket, and on the object `key` in there, as statements.
    pub(crate) fn statements_of_bucket(&self, bucket: &str, key: Option<&str>, ignore_public: bool) -> Vec<Value> {
        self.statements(ignore_public, |permission| {
            let (on_bucket, on_objects) = permission.of_bucket();
            match key {
                None => (on_bucket, bucket.to_owned()),
                Some(key) => (on_objects, format!("{bucket}/{key}")),
            }
        })
    }

    /// What it allows on its object, as statements.
    pub(crate) fn statements_of_object(&self, bucket: &str, key: &str, ignore_public: bool) -> Vec<Value> {
        self.statements(ignore_public, |permission| (permission.of_object(), format!("{bucket}/{key}")))
    }

    fn statements(&self, ignore_public: bool, of: impl Fn(Permission) -> (&'static [&'static str], String)) -> Vec<Value> {
        let own = Grantee::User(canonical_id(&self.owner));
        let granted = self.grants.iter().filter(|(grantee, _)| *grantee != own && !(ignore_public && grantee.is_public()));
        granted
            .filter_map(|(grantee, permission)| {
                let (actions, resource) = of(*permission);
                let principal = grantee.principal().filter(|_| !actions.is_empty())?;
                let mut statement = json!({
                    "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": crate::arn::arn(literal(&resource)),
                });
                if *grantee == Grantee::Group(AUTHENTICATED_USERS) {
                    crate::document::set(&mut statement, "Condition", json!({"Null": {"aws:PrincipalAccount": "false"}}));
                }
                Some(statement)
            })
            .collect()
    }
}

/// A name in a statement, where `*`, `?` and `$` have another meaning.
fn literal(name: &str) -> String {
    name.replace('$', "${$}").replace('*', "${*}").replace('?', "${?}")
}

/// The grantees of a header: `id="…", uri="…"`.
fn grantees(value: &str, header: &str) -> Result<Vec<Grantee>, AwsError> {
    let refused = || invalid_argument("Argument format not recognized", header, value);
    value
        .split(',')
        .map(|one| {
            let (kind, name) = one.trim().split_once('=').ok_or_else(refused)?;
            let name = name.trim_matches('"');
            match kind {
                "id" => Grantee::user(name).ok_or_else(|| invalid_argument("Invalid id", "id", name)),
                "uri" => Grantee::group(name).ok_or_else(|| invalid_argument("Invalid group uri", "uri", name)),
                "emailAddress" => Err(not_implemented("grantees by e-mail address")),
                _ => Err(refused()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "111122223333";

    fn asked(input: Value) -> Result<Option<Acl>, AwsError> {
        Acl::asked(&crate::input::part(&input)?, OWNER, OWNER)
    }

    #[test]
    fn a_list_is_asked_for_in_one_of_three_ways() {
        assert_eq!(asked(json!({})).expect("none"), None);
        assert!(asked(json!({"ACL": "public-read"})).expect("canned").expect("list").is_public());
        assert!(!asked(json!({"ACL": "private"})).expect("canned").expect("list").is_public());
        let grant = format!("uri=\"{ALL_USERS}\", id={}", canonical_id(OWNER));
        assert_eq!(asked(json!({"GrantRead": grant})).expect("header").expect("list").grants.len(), 2);
        let refused = |input: Value| asked(input).expect_err("refused").code;
        assert_eq!(refused(json!({"ACL": "private", "GrantRead": grant})), "InvalidRequest");
        assert_eq!(refused(json!({"ACL": "private", "AccessControlPolicy": {}})), "UnexpectedContent");
        assert_eq!(refused(json!({"ACL": "other"})), "InvalidArgument");
        assert_eq!(refused(json!({"GrantRead": "id=\"x\""})), "InvalidArgument");
        assert_eq!(refused(json!({"AccessControlPolicy": {}})), "MalformedACLError");
        assert_eq!(Acl::demanded(&AskedAcl::default(), OWNER, OWNER).expect_err("refused").code, "MissingSecurityHeader");
    }

    #[test]
    fn a_policy_is_the_owner_s_own() {
        let policy = |owner: &str| {
            json!({"AccessControlPolicy": {"Owner": {"ID": owner}, "Grants": [
            {"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"}]}})
        };
        assert!(asked(policy(&canonical_id(OWNER))).expect("policy").expect("list").is_public());
        assert_eq!(asked(policy(&canonical_id("444455556666"))).expect_err("another's").code, "AccessDenied");
        assert_eq!(asked(policy("x")).expect_err("no id").fields["ArgumentName"], "CanonicalUser/ID");
    }

    #[test]
    fn what_is_granted_to_others_is_allowed_by_statements() {
        let acl = asked(json!({"ACL": "public-read"})).expect("canned").expect("list");
        assert_eq!(
            acl.statements_of_object("b", "k*", false),
            [
                json!({"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": "arn:aws:s3:::b/k${*}"})
            ]
        );
        assert!(acl.statements_of_object("b", "k", true).is_empty(), "public grants are ignored");
        assert_eq!(acl.statements_of_bucket("b", None, false)[0]["Action"][0], "s3:ListBucket");
        assert!(Acl::private(OWNER).statements_of_bucket("b", None, false).is_empty());
        let acl = asked(json!({"ACL": "log-delivery-write"})).expect("canned").expect("list");
        let statements = acl.statements_of_bucket("b", Some("k"), true);
        assert_eq!(statements.len(), 1, "{statements:?}");
        assert_eq!(
            (&statements[0]["Principal"], &statements[0]["Action"][0]),
            (&json!({"Service": "logging.s3.amazonaws.com"}), &json!("s3:PutObject"))
        );
    }
}
