//! IAM.

use crate::native::aspect::{Aspect, of, once, wanted};

const ROLE: &[&str] = &["AWS::IAM::Role"];
const USER: &[&str] = &["AWS::IAM::User"];
const MANAGED: &[&str] = &["AWS::IAM::ManagedPolicy"];
const PROFILE: &[&str] = &["AWS::IAM::InstanceProfile"];
const OIDC: &[&str] = &["AWS::IAM::OIDCProvider"];

const GET_ROLE: (&str, &str, &str) = ("iam", "GetRole", r#"{"RoleName":"$id"}"#);
const GET_USER: (&str, &str, &str) = ("iam", "GetUser", r#"{"UserName":"$id"}"#);
const GET_PROFILE: (&str, &str, &str) = ("iam", "GetInstanceProfile", r#"{"InstanceProfileName":"$id"}"#);
const PROVIDER: (&str, &str, &str) = ("iam", "GetOpenIDConnectProvider", r#"{"OpenIDConnectProviderArn":"$id"}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(ROLE, &["Path"], GET_ROLE, "Role/Path"),
    of(ROLE, &["AssumeRolePolicyDocument"], GET_ROLE, "Role/AssumeRolePolicyDocument").mended(&[once(
        "iam",
        "UpdateAssumeRolePolicy",
        r#"{"RoleName":"$id","PolicyDocument":"$want"}"#,
    )]),
    of(ROLE, &["Description"], GET_ROLE, "Role/Description").mended(&[once(
        "iam",
        "UpdateRole",
        r#"{"RoleName":"$id","Description":"$want"}"#,
    )]),
    of(ROLE, &["MaxSessionDuration"], GET_ROLE, "Role/MaxSessionDuration").mended(&[once(
        "iam",
        "UpdateRole",
        r#"{"RoleName":"$id","MaxSessionDuration":"$want"}"#,
    )]),
    of(ROLE, &["PermissionsBoundary"], GET_ROLE, "Role/PermissionsBoundary/PermissionsBoundaryArn").mended(&[once(
        "iam",
        "PutRolePermissionsBoundary",
        r#"{"RoleName":"$id","PermissionsBoundary":"$want"}"#,
    )]),
    of(
        ROLE,
        &["ManagedPolicyArns"],
        ("iam", "ListAttachedRolePolicies", r#"{"RoleName":"$id"}"#),
        "AttachedPolicies/*/PolicyArn",
    )
    .mended(&[wanted("iam", "AttachRolePolicy", r#"{"RoleName":"$id","PolicyArn":"$item"}"#)]),
    of(ROLE, &["Policies"], ("iam", "ListRolePolicies", r#"{"RoleName":"$id"}"#), "PolicyNames")
        .then("GetRolePolicy", r#"{"RoleName":"$id","PolicyName":"$item"}"#, "{PolicyName,PolicyDocument}")
        .mended(&[wanted(
            "iam",
            "PutRolePolicy",
            r#"{"RoleName":"$id","PolicyName":"$item/PolicyName","PolicyDocument":"$item/PolicyDocument"}"#,
        )]),
    of(ROLE, &["Tags"], GET_ROLE, "Role/Tags").mended(&[once("iam", "TagRole", r#"{"RoleName":"$id","Tags":"$want"}"#)]),
    of(USER, &["Path"], GET_USER, "User/Path"),
    of(USER, &["PermissionsBoundary"], GET_USER, "User/PermissionsBoundary/PermissionsBoundaryArn").mended(&[once(
        "iam",
        "PutUserPermissionsBoundary",
        r#"{"UserName":"$id","PermissionsBoundary":"$want"}"#,
    )]),
    of(
        USER,
        &["ManagedPolicyArns"],
        ("iam", "ListAttachedUserPolicies", r#"{"UserName":"$id"}"#),
        "AttachedPolicies/*/PolicyArn",
    )
    .mended(&[wanted("iam", "AttachUserPolicy", r#"{"UserName":"$id","PolicyArn":"$item"}"#)]),
    of(USER, &["Policies"], ("iam", "ListUserPolicies", r#"{"UserName":"$id"}"#), "PolicyNames")
        .then("GetUserPolicy", r#"{"UserName":"$id","PolicyName":"$item"}"#, "{PolicyName,PolicyDocument}")
        .mended(&[wanted(
            "iam",
            "PutUserPolicy",
            r#"{"UserName":"$id","PolicyName":"$item/PolicyName","PolicyDocument":"$item/PolicyDocument"}"#,
        )]),
    of(USER, &["Tags"], GET_USER, "User/Tags").mended(&[once("iam", "TagUser", r#"{"UserName":"$id","Tags":"$want"}"#)]),
    of(
        &["AWS::IAM::AccessKey"],
        &["UserName", "Status", "Serial"],
        ("iam", "ListAccessKeys", r#"{"UserName":"$UserName"}"#),
        "AccessKeyMetadata/*/{UserName,Status}",
    ),
    of(
        &["AWS::IAM::Policy"],
        &["Roles", "PolicyName", "PolicyDocument"],
        ("iam", "GetRolePolicy", r#"{"RoleName":"$Roles[]","PolicyName":"$PolicyName"}"#),
        "PolicyDocument",
    )
    .mended(&[once(
        "iam",
        "PutRolePolicy",
        r#"{"RoleName":"$Roles[]","PolicyName":"$PolicyName","PolicyDocument":"$want"}"#,
    )]),
    of(
        &["AWS::IAM::Policy"],
        &["Users"],
        ("iam", "GetUserPolicy", r#"{"UserName":"$Users[]","PolicyName":"$PolicyName"}"#),
        "PolicyDocument",
    )
    .mended(&[once(
        "iam",
        "PutUserPolicy",
        r#"{"UserName":"$Users[]","PolicyName":"$PolicyName","PolicyDocument":"$want"}"#,
    )]),
    of(
        &["AWS::IAM::RolePolicy"],
        &["RoleName", "PolicyName", "PolicyDocument"],
        ("iam", "GetRolePolicy", r#"{"RoleName":"$RoleName","PolicyName":"$PolicyName"}"#),
        "PolicyDocument",
    )
    .mended(&[once(
        "iam",
        "PutRolePolicy",
        r#"{"RoleName":"$RoleName","PolicyName":"$PolicyName","PolicyDocument":"$want"}"#,
    )]),
    of(
        MANAGED,
        &["PolicyDocument"],
        ("iam", "GetPolicyVersion", r#"{"PolicyArn":"$id","VersionId":"v1"}"#),
        "PolicyVersion/Document",
    ),
    of(MANAGED, &["Description"], ("iam", "GetPolicy", r#"{"PolicyArn":"$id"}"#), "Policy/Description"),
    of(MANAGED, &["Path"], ("iam", "GetPolicy", r#"{"PolicyArn":"$id"}"#), "Policy/Path"),
    of(MANAGED, &["ManagedPolicyName"], ("iam", "GetPolicy", r#"{"PolicyArn":"$id"}"#), "Policy/PolicyName"),
    of(MANAGED, &["Roles"], ("iam", "ListEntitiesForPolicy", r#"{"PolicyArn":"$id"}"#), "PolicyRoles/*/RoleName")
        .mended(&[wanted("iam", "AttachRolePolicy", r#"{"RoleName":"$item","PolicyArn":"$id"}"#)]),
    of(MANAGED, &["Users"], ("iam", "ListEntitiesForPolicy", r#"{"PolicyArn":"$id"}"#), "PolicyUsers/*/UserName")
        .mended(&[wanted("iam", "AttachUserPolicy", r#"{"UserName":"$item","PolicyArn":"$id"}"#)]),
    of(PROFILE, &["Path"], GET_PROFILE, "InstanceProfile/Path"),
    of(PROFILE, &["Roles"], GET_PROFILE, "InstanceProfile/Roles/*/RoleName").mended(&[wanted(
        "iam",
        "AddRoleToInstanceProfile",
        r#"{"InstanceProfileName":"$id","RoleName":"$item"}"#,
    )]),
    of(OIDC, &["Url"], PROVIDER, "Url"),
    of(OIDC, &["ClientIdList"], PROVIDER, "ClientIDList"),
    of(OIDC, &["ThumbprintList"], PROVIDER, "ThumbprintList"),
    of(OIDC, &["Tags"], PROVIDER, "Tags"),
];
