//! IAM.

use crate::native::probe::{Probe, once, probe, wanted};

const ROLE: &[&str] = &["AWS::IAM::Role"];
const USER: &[&str] = &["AWS::IAM::User"];
const MANAGED: &[&str] = &["AWS::IAM::ManagedPolicy"];
const PROFILE: &[&str] = &["AWS::IAM::InstanceProfile"];
const OIDC: &[&str] = &["AWS::IAM::OIDCProvider"];

const GET_ROLE: (&str, &str, &str) = ("iam", "GetRole", r#"{"RoleName":"$id"}"#);
const GET_USER: (&str, &str, &str) = ("iam", "GetUser", r#"{"UserName":"$id"}"#);
const GET_PROFILE: (&str, &str, &str) = ("iam", "GetInstanceProfile", r#"{"InstanceProfileName":"$id"}"#);
const PROVIDER: (&str, &str, &str) = ("iam", "GetOpenIDConnectProvider", r#"{"OpenIDConnectProviderArn":"$id"}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(ROLE, &["Path"], GET_ROLE, "Role/Path"),
    probe(ROLE, &["AssumeRolePolicyDocument"], GET_ROLE, "Role/AssumeRolePolicyDocument").mended(&[once(
        "iam",
        "UpdateAssumeRolePolicy",
        r#"{"RoleName":"$id","PolicyDocument":"$want"}"#,
    )]),
    probe(ROLE, &["Description"], GET_ROLE, "Role/Description").mended(&[once(
        "iam",
        "UpdateRole",
        r#"{"RoleName":"$id","Description":"$want"}"#,
    )]),
    probe(ROLE, &["MaxSessionDuration"], GET_ROLE, "Role/MaxSessionDuration").mended(&[once(
        "iam",
        "UpdateRole",
        r#"{"RoleName":"$id","MaxSessionDuration":"$want"}"#,
    )]),
    probe(ROLE, &["PermissionsBoundary"], GET_ROLE, "Role/PermissionsBoundary/PermissionsBoundaryArn").mended(&[once(
        "iam",
        "PutRolePermissionsBoundary",
        r#"{"RoleName":"$id","PermissionsBoundary":"$want"}"#,
    )]),
    probe(
        ROLE,
        &["ManagedPolicyArns"],
        ("iam", "ListAttachedRolePolicies", r#"{"RoleName":"$id"}"#),
        "AttachedPolicies/*/PolicyArn",
    )
    .mended(&[wanted("iam", "AttachRolePolicy", r#"{"RoleName":"$id","PolicyArn":"$item"}"#)]),
    probe(ROLE, &["Policies"], ("iam", "ListRolePolicies", r#"{"RoleName":"$id"}"#), "PolicyNames")
        .then("GetRolePolicy", r#"{"RoleName":"$id","PolicyName":"$item"}"#, "{PolicyName,PolicyDocument}")
        .mended(&[wanted(
            "iam",
            "PutRolePolicy",
            r#"{"RoleName":"$id","PolicyName":"$item/PolicyName","PolicyDocument":"$item/PolicyDocument"}"#,
        )]),
    probe(ROLE, &["Tags"], GET_ROLE, "Role/Tags").mended(&[once("iam", "TagRole", r#"{"RoleName":"$id","Tags":"$want"}"#)]),
    probe(USER, &["Path"], GET_USER, "User/Path"),
    probe(USER, &["PermissionsBoundary"], GET_USER, "User/PermissionsBoundary/PermissionsBoundaryArn").mended(&[once(
        "iam",
        "PutUserPermissionsBoundary",
        r#"{"UserName":"$id","PermissionsBoundary":"$want"}"#,
    )]),
    probe(
        USER,
        &["ManagedPolicyArns"],
        ("iam", "ListAttachedUserPolicies", r#"{"UserName":"$id"}"#),
        "AttachedPolicies/*/PolicyArn",
    )
    .mended(&[wanted("iam", "AttachUserPolicy", r#"{"UserName":"$id","PolicyArn":"$item"}"#)]),
    probe(USER, &["Policies"], ("iam", "ListUserPolicies", r#"{"UserName":"$id"}"#), "PolicyNames")
        .then("GetUserPolicy", r#"{"UserName":"$id","PolicyName":"$item"}"#, "{PolicyName,PolicyDocument}")
        .mended(&[wanted(
            "iam",
            "PutUserPolicy",
            r#"{"UserName":"$id","PolicyName":"$item/PolicyName","PolicyDocument":"$item/PolicyDocument"}"#,
        )]),
    probe(USER, &["Tags"], GET_USER, "User/Tags").mended(&[once("iam", "TagUser", r#"{"UserName":"$id","Tags":"$want"}"#)]),
    probe(
        &["AWS::IAM::AccessKey"],
        &["UserName", "Status", "Serial"],
        ("iam", "ListAccessKeys", r#"{"UserName":"$UserName"}"#),
        "AccessKeyMetadata/*/{UserName,Status}",
    ),
    probe(
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
    probe(
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
    probe(
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
    probe(
        MANAGED,
        &["PolicyDocument"],
        ("iam", "GetPolicyVersion", r#"{"PolicyArn":"$id","VersionId":"v1"}"#),
        "PolicyVersion/Document",
    ),
    probe(MANAGED, &["Description"], ("iam", "GetPolicy", r#"{"PolicyArn":"$id"}"#), "Policy/Description"),
    probe(MANAGED, &["Path"], ("iam", "GetPolicy", r#"{"PolicyArn":"$id"}"#), "Policy/Path"),
    probe(MANAGED, &["ManagedPolicyName"], ("iam", "GetPolicy", r#"{"PolicyArn":"$id"}"#), "Policy/PolicyName"),
    probe(MANAGED, &["Roles"], ("iam", "ListEntitiesForPolicy", r#"{"PolicyArn":"$id"}"#), "PolicyRoles/*/RoleName")
        .mended(&[wanted("iam", "AttachRolePolicy", r#"{"RoleName":"$item","PolicyArn":"$id"}"#)]),
    probe(MANAGED, &["Users"], ("iam", "ListEntitiesForPolicy", r#"{"PolicyArn":"$id"}"#), "PolicyUsers/*/UserName")
        .mended(&[wanted("iam", "AttachUserPolicy", r#"{"UserName":"$item","PolicyArn":"$id"}"#)]),
    probe(PROFILE, &["Path"], GET_PROFILE, "InstanceProfile/Path"),
    probe(PROFILE, &["Roles"], GET_PROFILE, "InstanceProfile/Roles/*/RoleName").mended(&[wanted(
        "iam",
        "AddRoleToInstanceProfile",
        r#"{"InstanceProfileName":"$id","RoleName":"$item"}"#,
    )]),
    probe(OIDC, &["Url"], PROVIDER, "Url"),
    probe(OIDC, &["ClientIdList"], PROVIDER, "ClientIDList"),
    probe(OIDC, &["ThumbprintList"], PROVIDER, "ThumbprintList"),
    probe(OIDC, &["Tags"], PROVIDER, "Tags"),
];
