"""sts and iam."""

import json

from clients import ACCOUNT, client, pages, policy, refused, trust, until

iam, sts = client("iam"), client("sts")


def callers():
    me = sts.get_caller_identity()
    assert (me["Account"], me["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"), me
    stranger = client("sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x" * 40)
    refused("InvalidClientTokenId", stranger.get_caller_identity)


def roles():
    made = iam.create_role(
        RoleName="reader",
        Path="/drill/",
        AssumeRolePolicyDocument=trust("ec2", "lambda"),
        Description="reads",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "ops"}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/drill/reader", made
    assert made["RoleId"].startswith("AROA") and made["CreateDate"].year > 2020
    refused("EntityAlreadyExists", iam.create_role, RoleName="reader", AssumeRolePolicyDocument=trust("ec2"))
    refused("MalformedPolicyDocument", iam.create_role, RoleName="bad", AssumeRolePolicyDocument="{}")
    read = iam.get_role(RoleName="reader")["Role"]
    assert read["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole", read
    assert read["MaxSessionDuration"] == 7200 and read["Tags"] == [{"Key": "team", "Value": "ops"}]
    assert [role["RoleName"] for role in pages(iam, "list_roles", "Roles", PathPrefix="/drill/")] == ["reader"]
    iam.update_role(RoleName="reader", Description="reads more", MaxSessionDuration=3600)
    iam.tag_role(RoleName="reader", Tags=[{"Key": "night", "Value": "yes"}])
    iam.untag_role(RoleName="reader", TagKeys=["team"])
    assert iam.list_role_tags(RoleName="reader")["Tags"] == [{"Key": "night", "Value": "yes"}]
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust("ec2"))
    assert "lambda" not in json.dumps(iam.get_role(RoleName="reader")["Role"]["AssumeRolePolicyDocument"])
    refused("NoSuchEntity", iam.get_role, RoleName="none")


def policies():
    document = policy(("s3:GetObject", "arn:aws:s3:::drill/*"))
    iam.put_role_policy(RoleName="reader", PolicyName="inline", PolicyDocument=document)
    assert iam.list_role_policies(RoleName="reader")["PolicyNames"] == ["inline"]
    read = iam.get_role_policy(RoleName="reader", PolicyName="inline")
    assert read["PolicyDocument"] == json.loads(document), read
    refused("MalformedPolicyDocument", iam.put_role_policy, RoleName="reader", PolicyName="bad", PolicyDocument="{")
    made = iam.create_policy(PolicyName="managed", PolicyDocument=document)["Policy"]
    arn = made["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/managed" and made["DefaultVersionId"] == "v1"
    second = policy(("s3:PutObject", "*"))
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=second, SetAsDefault=True)["PolicyVersion"]
    assert version["VersionId"] == "v2" and version["IsDefaultVersion"]
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"] == json.loads(second)
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 2
    refused("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v2")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.attach_role_policy(RoleName="reader", PolicyArn=arn)
    iam.attach_role_policy(RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    attached = pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName="reader")
    assert sorted(one["PolicyName"] for one in attached) == ["AmazonSSMManagedInstanceCore", "managed"], attached
    refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert [one["PolicyName"] for one in pages(iam, "list_policies", "Policies", Scope="Local")] == ["managed"]
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [role["RoleName"] for role in entities["PolicyRoles"]] == ["reader"], entities


def profiles():
    iam.create_instance_profile(InstanceProfileName="reader")
    iam.add_role_to_instance_profile(InstanceProfileName="reader", RoleName="reader")
    refused("LimitExceeded", iam.add_role_to_instance_profile, InstanceProfileName="reader", RoleName="reader")
    profile = iam.get_instance_profile(InstanceProfileName="reader")["InstanceProfile"]
    assert profile["Roles"][0]["RoleName"] == "reader" and profile["InstanceProfileId"].startswith("AIPA"), profile
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="reader")
    found = iam.list_instance_profiles_for_role(RoleName="reader")["InstanceProfiles"]
    assert [one["InstanceProfileName"] for one in found] == ["reader"]
    assert len(pages(iam, "list_instance_profiles", "InstanceProfiles")) == 1
    refused("DeleteConflict", iam.delete_role, RoleName="reader")
    refused("DeleteConflict", iam.delete_instance_profile, InstanceProfileName="reader")


def users():
    user = iam.create_user(UserName="operator", Tags=[{"Key": "a", "Value": "b"}])["User"]
    assert user["Arn"].endswith(":user/operator") and user["UserId"].startswith("AIDA")
    iam.get_waiter("user_exists").wait(UserName="operator")
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    listed = iam.list_access_keys(UserName="operator")["AccessKeyMetadata"]
    assert [(one["AccessKeyId"], one["Status"]) for one in listed] == [(key["AccessKeyId"], "Active")]
    mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert client("sts", **mine).get_caller_identity()["Arn"] == user["Arn"]
    # Nothing is permitted until it is.
    refused("AccessDenied", client("iam", **mine).list_roles)
    iam.put_user_policy(
        UserName="operator", PolicyName="p", PolicyDocument=policy(("iam:ListRoles", "*"), ("sts:AssumeRole", "*"))
    )
    assert client("iam", **mine).list_roles()["Roles"]
    assert iam.list_user_policies(UserName="operator")["PolicyNames"] == ["p"]
    assert iam.get_user(UserName="operator")["User"]["UserName"] == "operator"
    return mine


def groups():
    iam.create_group(GroupName="nights")
    iam.update_group(GroupName="nights", NewGroupName="ops", NewPath="/drill/")
    document = policy(("iam:ListRoles", "*"))
    iam.put_group_policy(GroupName="ops", PolicyName="p", PolicyDocument=document)
    assert iam.get_group_policy(GroupName="ops", PolicyName="p")["PolicyDocument"] == json.loads(document)
    assert iam.list_group_policies(GroupName="ops")["PolicyNames"] == ["p"]
    iam.attach_group_policy(GroupName="ops", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert iam.list_attached_group_policies(GroupName="ops")["AttachedPolicies"]
    iam.create_user(UserName="ann")
    iam.update_user(UserName="ann", NewUserName="eve")
    iam.add_user_to_group(GroupName="ops", UserName="eve")
    assert [user["UserName"] for user in iam.get_group(GroupName="ops")["Users"]] == ["eve"]
    assert [group["GroupName"] for group in iam.list_groups()["Groups"]] == ["ops"]
    refused("DeleteConflict", iam.delete_group, GroupName="ops")
    iam.remove_user_from_group(GroupName="ops", UserName="eve")
    iam.delete_group_policy(GroupName="ops", PolicyName="p")
    iam.detach_group_policy(GroupName="ops", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.delete_group(GroupName="ops")
    iam.delete_user(UserName="eve")


def service_linked_roles():
    made = iam.create_service_linked_role(AWSServiceName="backup.amazonaws.com")["Role"]
    refused("UnmodifiableEntity", iam.delete_role, RoleName=made["RoleName"])
    task = iam.delete_service_linked_role(RoleName=made["RoleName"])["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"


def sessions(operator):
    arn = f"arn:aws:iam::{ACCOUNT}:role/deployer"
    document = json.loads(trust("ec2"))
    document["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/operator"}
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(document))
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=policy(("iam:ListUsers", "*")))
    assumed = client("sts", **operator).assume_role(RoleArn=arn, RoleSessionName="night", DurationSeconds=900)
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/night"
    temporary = assumed["Credentials"]
    session = {
        "aws_access_key_id": temporary["AccessKeyId"],
        "aws_secret_access_key": temporary["SecretAccessKey"],
        "aws_session_token": temporary["SessionToken"],
    }
    assert client("sts", **session).get_caller_identity()["Arn"] == assumed["AssumedRoleUser"]["Arn"]
    assert client("iam", **session).list_users()["Users"]
    refused("AccessDenied", client("iam", **session).list_roles)
    refused("AccessDenied", client("sts", **operator).assume_role, RoleArn=arn.replace("deployer", "reader"), RoleSessionName="night")
    without_token = {name: value for name, value in session.items() if name != "aws_session_token"}
    refused("InvalidClientTokenId", client("sts", **without_token).get_caller_identity)


def away():
    for name in ("reader", "deployer"):
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=inline)
    iam.remove_role_from_instance_profile(InstanceProfileName="reader", RoleName="reader")
    iam.delete_instance_profile(InstanceProfileName="reader")
    iam.delete_role(RoleName="reader")
    iam.delete_role(RoleName="deployer")
    iam.delete_policy(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/managed")
    refused("DeleteConflict", iam.delete_user, UserName="operator")
    refused("NoSuchEntity", iam.delete_access_key, UserName="operator", AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    for key in iam.list_access_keys(UserName="operator")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="operator", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="operator", PolicyName="p")
    iam.delete_user(UserName="operator")
    until("no users", lambda: not iam.list_users()["Users"])


callers()
roles()
policies()
profiles()
sessions(users())
groups()
service_linked_roles()
away()
