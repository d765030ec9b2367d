"""The operations that no other script calls, each by itself: whatever the region implements is called by an unmodified client."""

import datetime
import io
import json
import pathlib
import subprocess
import tempfile

from clients import ACCOUNT, REGION, client, refused, trust, until, zipped

ANY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
POLICY = json.dumps(ANY)
TAGS = [{"Key": "a", "Value": "1"}]
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def identities():
    iam, sts = client("iam"), client("sts")
    iam.create_user(UserName="ops")
    user = f"arn:aws:iam::{ACCOUNT}:user/ops"
    iam.attach_user_policy(UserName="ops", PolicyArn=BOUNDARY)
    assert iam.list_attached_user_policies(UserName="ops")["AttachedPolicies"][0]["PolicyName"] == "ReadOnlyAccess"
    iam.put_user_policy(UserName="ops", PolicyName="p", PolicyDocument=POLICY)
    assert iam.get_user_policy(UserName="ops", PolicyName="p")["PolicyDocument"] == ANY
    iam.put_user_permissions_boundary(UserName="ops", PermissionsBoundary=BOUNDARY)
    iam.tag_user(UserName="ops", Tags=TAGS)
    assert iam.list_user_tags(UserName="ops")["Tags"] == TAGS
    assert iam.list_groups_for_user(UserName="ops")["Groups"] == []
    simulated = iam.simulate_principal_policy(PolicySourceArn=user, ActionNames=["s3:GetObject", "s3:PutObject"])
    decisions = [one["EvalDecision"] for one in simulated["EvaluationResults"]]
    assert decisions == ["allowed", "implicitDeny"], "the boundary reads only"
    custom = iam.simulate_custom_policy(PolicyInputList=[POLICY], ActionNames=["s3:PutObject"])
    assert custom["EvaluationResults"][0]["EvalDecision"] == "allowed"
    iam.get_context_keys_for_principal_policy(PolicySourceArn=user)
    keyed = POLICY.replace('"*"}', '"arn:aws:s3:::b/${aws:username}"}')
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[keyed])["ContextKeyNames"] == ["aws:username"]

    key = iam.create_access_key(UserName="ops")["AccessKey"]
    mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == ACCOUNT
    assert client("sts", **mine).get_session_token()["Credentials"]["SessionToken"]
    denied = refused("UnauthorizedOperation", client("ec2", **mine).create_vpc, CidrBlock="10.9.0.0/16")
    encoded = denied["Error"]["Message"].rsplit(" ", 1)[-1]
    assert "ec2:CreateVpc" in sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    iam.update_access_key(UserName="ops", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    refused("InvalidClientTokenId", client("sts", **mine).get_caller_identity)

    iam.create_login_profile(UserName="ops", Password="night-Watch", PasswordResetRequired=True)
    iam.update_login_profile(UserName="ops", PasswordResetRequired=False)
    assert iam.get_login_profile(UserName="ops")["LoginProfile"]["PasswordResetRequired"] is False
    iam.delete_login_profile(UserName="ops")
    iam.untag_user(UserName="ops", TagKeys=["a"])
    iam.delete_user_permissions_boundary(UserName="ops")
    iam.detach_user_policy(UserName="ops", PolicyArn=BOUNDARY)
    iam.create_role(RoleName="ops", AssumeRolePolicyDocument=trust("ec2"))
    iam.update_role_description(RoleName="ops", Description="new")
    iam.put_role_permissions_boundary(RoleName="ops", PermissionsBoundary=BOUNDARY)
    iam.delete_role_permissions_boundary(RoleName="ops")
    profile = iam.create_instance_profile(InstanceProfileName="ops")["InstanceProfile"]
    iam.tag_instance_profile(InstanceProfileName="ops", Tags=TAGS)
    assert iam.list_instance_profile_tags(InstanceProfileName="ops")["Tags"] == TAGS
    iam.untag_instance_profile(InstanceProfileName="ops", TagKeys=["a"])
    iam.add_role_to_instance_profile(InstanceProfileName="ops", RoleName="ops")
    made = iam.create_open_id_connect_provider(Url="https://oidc.example.com/ops", ClientIDList=["one"], Tags=TAGS)
    provider = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
    iam.add_client_id_to_open_id_connect_provider(**provider, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=["a" * 40])
    found = iam.get_open_id_connect_provider(**provider)
    assert (found["Url"], found["ClientIDList"]) == ("oidc.example.com/ops", ["two"]), found
    iam.tag_open_id_connect_provider(**provider, Tags=[{"Key": "z", "Value": "26"}])
    iam.untag_open_id_connect_provider(**provider, TagKeys=["z"])
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == TAGS
    assert len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1
    iam.delete_open_id_connect_provider(**provider)
    arn = iam.create_policy(PolicyName="ops", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=TAGS)
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == TAGS
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.get_account_summary()["SummaryMap"]["Roles"] >= 1
    assert iam.list_account_aliases()["AccountAliases"] == []
    return profile["Arn"]


def network(profile):
    ec2 = client("ec2")
    ec2.describe_account_attributes()
    assert ec2.describe_instance_type_offerings()["InstanceTypeOfferings"]
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    image = client("ssm").get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    launched = ec2.run_instances(ImageId=image["Parameter"]["Value"], InstanceType="t3.micro", MinCount=1, MaxCount=1)
    instance = launched["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    assert ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    client("ssm").describe_instance_associations_status(InstanceId=instance)
    association = ec2.associate_iam_instance_profile(IamInstanceProfile={"Arn": profile}, InstanceId=instance)
    association = association["IamInstanceProfileAssociation"]["AssociationId"]
    assert ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    replaced = ec2.replace_iam_instance_profile_association(AssociationId=association, IamInstanceProfile={"Arn": profile})
    association = replaced["IamInstanceProfileAssociation"]["AssociationId"]
    ec2.disassociate_iam_instance_profile(AssociationId=association)
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")
    assert ec2.describe_network_interfaces()["NetworkInterfaces"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    associated = ec2.associate_address(AllocationId=address, InstanceId=instance)["AssociationId"]
    ec2.disassociate_address(AssociationId=associated)
    ec2.release_address(AllocationId=address)
    ec2.reboot_instances(InstanceIds=[instance])
    assert ec2.get_console_output(InstanceId=instance)["InstanceId"] == instance
    ec2.terminate_instances(InstanceIds=[instance])

    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    assert ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] == "available"
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.release_address(AllocationId=address)
    interface = ec2.create_network_interface(SubnetId=subnet, Description="ops")["NetworkInterface"]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    route = {"RouteTableId": tables[0], "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
    ec2.create_route(**route)
    ec2.replace_route(**route)
    associated = ec2.associate_route_table(RouteTableId=tables[0], SubnetId=subnet)["AssociationId"]
    ec2.replace_route_table_association(AssociationId=associated, RouteTableId=tables[1])
    group = ec2.create_security_group(GroupName="ops", Description="ops", VpcId=vpc)["GroupId"]
    web = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "web"}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=web)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=web)
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=web)
    ec2.update_security_group_rule_descriptions_egress(GroupId=group, IpPermissions=web)


def fleet():
    ec2, groups = client("ec2"), client("autoscaling")
    image = client("ssm").get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    image = image["Parameter"]["Value"]
    data = {"ImageId": image, "InstanceType": "t3.micro", "MetadataOptions": {"HttpTokens": "required"}}
    made = ec2.create_launch_template(LaunchTemplateName="ops-fleet", LaunchTemplateData=data)["LaunchTemplate"]
    of = {"LaunchTemplateId": made["LaunchTemplateId"]}
    more = ec2.create_launch_template_version(**of, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.small"})
    assert more["LaunchTemplateVersion"]["VersionNumber"] == 2
    assert ec2.describe_launch_templates(LaunchTemplateNames=["ops-fleet"])["LaunchTemplates"]
    assert len(ec2.describe_launch_template_versions(**of)["LaunchTemplateVersions"]) == 2
    assert ec2.modify_launch_template(**of, DefaultVersion="2")["LaunchTemplate"]["DefaultVersionNumber"] == 2
    deleted = ec2.delete_launch_template_versions(**of, Versions=["1"])
    assert deleted["SuccessfullyDeletedLaunchTemplateVersions"]

    for answer in [groups.describe_account_limits(), groups.describe_lifecycle_hook_types()]:
        assert answer
    assert groups.describe_scaling_process_types()["Processes"]
    assert "Default" in groups.describe_termination_policy_types()["TerminationPolicyTypes"]
    configuration = {"LaunchConfigurationName": "ops-old"}
    groups.create_launch_configuration(**configuration, ImageId=image, InstanceType="t3.micro")
    assert groups.describe_launch_configurations()["LaunchConfigurations"]
    groups.delete_launch_configuration(**configuration)
    group = {"AutoScalingGroupName": "ops-fleet"}
    sizes = {"MinSize": 0, "MaxSize": 2, "DesiredCapacity": 1}
    zones = {"AvailabilityZones": ["us-east-1a"], "LaunchTemplate": of}
    hook = {"LifecycleHookName": "ready", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}
    groups.create_auto_scaling_group(**group, **sizes, **zones, LifecycleHookSpecificationList=[hook])
    instance = until("an instance waits", lambda: waiting(groups, "Pending:Wait"))
    action = {**group, "LifecycleHookName": "ready", "InstanceId": instance}
    groups.record_lifecycle_action_heartbeat(**action)
    groups.complete_lifecycle_action(**action, LifecycleActionResult="CONTINUE")
    assert until("it is in service", lambda: waiting(groups, "InService")) == instance
    assert groups.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
    assert groups.describe_scaling_activities(**group)["Activities"]
    groups.put_lifecycle_hook(**group, **hook, HeartbeatTimeout=60)
    assert groups.describe_lifecycle_hooks(**group)["LifecycleHooks"][0]["HeartbeatTimeout"] == 60
    groups.delete_lifecycle_hook(**group, LifecycleHookName="ready")
    at_night = {"ScheduledActionName": "night", "Recurrence": "0 22 * * *", "MinSize": 0}
    groups.put_scheduled_update_group_action(**group, **at_night, TimeZone="Europe/Berlin")
    weekend = {"ScheduledActionName": "weekend", "Recurrence": "0 20 * * 5", "MinSize": 0}
    batch = groups.batch_put_scheduled_update_group_action(**group, ScheduledUpdateGroupActions=[weekend])
    assert not batch["FailedScheduledUpdateGroupActions"]
    assert len(groups.describe_scheduled_actions(**group)["ScheduledUpdateGroupActions"]) == 2
    assert not groups.batch_delete_scheduled_action(**group, ScheduledActionNames=["weekend"])["FailedScheduledActions"]
    groups.delete_scheduled_action(**group, ScheduledActionName="night")
    tag = {"ResourceId": "ops-fleet", "ResourceType": "auto-scaling-group", "Key": "a"}
    groups.create_or_update_tags(Tags=[{**tag, "Value": "1", "PropagateAtLaunch": True}])
    assert groups.describe_tags()["Tags"]
    groups.delete_tags(Tags=[tag])
    groups.set_instance_protection(**group, InstanceIds=[instance], ProtectedFromScaleIn=False)
    groups.set_instance_health(InstanceId=instance, HealthStatus="Healthy")
    groups.suspend_processes(**group, ScalingProcesses=["Launch"])
    groups.resume_processes(**group, ScalingProcesses=["Launch"])
    groups.update_auto_scaling_group(**group, MaxSize=1)
    groups.set_desired_capacity(**group, DesiredCapacity=1)
    refreshed = groups.start_instance_refresh(**group, Preferences={"SkipMatching": True, "BakeTime": 600})["InstanceRefreshId"]
    [refresh] = groups.describe_instance_refreshes(**group)["InstanceRefreshes"]
    assert (refresh["InstanceRefreshId"], refresh["InstancesToUpdate"]) == (refreshed, 0), refresh
    assert groups.cancel_instance_refresh(**group)["InstanceRefreshId"] == refreshed
    groups.terminate_instance_in_auto_scaling_group(InstanceId=instance, ShouldDecrementDesiredCapacity=True)
    groups.delete_auto_scaling_group(**group, ForceDelete=True)
    of_name = {"AutoScalingGroupNames": ["ops-fleet"]}
    until("it is gone", lambda: not groups.describe_auto_scaling_groups(**of_name)["AutoScalingGroups"])
    ec2.delete_launch_template(**of)


def waiting(groups, state):
    found = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["ops-fleet"])["AutoScalingGroups"][0]["Instances"]
    return found and found[0]["LifecycleState"] == state and found[0]["InstanceId"]


def resource_groups():
    groups, ssm = client("resource-groups"), client("ssm")
    ssm.put_parameter(Name="/grouped", Value="v", Type="String", Tags=[{"Key": "grouped", "Value": "1"}])

    def by(value):
        query = {"ResourceTypeFilters": ["AWS::SSM::Parameter"], "TagFilters": [{"Key": "grouped", "Values": [value]}]}
        return {"Type": "TAG_FILTERS_1_0", "Query": json.dumps(query)}

    of = {"Group": "ops-group"}
    made = groups.create_group(Name="ops-group", ResourceQuery=by("2"), Tags={"a": "1"})["Group"]
    assert groups.get_group(**of)["Group"] == made
    assert groups.update_group(**of, Description="ops")["Group"]["Description"] == "ops"
    assert groups.list_group_resources(**of)["ResourceIdentifiers"] == []
    groups.update_group_query(**of, ResourceQuery=by("1"))
    assert groups.get_group_query(**of)["GroupQuery"]["ResourceQuery"] == by("1")
    found = groups.search_resources(ResourceQuery=by("1"))["ResourceIdentifiers"]
    assert [one["ResourceArn"].rsplit("/", 1)[1] for one in found] == ["grouped"], found
    assert groups.list_group_resources(**of)["Resources"][0]["Identifier"] == found[0]
    assert [one["GroupName"] for one in groups.list_groups()["GroupIdentifiers"]] == ["ops-group"]
    groups.tag(Arn=made["GroupArn"], Tags={"b": "2"})
    groups.untag(Arn=made["GroupArn"], Keys=["a"])
    assert groups.get_tags(Arn=made["GroupArn"])["Tags"] == {"b": "2"}
    groups.delete_group(**of)
    refused("NotFoundException", groups.get_group, **of)
    ssm.delete_parameter(Name="/grouped")


def streams():
    kinesis = client("kinesis")
    of = {"StreamName": "ops"}
    kinesis.create_stream(**of, ShardCount=1, Tags={"a": "1"})
    kinesis.get_waiter("stream_exists").wait(**of, WaiterConfig={"Delay": 1})
    arn = kinesis.describe_stream(**of)["StreamDescription"]["StreamARN"]
    assert kinesis.list_streams()["StreamNames"] == ["ops"]
    assert kinesis.describe_limits()["OpenShardCount"] == 1

    def changed():
        until("an active stream", lambda: kinesis.describe_stream_summary(**of)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE")

    put = kinesis.put_record(**of, PartitionKey="k", Data=b"one")
    kinesis.put_records(StreamARN=arn, Records=[{"PartitionKey": "k", "Data": b"two"}])
    begin = {"ShardId": put["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**of, **begin)["ShardIterator"]
    assert [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"one", b"two"]
    kinesis.split_shard(**of, ShardToSplit=put["ShardId"], NewStartingHashKey=str(2**127))
    changed()
    first, second = [shard["ShardId"] for shard in kinesis.list_shards(**of, ShardFilter={"Type": "AT_LATEST"})["Shards"]]
    kinesis.merge_shards(**of, ShardToMerge=first, AdjacentShardToMerge=second)
    changed()
    kinesis.update_shard_count(**of, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    changed()
    for change, hours in [("increase", 48), ("decrease", 24)]:
        getattr(kinesis, f"{change}_stream_retention_period")(**of, RetentionPeriodHours=hours)
        changed()
    for change in ["start", "stop"]:
        getattr(kinesis, f"{change}_stream_encryption")(**of, EncryptionType="KMS", KeyId="alias/aws/kinesis")
        changed()
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=2048)
    changed()
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    changed()

    kinesis.add_tags_to_stream(**of, Tags={"b": "2"})
    kinesis.remove_tags_from_stream(**of, TagKeys=["a"])
    assert kinesis.list_tags_for_stream(**of)["Tags"] == [{"Key": "b", "Value": "2"}]
    kinesis.tag_resource(ResourceARN=arn, Tags={"c": "3"})
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "3"}]
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kinesis:PutRecord", "Resource": arn}
    kinesis.put_resource_policy(ResourceARN=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert "PutRecord" in kinesis.get_resource_policy(ResourceARN=arn)["Policy"]
    kinesis.delete_resource_policy(ResourceARN=arn)
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    assert kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]["StreamARN"] == arn
    assert len(kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]) == 1
    kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    kinesis.delete_stream(**of, EnforceConsumerDeletion=True)
    kinesis.get_waiter("stream_not_exists").wait(**of, WaiterConfig={"Delay": 1})


def tables():
    dynamodb, streams = client("dynamodb"), client("dynamodbstreams")
    of, key = {"TableName": "ops-table"}, {"id": {"S": "a"}}
    made = dynamodb.create_table(
        **of,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]

    def active(name="ops-table"):
        return lambda: dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"

    until("the table is active", active())
    assert "ops-table" in dynamodb.list_tables()["TableNames"]
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] > 0
    dynamodb.put_item(**of, Item={**key, "n": {"N": "1"}, "b": {"B": b"binary"}})
    assert dynamodb.get_item(**of, Key=key)["Item"]["n"] == {"N": "1"}
    add = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    assert dynamodb.update_item(**of, Key=key, **add, ReturnValues="UPDATED_NEW")["Attributes"] == {"n": {"N": "2"}}
    fresh = {"ConditionExpression": "attribute_not_exists(id)"}
    refused("ConditionalCheckFailedException", dynamodb.put_item, **of, Item=key, **fresh)
    by_key = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "a"}}}
    assert dynamodb.query(**of, **by_key)["Count"] == 1
    dynamodb.batch_write_item(RequestItems={"ops-table": [{"PutRequest": {"Item": {"id": {"S": "b"}}}}]})
    got = dynamodb.batch_get_item(RequestItems={"ops-table": {"Keys": [key, {"id": {"S": "b"}}]}})["Responses"]
    assert len(got["ops-table"]) == 2, got
    dynamodb.transact_write_items(TransactItems=[{"Delete": {**of, "Key": {"id": {"S": "b"}}}}])
    assert dynamodb.transact_get_items(TransactItems=[{"Get": {**of, "Key": {"id": {"S": "b"}}}}])["Responses"] == [{}]
    assert dynamodb.scan(**of)["Count"] == 1

    arn = made["LatestStreamArn"]
    assert streams.list_streams(**of)["Streams"][0]["StreamArn"] == arn
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    names = [record["eventName"] for record in streams.get_records(ShardIterator=iterator)["Records"]]
    assert names == ["INSERT", "MODIFY", "INSERT", "REMOVE"], names

    dynamodb.update_time_to_live(**of, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    assert dynamodb.describe_time_to_live(**of)["TimeToLiveDescription"]["AttributeName"] == "until"
    recovery = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    dynamodb.update_continuous_backups(**of, **recovery)
    described = dynamodb.describe_continuous_backups(**of)["ContinuousBackupsDescription"]
    assert described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    dynamodb.tag_resource(ResourceArn=made["TableArn"], Tags=[{"Key": "a", "Value": "1"}])
    assert dynamodb.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"] == [{"Key": "a", "Value": "1"}]
    dynamodb.untag_resource(ResourceArn=made["TableArn"], TagKeys=["a"])
    backup = dynamodb.create_backup(**of, BackupName="ops-backup")["BackupDetails"]["BackupArn"]

    def available():
        found = dynamodb.describe_backup(BackupArn=backup)["BackupDescription"]["BackupDetails"]
        return found["BackupStatus"] == "AVAILABLE"

    until("the backup is available", available)
    assert dynamodb.list_backups(**of)["BackupSummaries"][0]["BackupName"] == "ops-backup"
    dynamodb.restore_table_from_backup(TargetTableName="ops-restored", BackupArn=backup)
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="ops-table", TargetTableName="ops-earlier", UseLatestRestorableTime=True
    )
    dynamodb.delete_backup(BackupArn=backup)
    dynamodb.update_table(**of, DeletionProtectionEnabled=True)
    until("the table is changed", active())
    refused("ValidationException", dynamodb.delete_table, **of)
    dynamodb.update_table(**of, DeletionProtectionEnabled=False)
    for name in ("ops-table", "ops-restored", "ops-earlier"):
        until(f"{name} is active", active(name))
        dynamodb.delete_item(TableName=name, Key=key)
        dynamodb.delete_table(TableName=name)


def stored():
    s3 = client("s3")
    s3.create_bucket(Bucket="ops-every")
    s3.head_bucket(Bucket="ops-every")
    s3.put_object(Bucket="ops-every", Key="k", Body=b"k")
    of = {"Bucket": "ops-every"}
    refused("AccessControlListNotSupported", s3.put_object_acl, **of, Key="k", ACL="private")
    s3.put_bucket_ownership_controls(**of, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_acl(**of, ACL="private")
    s3.put_object_acl(**of, Key="k", ACL="private")
    assert s3.get_object_acl(**of, Key="k")["Grants"]
    s3.put_bucket_notification_configuration(**of, NotificationConfiguration={})
    s3.get_bucket_notification_configuration(**of)
    s3.put_bucket_accelerate_configuration(**of, AccelerateConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_accelerate_configuration(**of)["Status"] == "Enabled"
    s3.put_bucket_request_payment(**of, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(**of)["Payer"] == "Requester"
    s3.put_bucket_cors(**of, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    assert s3.get_bucket_cors(**of)["CORSRules"]
    parts = {**of, "Key": "parts", "UploadId": s3.create_multipart_upload(**of, Key="parts")["UploadId"]}
    first = s3.upload_part(**parts, PartNumber=1, Body=bytes(5 * 1024 * 1024))["ETag"]
    second = s3.upload_part_copy(**parts, PartNumber=2, CopySource="ops-every/k")["CopyPartResult"]["ETag"]
    numbered = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    assert s3.complete_multipart_upload(**parts, MultipartUpload={"Parts": numbered})["ETag"].endswith('-2"')
    # What no bucket here can have, and so cannot be asked for with another answer.
    refused("ReplicationConfigurationNotFoundError", s3.get_bucket_replication, **of)
    refused("NoSuchWebsiteConfiguration", s3.get_bucket_website, **of)
    s3.delete_bucket_cors(**of)
    s3.delete_bucket_replication(**of)
    s3.delete_bucket_website(**of)
    s3.delete_bucket_ownership_controls(**of)
    s3.delete_public_access_block(**of)
    locked()


def locked():
    s3 = client("s3")
    s3.create_bucket(Bucket="ops-locked", ObjectLockEnabledForBucket=True)
    of = {"Bucket": "ops-locked", "Key": "k"}
    version = s3.put_object(**of, Body=b"k")["VersionId"]
    days = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": days}
    s3.put_object_lock_configuration(Bucket="ops-locked", ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket="ops-locked")["ObjectLockConfiguration"] == configuration
    s3.put_object_legal_hold(**of, LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(**of)["LegalHold"]["Status"] == "ON"
    s3.put_object_legal_hold(**of, LegalHold={"Status": "OFF"})
    s3.put_object_retention(**of, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2036-01-01T00:00:00Z"})
    assert s3.get_object_retention(**of)["Retention"]["Mode"] == "GOVERNANCE"
    refused("AccessDenied", s3.delete_object, **of, VersionId=version)
    s3.delete_object(**of, VersionId=version, BypassGovernanceRetention=True)


def asymmetric_keys(kms):
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    what = {"KeyId": signing, "Message": b"message", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert kms.verify(**what, Signature=kms.sign(**what)["Signature"])["SignatureValid"]
    codes = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    what = {"KeyId": codes, "Message": b"message", "MacAlgorithm": "HMAC_SHA_256"}
    assert kms.verify_mac(**what, Mac=kms.generate_mac(**what)["Mac"])["MacValid"]
    agreeing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"]
    public = kms.get_public_key(KeyId=agreeing)["PublicKey"]
    assert kms.derive_shared_secret(KeyId=agreeing, KeyAgreementAlgorithm="ECDH", PublicKey=public)["SharedSecret"]

    imported = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    given = kms.get_parameters_for_import(KeyId=imported, WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048")
    with tempfile.TemporaryDirectory() as folder:
        wrapping = pathlib.Path(folder, "wrapping.der")
        wrapping.write_bytes(given["PublicKey"])
        wrap = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", wrapping, "-pkeyopt", "rsa_padding_mode:oaep"]
        material = subprocess.run(wrap, input=bytes(range(32)), capture_output=True, check=True).stdout
    kms.import_key_material(KeyId=imported, ImportToken=given["ImportToken"], EncryptedKeyMaterial=material,
                            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
    kms.encrypt(KeyId=imported, Plaintext=b"secret")
    kms.delete_imported_key_material(KeyId=imported)


def keys():
    kms = client("kms")
    key, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.enable_key_rotation(KeyId=key)
    kms.disable_key_rotation(KeyId=key)
    assert len(kms.generate_random(NumberOfBytes=16)["Plaintext"]) == 16
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    kms.put_key_policy(KeyId=key, Policy=kms.get_key_policy(KeyId=key)["Policy"])
    secret = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    moved = kms.re_encrypt(CiphertextBlob=secret, DestinationKeyId=other)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=moved, KeyId=other)["Plaintext"] == b"secret"
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "1"}])
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    kms.create_alias(AliasName="alias/ops", TargetKeyId=key)
    kms.update_alias(AliasName="alias/ops", TargetKeyId=other)
    kms.update_key_description(KeyId=key, Description="new")
    kms.rotate_key_on_demand(KeyId=key)
    assert kms.list_key_rotations(KeyId=key)["Rotations"][0]["RotationType"] == "ON_DEMAND"
    user = f"arn:aws:iam::{ACCOUNT}:root"
    granted = kms.create_grant(KeyId=key, GranteePrincipal=user, RetiringPrincipal=user, Operations=["Decrypt"])
    assert kms.list_retirable_grants(RetiringPrincipal=user)["Grants"][0]["GrantId"] == granted["GrantId"]
    kms.retire_grant(GrantToken=granted["GrantToken"])
    granted = kms.create_grant(KeyId=key, GranteePrincipal=user, Operations=["Decrypt"])
    assert kms.list_grants(KeyId=key)["Grants"][0]["Operations"] == ["Decrypt"]
    kms.revoke_grant(KeyId=key, GrantId=granted["GrantId"])
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    assert kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"] == pair["PrivateKeyPlaintext"]
    kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    asymmetric_keys(kms)
    return kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]


def functions():
    functions, iam = client("lambda"), client("iam")
    role = iam.create_role(RoleName="ops-function", AssumeRolePolicyDocument=trust("lambda"))["Role"]["Arn"]
    code = zipped(index="def handler(event, context): return 1")
    made = functions.create_function(
        FunctionName="ops", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="ops", WaiterConfig={"Delay": 1})
    of = {"FunctionName": "ops"}
    functions.update_function_code(**of, ZipFile=code)
    functions.get_waiter("function_updated_v2").wait(**of, WaiterConfig={"Delay": 1})
    version = functions.publish_version(**of)["Version"]
    assert len(functions.list_versions_by_function(**of)["Versions"]) == 2
    functions.create_alias(**of, Name="live", FunctionVersion=version)
    functions.update_alias(**of, Name="live", FunctionVersion="$LATEST")
    assert functions.get_alias(**of, Name="live")["FunctionVersion"] == "$LATEST"
    assert functions.list_aliases(**of)["Aliases"]
    functions.delete_alias(**of, Name="live")
    functions.put_provisioned_concurrency_config(**of, Qualifier=version, ProvisionedConcurrentExecutions=1)
    assert functions.get_provisioned_concurrency_config(**of, Qualifier=version)["RequestedProvisionedConcurrentExecutions"] == 1
    assert functions.list_provisioned_concurrency_configs(**of)["ProvisionedConcurrencyConfigs"]
    functions.delete_provisioned_concurrency_config(**of, Qualifier=version)
    functions.put_function_recursion_config(**of, RecursiveLoop="Allow")
    assert functions.get_function_recursion_config(**of)["RecursiveLoop"] == "Allow"
    functions.put_runtime_management_config(**of, UpdateRuntimeOn="FunctionUpdate")
    assert functions.get_runtime_management_config(**of)["UpdateRuntimeOn"] == "FunctionUpdate"
    functions.create_function_url_config(**of, AuthType="NONE")
    functions.update_function_url_config(**of, AuthType="AWS_IAM")
    assert functions.get_function_url_config(**of)["AuthType"] == "AWS_IAM"
    assert functions.list_function_url_configs(**of)["FunctionUrlConfigs"]
    functions.delete_function_url_config(**of)
    layer = functions.publish_layer_version(LayerName="ops", Content={"ZipFile": code})
    of_layer = {"LayerName": "ops", "VersionNumber": layer["Version"]}
    functions.add_layer_version_permission(**of_layer, StatementId="s", Action="lambda:GetLayerVersion", Principal="*")
    assert functions.get_layer_version_policy(**of_layer)["Policy"]
    functions.remove_layer_version_permission(**of_layer, StatementId="s")
    assert functions.get_layer_version(**of_layer)["Content"]["CodeSize"]
    assert functions.get_layer_version_by_arn(Arn=layer["LayerVersionArn"])["Version"] == layer["Version"]
    assert functions.list_layers()["Layers"] and functions.list_layer_versions(LayerName="ops")["LayerVersions"]
    functions.delete_layer_version(**of_layer)
    profile = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/ops/abcdefghij"
    signing = functions.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [profile]})
    signing = {"CodeSigningConfigArn": signing["CodeSigningConfig"]["CodeSigningConfigArn"]}
    functions.update_code_signing_config(**signing, Description="ops")
    assert functions.get_code_signing_config(**signing)["CodeSigningConfig"]["Description"] == "ops"
    functions.put_function_code_signing_config(**signing, **of)
    assert functions.get_function_code_signing_config(**of)["CodeSigningConfigArn"] == signing["CodeSigningConfigArn"]
    assert functions.list_functions_by_code_signing_config(**signing)["FunctionArns"] == [made["FunctionArn"]]
    functions.delete_function_code_signing_config(**of)
    assert functions.list_code_signing_configs()["CodeSigningConfigs"]
    functions.delete_code_signing_config(**signing)
    client("sqs").create_queue(QueueName="ops-source")
    sources = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="ops-function", PolicyName="sources", PolicyDocument=json.dumps(sources))
    mapping = functions.create_event_source_mapping(**of, EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:ops-source", Enabled=False)
    assert functions.list_event_source_mappings(**of)["EventSourceMappings"]
    until("the mapping is at rest", lambda: functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Disabled")
    functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=5)
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    functions.put_function_concurrency(**of, ReservedConcurrentExecutions=1)
    assert functions.get_function_concurrency(**of)["ReservedConcurrentExecutions"] == 1
    functions.delete_function_concurrency(**of)
    assert functions.get_account_settings()["AccountLimit"]
    functions.put_function_event_invoke_config(**of, MaximumRetryAttempts=0)
    functions.update_function_event_invoke_config(**of, MaximumRetryAttempts=1)
    assert functions.list_function_event_invoke_configs(**of)["FunctionEventInvokeConfigs"]
    functions.tag_resource(Resource=made["FunctionArn"], Tags={"a": "1"})
    assert functions.list_tags(Resource=made["FunctionArn"])["Tags"] == {"a": "1"}
    functions.untag_resource(Resource=made["FunctionArn"], TagKeys=["a"])
    logs, group = client("logs"), {"logGroupName": "/ops-subscribed"}
    logs.create_log_group(**group)
    subscription = {**group, "filterName": "all", "filterPattern": "", "destinationArn": made["FunctionArn"]}
    refused("InvalidParameterException", logs.put_subscription_filter, **subscription)
    functions.add_permission(**of, StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com")
    logs.put_subscription_filter(**subscription)
    assert [one["filterName"] for one in logs.describe_subscription_filters(**group)["subscriptionFilters"]] == ["all"]
    logs.delete_subscription_filter(**group, filterName="all")
    logs.delete_log_group(**group)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": "*"}]})
    logs.put_resource_policy(policyName="ops", policyDocument=policy)
    assert [one["policyName"] for one in logs.describe_resource_policies()["resourcePolicies"]] == ["ops"]
    logs.delete_resource_policy(policyName="ops")


def messages(key):
    events, logs, sqs = client("events"), client("logs"), client("sqs")
    assert events.describe_event_bus()["Name"] == "default"
    assert events.list_event_buses()["EventBuses"]
    rule = events.put_rule(Name="ops", ScheduleExpression="rate(1 day)", State="DISABLED", Tags=TAGS)["RuleArn"]
    events.untag_resource(ResourceARN=rule, TagKeys=["a"])
    bus = events.create_event_bus(Name="ops", Description="d")["EventBusArn"]
    events.update_event_bus(Name="ops", Description="new")
    events.put_permission(EventBusName="ops", Action="events:PutEvents", Principal="*", StatementId="all")
    events.remove_permission(EventBusName="ops", StatementId="all")
    archive = events.create_archive(ArchiveName="ops", EventSourceArn=bus, RetentionDays=1)["ArchiveArn"]
    events.update_archive(ArchiveName="ops", RetentionDays=2)
    assert events.describe_archive(ArchiveName="ops")["RetentionDays"] == 2
    assert events.list_archives(EventSourceArn=bus)["Archives"]
    events.start_replay(
        ReplayName="ops", EventSourceArn=archive, EventStartTime="2026-01-01T00:00:00Z", EventEndTime="2026-01-02T00:00:00Z",
        Destination={"Arn": bus},
    )
    assert events.describe_replay(ReplayName="ops")["EventSourceArn"] == archive
    assert events.list_replays(NamePrefix="ops")["Replays"]
    events.delete_archive(ArchiveName="ops")
    who = {"BasicAuthParameters": {"Username": "user", "Password": "pass"}}
    connection = events.create_connection(Name="ops", AuthorizationType="BASIC", AuthParameters=who)["ConnectionArn"]
    events.update_connection(Name="ops", Description="new")
    assert events.describe_connection(Name="ops")["AuthParameters"] == {"BasicAuthParameters": {"Username": "user"}}
    events.create_api_destination(Name="ops", ConnectionArn=connection, HttpMethod="POST", InvocationEndpoint="https://example.com")
    events.update_api_destination(Name="ops", HttpMethod="PUT")
    assert events.describe_api_destination(Name="ops")["HttpMethod"] == "PUT"
    assert events.list_api_destinations(NamePrefix="ops")["ApiDestinations"][0]["ApiDestinationState"] == "ACTIVE"
    events.delete_api_destination(Name="ops")
    events.deauthorize_connection(Name="ops")
    assert events.list_connections(NamePrefix="ops")["Connections"][0]["ConnectionState"] == "DEAUTHORIZED"
    events.delete_connection(Name="ops")
    events.delete_event_bus(Name="ops")
    logs.create_log_group(logGroupName="/ops")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ops"
    logs.tag_resource(resourceArn=group, tags={"a": "1"})
    logs.untag_resource(resourceArn=group, tagKeys=["a"])
    logs.tag_log_group(logGroupName="/ops", tags={"a": "1"})
    assert logs.list_tags_log_group(logGroupName="/ops")["tags"] == {"a": "1"}
    logs.untag_log_group(logGroupName="/ops", tags=["a"])
    client("kms").put_key_policy(KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}, "Action": "kms:*", "Resource": "*"},
    ]}))
    logs.associate_kms_key(logGroupName="/ops", kmsKeyId=key)
    logs.disassociate_kms_key(logGroupName="/ops")
    counted = {"metricName": "errors", "metricNamespace": "ops-logs", "metricValue": "$.count", "unit": "Count"}
    logs.put_metric_filter(logGroupName="/ops", filterName="errors", filterPattern='{ $.level = "ERROR" }', metricTransformations=[counted])
    assert [one["filterName"] for one in logs.describe_metric_filters(logGroupName="/ops")["metricFilters"]] == ["errors"]
    event = json.dumps({"level": "ERROR", "count": 3})
    [match] = logs.test_metric_filter(filterPattern="{ $.count > 2 }", logEventMessages=[event, "no JSON"])["matches"]
    assert (match["eventNumber"], match["extractedValues"]) == (1, {"$.count": "3"}), match
    logs.create_log_stream(logGroupName="/ops", logStreamName="s")
    now = datetime.datetime.now(datetime.timezone.utc)
    logs.put_log_events(logGroupName="/ops", logStreamName="s", logEvents=[{"timestamp": int(now.timestamp() * 1000), "message": event}])
    assert [one["MetricName"] for one in client("cloudwatch").list_metrics(Namespace="ops-logs")["Metrics"]] == ["errors"]
    logs.delete_metric_filter(logGroupName="/ops", filterName="errors")
    times = {"startTime": int(now.timestamp()) - 60, "endTime": int(now.timestamp()) + 60}
    query = logs.start_query(logGroupName="/ops", queryString="filter level = 'ERROR' | stats sum(count) as n", **times)["queryId"]
    results = logs.get_query_results(queryId=query)
    assert (results["status"], results["results"]) == ("Complete", [[{"field": "n", "value": "3"}]]), results
    assert [one["queryId"] for one in logs.describe_queries(logGroupName="/ops")["queries"]] == [query]
    refused("InvalidParameterException", logs.stop_query, queryId=query)
    queue = sqs.create_queue(QueueName="ops", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=queue, Tags={"a": "1"})
    sqs.untag_queue(QueueUrl=queue, TagKeys=["a"])
    sqs.list_dead_letter_source_queues(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    [taken] = sqs.receive_message(QueueUrl=queue)["Messages"]
    entry = {"Id": "1", "ReceiptHandle": taken["ReceiptHandle"], "VisibilityTimeout": 0}
    assert sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[entry])["Successful"]
    sqs.add_permission(QueueUrl=queue, Label="ops", AWSAccountIds=[ACCOUNT], Actions=["ReceiveMessage"])
    sqs.remove_permission(QueueUrl=queue, Label="ops")
    arns = {name: f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}" for name in ("ops", "ops-dead")}
    dead = sqs.create_queue(QueueName="ops-dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arns["ops-dead"], "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": redrive})
    for body in ("1", "2", "3"):
        sqs.send_message(QueueUrl=dead, MessageBody=body)
    task = sqs.start_message_move_task(
        SourceArn=arns["ops-dead"], DestinationArn=arns["ops"], MaxNumberOfMessagesPerSecond=1
    )["TaskHandle"]
    assert sqs.list_message_move_tasks(SourceArn=arns["ops-dead"])["Results"]
    sqs.cancel_message_move_task(TaskHandle=task)


def notices():
    sns, sqs = client("sns"), client("sqs")
    arn = sns.create_topic(Name="ops", Attributes={"DisplayName": "Ops"}, Tags=TAGS)["TopicArn"]
    topic = {"TopicArn": arn}
    assert {"TopicArn": arn} in sns.list_topics()["Topics"]
    sns.add_permission(**topic, Label="ops", AWSAccountId=[ACCOUNT], ActionName=["Publish"])
    sns.remove_permission(**topic, Label="ops")
    attributes = sns.get_topic_attributes(**topic)["Attributes"]
    assert (attributes["Owner"], attributes["DisplayName"]) == (ACCOUNT, "Ops"), attributes
    [default] = json.loads(attributes["Policy"])["Statement"]
    assert default["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}, default
    events = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [default, events]})
    # The statement that a topic is made with lets alarms in.
    sns.set_topic_attributes(**topic, AttributeName="Policy", AttributeValue=policy)
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "z", "Value": "26"}])
    sns.untag_resource(ResourceArn=arn, TagKeys=["z"])
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == TAGS

    queue = sqs.create_queue(QueueName="ops-notices")["QueueUrl"]
    queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:ops-notices"
    sender = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue_arn,
              "Condition": {"ArnEquals": {"aws:SourceArn": arn}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [sender]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    subscribed = sns.subscribe(**topic, Protocol="sqs", Endpoint=queue_arn)["SubscriptionArn"]
    person = sns.subscribe(**topic, Protocol="email", Endpoint="ops@example.com")["SubscriptionArn"]
    assert person == "pending confirmation", person
    listed = sns.list_subscriptions_by_topic(**topic)["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == [subscribed, "PendingConfirmation"], listed
    assert len(sns.list_subscriptions()["Subscriptions"]) == 2

    def taken():
        return sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MessageAttributeNames=["All"]).get("Messages", [{}])[0]

    said = {"night": {"DataType": "String", "StringValue": "first"}}
    sent = sns.publish(**topic, Subject="backup", Message="it failed", MessageAttributes=said)["MessageId"]
    envelope = json.loads(taken()["Body"])
    assert (envelope["Type"], envelope["MessageId"], envelope["TopicArn"]) == ("Notification", sent, arn), envelope
    assert (envelope["Subject"], envelope["Message"]) == ("backup", "it failed"), envelope
    assert envelope["MessageAttributes"] == {"night": {"Type": "String", "Value": "first"}}, envelope
    raw = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    sns.set_subscription_attributes(SubscriptionArn=subscribed, **raw)
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscribed)["Attributes"]
    assert (attributes["RawMessageDelivery"], attributes["PendingConfirmation"]) == ("true", "false"), attributes
    sns.publish(TargetArn=arn, Message="as it is", MessageAttributes=said)
    message = taken()
    assert (message["Body"], message["MessageAttributes"]["night"]["StringValue"]) == ("as it is", "first"), message
    batch = sns.publish_batch(**topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "in a batch"}, {"Id": "b", "Message": ""}])
    assert ([one["Id"] for one in batch["Successful"]], [one["Id"] for one in batch["Failed"]]) == (["a"], ["b"]), batch
    assert taken()["Body"] == "in a batch"

    rules = client("events")
    rules.put_rule(Name="ops-notices", EventPattern=json.dumps({"source": ["ops"]}))
    rules.put_targets(Rule="ops-notices", Targets=[{"Id": "topic", "Arn": arn}])
    rules.put_events(Entries=[{"Source": "ops", "DetailType": "d", "Detail": "{}"}])
    event = json.loads(until("an event in the queue", taken)["Body"])
    assert (event["source"], event["detail-type"]) == ("ops", "d"), event
    rules.remove_targets(Rule="ops-notices", Ids=["topic"])
    rules.delete_rule(Name="ops-notices")

    alarms, named = client("cloudwatch"), {"AlarmNames": ["ops-alarm"]}
    alarm = {"AlarmName": "ops-alarm", "Namespace": "AWS/Lambda", "MetricName": "Invocations", "Statistic": "Sum", "Period": 60,
             "Dimensions": [{"Name": "FunctionName", "Value": "nonesuch"}], "EvaluationPeriods": 2, "Threshold": 1.0,
             "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "notBreaching", "AlarmActions": [arn]}
    alarms.put_metric_alarm(**alarm, Tags=TAGS)
    [found] = alarms.describe_alarms(**named)["MetricAlarms"]
    assert (found["StateValue"], found["Period"], found["AlarmActions"]) == ("INSUFFICIENT_DATA", 60, [arn]), found
    alarms.disable_alarm_actions(**named)
    alarms.set_alarm_state(AlarmName="ops-alarm", StateValue="ALARM", StateReason="nobody is told")
    alarms.set_alarm_state(AlarmName="ops-alarm", StateValue="OK", StateReason="over")
    alarms.enable_alarm_actions(**named)
    alarms.set_alarm_state(AlarmName="ops-alarm", StateValue="ALARM", StateReason="to see who is told")
    told = json.loads(taken()["Body"])
    assert (told["AlarmName"], told["NewStateValue"], told["OldStateValue"]) == ("ops-alarm", "ALARM", "OK"), told
    assert told["NewStateReason"] == "to see who is told" and told["Trigger"]["MetricName"] == "Invocations", told
    alarm_arn = found["AlarmArn"]
    alarms.tag_resource(ResourceARN=alarm_arn, Tags=[{"Key": "z", "Value": "26"}])
    alarms.untag_resource(ResourceARN=alarm_arn, TagKeys=["z"])
    assert alarms.list_tags_for_resource(ResourceARN=alarm_arn)["Tags"] == TAGS
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": alarm["Dimensions"]}
    assert [one["AlarmName"] for one in alarms.describe_alarms_for_metric(**metric)["MetricAlarms"]] == ["ops-alarm"]
    history = alarms.describe_alarm_history(AlarmName="ops-alarm", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert history[0]["HistorySummary"] == "Alarm updated from OK to ALARM", history
    alarms.put_composite_alarm(AlarmName="ops-both", AlarmRule='ALARM("ops-alarm") AND NOT FALSE')
    [both] = alarms.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert both["StateValue"] == "ALARM", both
    alarms.delete_alarms(AlarmNames=["ops-both"])
    alarms.delete_alarms(**named)
    assert alarms.describe_alarms(**named)["MetricAlarms"] == []

    mobile(sns)
    protection = json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": []})
    sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy=protection)
    assert sns.get_data_protection_policy(ResourceArn=arn)["DataProtectionPolicy"] == protection
    refused("InvalidParameter", sns.subscribe, **topic, Protocol="pigeon", Endpoint="home")
    refused("InvalidParameter", sns.publish, **topic, Message="m", Subject="two\nlines")
    refused("NotFound", sns.get_topic_attributes, TopicArn=arn + "-none")
    iam = client("iam")
    iam.create_user(UserName="ops-notices")
    key = iam.create_access_key(UserName="ops-notices")["AccessKey"]
    stranger = client("sns", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    refused("AuthorizationError", stranger.list_topics)
    sns.unsubscribe(SubscriptionArn=subscribed)
    sns.delete_topic(**topic)
    assert {"TopicArn": arn} not in sns.list_topics()["Topics"]


def mobile(sns):
    keys = {"PlatformPrincipal": "id", "PlatformCredential": "secret"}
    application = {"PlatformApplicationArn": sns.create_platform_application(Name="pager", Platform="ADM", Attributes=keys)["PlatformApplicationArn"]}
    sns.set_platform_application_attributes(**application, Attributes={"SuccessFeedbackSampleRate": "50"})
    shown = {"Enabled": "true", "SuccessFeedbackSampleRate": "50"}
    assert sns.get_platform_application_attributes(**application)["Attributes"] == shown
    assert sns.list_platform_applications()["PlatformApplications"] == [{**application, "Attributes": shown}]
    endpoint = {"EndpointArn": sns.create_platform_endpoint(**application, Token="t", CustomUserData="me")["EndpointArn"]}
    sns.set_endpoint_attributes(**endpoint, Attributes={"Enabled": "false"})
    shown = {"CustomUserData": "me", "Enabled": "false", "Token": "t"}
    assert sns.get_endpoint_attributes(**endpoint)["Attributes"] == shown
    assert sns.list_endpoints_by_platform_application(**application)["Endpoints"] == [{**endpoint, "Attributes": shown}]
    sns.delete_endpoint(**endpoint)
    sns.delete_platform_application(**application)
    sns.set_sms_attributes(attributes={"DefaultSMSType": "Promotional"})
    assert sns.get_sms_attributes()["attributes"] == {"DefaultSMSType": "Promotional", "MonthlySpendLimit": "1"}
    sns.opt_in_phone_number(phoneNumber="+4411111111")
    assert sns.check_if_phone_number_is_opted_out(phoneNumber="+4411111111")["isOptedOut"] is False
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == []
    refused("InvalidParameter", sns.opt_in_phone_number, phoneNumber="nobody")


def managed():
    ssm = client("ssm")
    ssm.put_parameter(Name="/ops", Value="v", Type="String")
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="/ops", Tags=TAGS)
    quotas, vpcs = client("service-quotas"), {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}
    own, default = quotas.get_service_quota(**vpcs)["Quota"], quotas.get_aws_default_service_quota(**vpcs)["Quota"]
    assert own["Value"] == default["Value"] == 5.0, (own, default)
    assert own["QuotaCode"] in [one["QuotaCode"] for one in quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]]
    assert quotas.list_aws_default_service_quotas(ServiceCode="ec2")["Quotas"]
    assert {"vpc", "ec2"} <= {one["ServiceCode"] for one in quotas.list_services()["Services"]}
    metrics, now = client("cloudwatch"), datetime.datetime.now(datetime.timezone.utc)
    assert isinstance(metrics.list_metrics(Namespace="AWS/Events")["Metrics"], list)
    window = {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now, "Period": 60, "Statistics": ["Sum"]}
    dimensions = [{"Name": "RuleName", "Value": "nonesuch"}]
    answer = metrics.get_metric_statistics(Namespace="AWS/Events", MetricName="Invocations", Dimensions=dimensions, **window)
    assert (answer["Label"], answer["Datapoints"]) == ("Invocations", [])
    datum = {"MetricName": "archived", "Dimensions": [{"Name": "night", "Value": "1"}], "Unit": "Count"}
    metrics.put_metric_data(Namespace="ops", MetricData=[{**datum, "Values": [1.0, 3.0], "Counts": [2.0, 1.0]}])
    assert [one["MetricName"] for one in metrics.list_metrics(Namespace="ops", RecentlyActive="PT3H")["Metrics"]] == ["archived"]
    named = {"Namespace": "ops", "MetricName": "archived", "Dimensions": datum["Dimensions"]}
    queries = [{"Id": "m1", "MetricStat": {"Metric": named, "Period": 300, "Stat": "Sum"}, "ReturnData": False},
               {"Id": "e1", "Expression": "m1 * 2", "Label": "twice"}]
    hours = {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(hours=1)}
    [result] = metrics.get_metric_data(MetricDataQueries=queries, **hours)["MetricDataResults"]
    assert (result["Label"], sum(result["Values"])) == ("twice", 10.0), result
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "x"}}]})
    assert metrics.put_dashboard(DashboardName="ops", DashboardBody=body)["DashboardValidationMessages"] == []
    assert metrics.get_dashboard(DashboardName="ops")["DashboardBody"] == body
    refused("InvalidParameterInput", metrics.put_dashboard, DashboardName="ops", DashboardBody="{}")
    assert [one["DashboardName"] for one in metrics.list_dashboards(DashboardNamePrefix="o")["DashboardEntries"]] == ["ops"]
    metrics.delete_dashboards(DashboardNames=["ops"])
    tagging = client("resourcegroupstaggingapi")
    assert "a" in tagging.get_tag_keys()["TagKeys"] and tagging.get_tag_values(Key="a")["TagValues"]
    found = tagging.get_resources(TagFilters=[{"Key": "a"}], ResourceTypeFilters=["ssm:parameter"])
    assert found["ResourceTagMappingList"], found
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId="/ops", TagKeys=["a"])
    ssm.delete_parameter(Name="/ops")
    step = {"action": "aws:runShellScript", "name": "s", "inputs": {"runCommand": ["true"]}}
    document = {"schemaVersion": "2.2", "description": "one", "mainSteps": [step]}
    ssm.create_document(Name="ops", Content=json.dumps(document), DocumentType="Command")
    ssm.update_document(Name="ops", Content=json.dumps({**document, "description": "two"}), DocumentVersion="$LATEST")
    ssm.update_document_default_version(Name="ops", DocumentVersion="2")
    assert ssm.list_associations()["Associations"] == []
    # The first CloudTrail lookup is of what has just been done.
    trail = client("cloudtrail")
    until("CreateDocument in the trail", lambda: trail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateDocument"}])["Events"])


def schedules():
    scheduler, roles = client("scheduler"), client("iam")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = roles.create_role(RoleName="ops-scheduler", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    group = scheduler.create_schedule_group(Name="ops", Tags=TAGS)["ScheduleGroupArn"]
    scheduler.untag_resource(ResourceArn=group, TagKeys=["a"])
    scheduler.tag_resource(ResourceArn=group, Tags=[{"Key": "b", "Value": "2"}])
    assert scheduler.list_tags_for_resource(ResourceArn=group)["Tags"] == [{"Key": "b", "Value": "2"}]
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ssm:sendCommand", "RoleArn": role, "Input": "{}"}
    nightly = {"Name": "nightly", "GroupName": "ops", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target,
               "ScheduleExpression": "cron(0 3 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin"}
    arn = scheduler.create_schedule(**nightly)["ScheduleArn"]
    refused("ConflictException", scheduler.create_schedule, **nightly)
    scheduler.update_schedule(**nightly, State="DISABLED")
    of = {"Name": "nightly", "GroupName": "ops"}
    found = scheduler.get_schedule(**of)
    assert (found["Arn"], found["State"], found["Target"]["RetryPolicy"]["MaximumRetryAttempts"]) == (arn, "DISABLED", 185), found
    assert [one["Name"] for one in scheduler.list_schedules(GroupName="ops")["Schedules"]] == ["nightly"]
    scheduler.delete_schedule(**of)
    refused("ResourceNotFoundException", scheduler.get_schedule, **of)
    assert scheduler.get_schedule_group(Name="ops")["State"] == "ACTIVE"
    assert [one["Name"] for one in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default", "ops"]
    scheduler.delete_schedule_group(Name="ops")
    roles.delete_role(RoleName="ops-scheduler")


def state_machines():
    states, roles = client("stepfunctions"), client("iam")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = roles.create_role(RoleName="ops-states", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    roles.put_role_policy(RoleName="ops-states", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}))
    queue = client("sqs").create_queue(QueueName="ops-states")["QueueUrl"]

    def definition(end):
        task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Next": "Over",
                "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"}}
        return json.dumps({"StartAt": "Ask", "States": {"Ask": task, "Over": {"Type": end}}})

    assert states.validate_state_machine_definition(definition=definition("Succeed"))["result"] == "OK"
    machine = states.create_state_machine(
        name="ops", definition=definition("Succeed"), roleArn=role, tags=[{"key": "a", "value": "1"}])["stateMachineArn"]
    refused("InvalidDefinition", states.create_state_machine, name="bad", definition="{}", roleArn=role)
    states.untag_resource(resourceArn=machine, tagKeys=["a"])
    states.tag_resource(resourceArn=machine, tags=[{"key": "b", "value": "2"}])
    assert states.list_tags_for_resource(resourceArn=machine)["tags"] == [{"key": "b", "value": "2"}]
    assert [one["name"] for one in states.list_state_machines()["stateMachines"]] == ["ops"]

    def token():
        return until("a token", lambda: client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))[0]["Body"]

    def ended(execution, status):
        return until(status, lambda: states.describe_execution(executionArn=execution)["status"] == status)

    execution = states.start_execution(stateMachineArn=machine, name="one", input='{"a": 1}')["executionArn"]
    assert states.describe_state_machine_for_execution(executionArn=execution)["name"] == "ops"
    given = token()
    states.send_task_heartbeat(taskToken=given)
    states.send_task_success(taskToken=given, output='{"b": 2}')
    ended(execution, "SUCCEEDED")
    history = states.get_execution_history(executionArn=execution)["events"]
    assert (history[0]["type"], history[-1]["type"]) == ("ExecutionStarted", "ExecutionSucceeded"), history
    refused("ExecutionAlreadyExists", states.start_execution, stateMachineArn=machine, name="one", input="[]")
    states.update_state_machine(stateMachineArn=machine, definition=definition("Fail"))
    assert '"Fail"' in states.describe_state_machine(stateMachineArn=machine)["definition"]
    failed = states.start_execution(stateMachineArn=machine)["executionArn"]
    states.send_task_failure(taskToken=token(), error="E", cause="c")
    ended(failed, "FAILED")
    stopped = states.start_execution(stateMachineArn=machine)["executionArn"]
    states.stop_execution(executionArn=stopped)
    ended(stopped, "ABORTED")
    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == 3
    states.delete_state_machine(stateMachineArn=machine)
    refused("StateMachineDoesNotExist", states.describe_state_machine, stateMachineArn=machine)


def windows():
    ssm = client("ssm")
    night = {"Name": "night", "Schedule": "cron(0 0 3 ? * * *)", "ScheduleTimezone": "America/Chicago", "Duration": 3, "Cutoff": 1}
    window = {"WindowId": ssm.create_maintenance_window(**night, AllowUnassociatedTargets=False, Tags=TAGS)["WindowId"]}
    assert ssm.list_tags_for_resource(ResourceType="MaintenanceWindow", ResourceId=window["WindowId"])["TagList"] == TAGS
    targets = [{"Key": "tag:Backup", "Values": ["none-has-this"]}]
    made = ssm.register_target_with_maintenance_window(**window, ResourceType="INSTANCE", Targets=targets)
    target = {**window, "WindowTargetId": made["WindowTargetId"]}
    assert ssm.update_maintenance_window_target(**target, Name="servers")["Name"] == "servers"
    assert ssm.describe_maintenance_window_targets(**window)["Targets"][0]["Name"] == "servers"
    made = ssm.register_task_with_maintenance_window(
        **window, TaskType="RUN_COMMAND", TaskArn="AWS-RunShellScript", MaxConcurrency="1", MaxErrors="0",
        Targets=[{"Key": "WindowTargetIds", "Values": [target["WindowTargetId"]]}],
        TaskInvocationParameters={"RunCommand": {"Parameters": {"commands": ["true"]}}})
    task = {**window, "WindowTaskId": made["WindowTaskId"]}
    ssm.update_maintenance_window_task(**task, Priority=3)
    assert ssm.get_maintenance_window_task(**task)["Priority"] == 3
    assert ssm.describe_maintenance_window_tasks(**window)["Tasks"][0]["Type"] == "RUN_COMMAND"
    coming = ssm.describe_maintenance_window_schedule(**window, MaxResults=3)["ScheduledWindowExecutions"]
    assert len(coming) == 3, coming
    # Each second, and a function that nobody has: a task without targets fails by itself.
    hasty = ssm.create_maintenance_window(Name="hasty", Schedule="cron(* * * * * ? *)", Duration=1, Cutoff=0, AllowUnassociatedTargets=True)
    ssm.register_task_with_maintenance_window(WindowId=hasty["WindowId"], TaskType="LAMBDA", TaskArn="SSMNobody")

    def opened():
        # One that overlaps another is skipped, and has no tasks.
        found = ssm.describe_maintenance_window_executions(WindowId=hasty["WindowId"])["WindowExecutions"]
        return next((one for one in found if one["Status"] == "FAILED"), None)

    execution = {"WindowExecutionId": until("the window has opened", opened)["WindowExecutionId"]}
    tasks = ssm.describe_maintenance_window_execution_tasks(**execution)["WindowExecutionTaskIdentities"]
    assert ssm.get_maintenance_window_execution(**execution)["TaskIds"] == [tasks[0]["TaskExecutionId"]]
    of_task = {**execution, "TaskId": tasks[0]["TaskExecutionId"]}
    assert ssm.get_maintenance_window_execution_task(**of_task)["Status"] == "FAILED"
    invocations = ssm.describe_maintenance_window_execution_task_invocations(**of_task)["WindowExecutionTaskInvocationIdentities"]
    one = ssm.get_maintenance_window_execution_task_invocation(**of_task, InvocationId=invocations[0]["InvocationId"])
    assert one["StatusDetails"], one
    ssm.cancel_maintenance_window_execution(**execution)
    ssm.deregister_task_from_maintenance_window(**task)
    ssm.deregister_target_from_maintenance_window(**target)
    assert ssm.update_maintenance_window(**window, Enabled=False)["Enabled"] is False
    assert ssm.get_maintenance_window(**window)["ScheduleTimezone"] == "America/Chicago"
    assert [one["Name"] for one in ssm.describe_maintenance_windows()["WindowIdentities"]].count("night") == 1
    for one in [window["WindowId"], hasty["WindowId"]]:
        ssm.delete_maintenance_window(WindowId=one)
    refused("DoesNotExistException", ssm.get_maintenance_window, **window)


def associations():
    ssm = client("ssm")
    quiet = {"Name": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}, "ScheduleExpression": "cron(0 3 * * ? *)", "ApplyOnlyAtCronInterval": True}
    one = {"Name": "AWS-RunShellScript", "InstanceId": "i-0123456789abcdef0"}
    made = ssm.create_association(**quiet, InstanceId=one["InstanceId"], Tags=TAGS)["AssociationDescription"]
    association = {"AssociationId": made["AssociationId"]}
    assert ssm.list_tags_for_resource(ResourceType="Association", ResourceId=made["AssociationId"])["TagList"] == TAGS
    assert ssm.update_association(**association, **quiet)["AssociationDescription"]["AssociationVersion"] == "2"
    assert len(ssm.list_association_versions(**association)["AssociationVersions"]) == 2
    assert ssm.list_associations(AssociationFilterList=[{"key": "AssociationId", "value": made["AssociationId"]}])["Associations"]
    status = {"Date": datetime.datetime(2026, 11, 23), "Name": "Success", "Message": "done"}
    assert ssm.update_association_status(**one, AssociationStatus=status)["AssociationDescription"]["Status"]["Message"] == "done"
    ssm.start_associations_once(AssociationIds=[made["AssociationId"]])
    executions = ssm.describe_association_executions(**association)["AssociationExecutions"]
    targets = ssm.describe_association_execution_targets(**association, ExecutionId=executions[0]["ExecutionId"])
    assert targets["AssociationExecutionTargets"] == [], targets
    assert ssm.describe_association(**one)["AssociationDescription"]["AssociationId"] == made["AssociationId"]
    ssm.delete_association(**association)
    refused("AssociationDoesNotExist", ssm.describe_association, **association)


def runbooks():
    ssm = client("ssm")
    steps = [{"name": "ask", "action": "aws:pause", "inputs": {}}, {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}]
    content = json.dumps({"schemaVersion": "0.3", "parameters": {"Line": {"type": "String", "default": "a"}}, "mainSteps": steps})
    made = ssm.create_document(Name="ops-runbook", DocumentType="Automation", Content=content)["DocumentDescription"]
    assert (made["DocumentType"], made["SchemaVersion"]) == ("Automation", "0.3"), made

    def started():
        return {"AutomationExecutionId": ssm.start_automation_execution(DocumentName="ops-runbook")["AutomationExecutionId"]}

    def is_now(execution, status):
        return ssm.get_automation_execution(**execution)["AutomationExecution"]["AutomationExecutionStatus"] == status

    first, second = started(), started()
    until("it waits", lambda: is_now(first, "Waiting"))
    ssm.send_automation_signal(**first, SignalType="Resume")
    until("it has ended", lambda: is_now(first, "Success"))
    steps = ssm.describe_automation_step_executions(**first)["StepExecutions"]
    assert [one["StepStatus"] for one in steps] == ["Success", "Success"], steps
    ssm.stop_automation_execution(**second)
    until("it is stopped", lambda: is_now(second, "Cancelled"))
    named = [{"Key": "DocumentNamePrefix", "Values": ["ops-"]}]
    assert len(ssm.describe_automation_executions(Filters=named)["AutomationExecutionMetadataList"]) == 2
    refused("AutomationDefinitionNotFoundException", ssm.start_automation_execution, DocumentName="ops-none")
    ssm.delete_document(Name="ops-runbook")


def secrets():
    manager = client("secretsmanager")
    password = manager.get_random_password(PasswordLength=20, ExcludePunctuation=True)["RandomPassword"]
    assert len(password) == 20 and password.isalnum()
    made = manager.create_secret(Name="ops/db", SecretString=password, Tags=TAGS)
    arn, of = made["ARN"], {"SecretId": "ops/db"}
    value = manager.get_secret_value(**of)
    assert (value["SecretString"], value["VersionStages"]) == (password, ["AWSCURRENT"]), value["VersionStages"]
    pending = manager.put_secret_value(**of, SecretBinary=b"\x00\xff", VersionStages=["AWSPENDING"])["VersionId"]
    manager.update_secret_version_stage(
        **of, VersionStage="AWSCURRENT", MoveToVersionId=pending, RemoveFromVersionId=made["VersionId"])
    assert manager.get_secret_value(SecretId=arn)["SecretBinary"] == b"\x00\xff"
    assert manager.get_secret_value(**of, VersionStage="AWSPREVIOUS")["SecretString"] == password
    assert len(manager.list_secret_version_ids(**of)["Versions"]) == 2
    manager.update_secret(**of, Description="of the database")
    assert manager.describe_secret(**of)["Description"] == "of the database"
    assert [one["ARN"] for one in manager.list_secrets(Filters=[{"Key": "name", "Values": ["ops/"]}])["SecretList"]] == [arn]
    manager.tag_resource(**of, Tags=[{"Key": "b", "Value": "2"}])
    manager.untag_resource(**of, TagKeys=["b"])
    readers = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}
    manager.put_resource_policy(**of, ResourcePolicy=json.dumps(readers), BlockPublicPolicy=True)
    assert json.loads(manager.get_resource_policy(**of)["ResourcePolicy"]) == readers
    manager.delete_resource_policy(**of)
    refused("NotImplemented", manager.rotate_secret, **of)
    manager.delete_secret(**of, RecoveryWindowInDays=7)
    refused("InvalidRequestException", manager.get_secret_value, **of)
    manager.restore_secret(**of)
    manager.delete_secret(**of, ForceDeleteWithoutRecovery=True)
    refused("ResourceNotFoundException", manager.describe_secret, **of)


def broken_off(cloudformation, queue):
    """Updates of a stack that are cancelled, and whose rollback is taken up again."""
    of = {"StackName": "ops-broken"}
    before = {**queue, "Properties": {"VisibilityTimeout": 30}}
    waits = {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": "Queue",
             "CreationPolicy": {"ResourceSignal": {"Count": 1, "Timeout": "PT5M"}}}
    after = json.dumps({"Resources": {"Queue": {**queue, "Properties": {"VisibilityTimeout": 60}}, "W": waits}})

    def physical():
        found = cloudformation.describe_stack_resources(**of)["StackResources"]
        return {one["LogicalResourceId"]: one.get("PhysicalResourceId") for one in found}

    def update():
        cloudformation.update_stack(**of, TemplateBody=after)
        until("the update waits", lambda: physical().get("W"))

    def ends(status):
        until(status, lambda: cloudformation.describe_stacks(**of)["Stacks"][0]["StackStatus"] == status)

    cloudformation.create_stack(**of, TemplateBody=json.dumps({"Resources": {"Queue": before}}))
    ends("CREATE_COMPLETE")
    update()
    cloudformation.cancel_update_stack(**of)
    ends("UPDATE_ROLLBACK_COMPLETE")
    update()
    # What is gone cannot be changed back.
    client("sqs").delete_queue(QueueUrl=physical()["Queue"])
    cloudformation.signal_resource(**of, LogicalResourceId="W", Status="FAILURE", UniqueId="one")
    ends("UPDATE_ROLLBACK_FAILED")
    cloudformation.continue_update_rollback(**of, ResourcesToSkip=["Queue"])
    ends("UPDATE_ROLLBACK_COMPLETE")
    cloudformation.delete_stack(**of)


def left_as_it_was(cloudformation, queue):
    """A creation that fails, stays as it is, and is rolled back; a topic is told of it."""
    of = {"StackName": "ops-kept"}
    topics = client("sns")
    topic = topics.create_topic(Name="ops-kept")["TopicArn"]
    failing = {"Type": "AWS::S3::BucketPolicy", "DependsOn": "Queue",
               "Properties": {"Bucket": "no-such-bucket-of-ops", "PolicyDocument": {}}}
    body = json.dumps({"Resources": {"Queue": queue, "Failing": failing}})

    def stack():
        return cloudformation.describe_stacks(**of)["Stacks"][0]

    cloudformation.create_stack(**of, TemplateBody=body, OnFailure="DO_NOTHING", NotificationARNs=[topic], TimeoutInMinutes=30)
    until("CREATE_FAILED", lambda: stack()["StackStatus"] == "CREATE_FAILED")
    assert (stack()["NotificationARNs"], stack()["TimeoutInMinutes"]) == ([topic], 30)
    cloudformation.rollback_stack(**of)
    until("ROLLBACK_COMPLETE", lambda: stack()["StackStatus"] == "ROLLBACK_COMPLETE")
    refused("ValidationError", cloudformation.rollback_stack, **of)
    cloudformation.delete_stack(**of)
    topics.delete_topic(TopicArn=topic)


def drifted(cloudformation, of):
    """A stack whose queue is changed behind its back."""
    queue = cloudformation.describe_stack_resources(**of)["StackResources"][0]["PhysicalResourceId"]
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "7"})
    detection = {"StackDriftDetectionId": cloudformation.detect_stack_drift(**of)["StackDriftDetectionId"]}

    def status():
        return cloudformation.describe_stack_drift_detection_status(**detection)

    until("the detection ends", lambda: status()["DetectionStatus"] == "DETECTION_COMPLETE")
    # The template does not give the delay.
    assert status()["StackDriftStatus"] == "IN_SYNC", status()
    assert cloudformation.describe_stack_resource_drifts(**of)["StackResourceDrifts"]
    found = cloudformation.detect_stack_resource_drift(**of, LogicalResourceId="Queue")["StackResourceDrift"]
    assert found["StackResourceDriftStatus"] == "IN_SYNC", found


def imported(cloudformation, queue):
    """A queue that exists becomes part of a new stack, which leaves it."""
    of = {"StackName": "ops-import"}
    url = client("sqs").create_queue(QueueName="ops-imported")["QueueUrl"]
    body = json.dumps({"Resources": {"Queue": {**queue, "DeletionPolicy": "Retain", "Properties": {"QueueName": "ops-imported"}}}})
    wanted = [{"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Queue", "ResourceIdentifier": {"QueueUrl": url}}]
    change = {**of, "ChangeSetName": "import", "TemplateBody": body, "ChangeSetType": "IMPORT"}
    refused("ValidationError", cloudformation.create_change_set, **change)
    cloudformation.create_change_set(**change, ResourcesToImport=wanted)
    cloudformation.get_waiter("change_set_create_complete").wait(**of, ChangeSetName="import", WaiterConfig={"Delay": 1})
    found = cloudformation.describe_change_set(**of, ChangeSetName="import")["Changes"][0]["ResourceChange"]
    assert (found["Action"], found["PhysicalResourceId"]) == ("Import", url)
    cloudformation.execute_change_set(**of, ChangeSetName="import")
    cloudformation.get_waiter("stack_import_complete").wait(**of, WaiterConfig={"Delay": 1})
    cloudformation.delete_stack(**of)
    cloudformation.get_waiter("stack_delete_complete").wait(**of, WaiterConfig={"Delay": 1})
    client("sqs").delete_queue(QueueUrl=url)


def stacks():
    cloudformation = client("cloudformation")
    no_set = {"StackSetName": "ops-none"}
    refused("StackSetNotFoundException", cloudformation.describe_stack_set, **no_set)
    refused("StackSetNotFoundException", cloudformation.list_stack_instances, **no_set)
    where = {"Accounts": [ACCOUNT], "Regions": [REGION]}
    refused("StackSetNotFoundException", cloudformation.create_stack_instances, **no_set, **where)
    refused("StackSetNotFoundException", cloudformation.delete_stack_instances, **no_set, **where, RetainStacks=False)
    cloudformation.delete_stack_set(**no_set)
    assert cloudformation.list_stack_sets()["Summaries"] == []
    queue = {"Type": "AWS::SQS::Queue"}
    body = json.dumps({"Resources": {"Queue": queue}, "Outputs": {
        "Queue": {"Value": {"Ref": "Queue"}, "Export": {"Name": "ops-queue"}}}})
    longer = json.dumps({**json.loads(body), "Resources": {"Queue": queue, "Second": queue}})
    of = {"StackName": "ops"}
    assert cloudformation.validate_template(TemplateBody=body)["Parameters"] == []
    assert cloudformation.get_template_summary(TemplateBody=body)["ResourceTypes"] == ["AWS::SQS::Queue"]
    made = cloudformation.create_stack(**of, TemplateBody=body)["StackId"]
    cloudformation.get_waiter("stack_create_complete").wait(**of, WaiterConfig={"Delay": 1})
    assert cloudformation.describe_stack_events(**of)["StackEvents"]
    assert cloudformation.describe_stack_resources(**of)["StackResources"]
    assert cloudformation.describe_stack_resource(**of, LogicalResourceId="Queue")["StackResourceDetail"]
    assert cloudformation.list_stack_resources(**of)["StackResourceSummaries"]
    assert cloudformation.list_stacks()["StackSummaries"]
    signal = {**of, "LogicalResourceId": "Queue", "UniqueId": "i-1", "Status": "SUCCESS"}
    refused("ValidationError", cloudformation.signal_resource, **signal)
    waits = "Resources: {W: {Type: 'AWS::CloudFormation::WaitCondition', CreationPolicy: {ResourceSignal: {Count: 1, Timeout: PT5M}}}}"
    cloudformation.create_stack(StackName="ops-signal", TemplateBody=waits)

    def waiting():
        found = cloudformation.describe_stack_resources(StackName="ops-signal")["StackResources"]
        return found and found[0].get("PhysicalResourceId")

    until("the condition waits", waiting)
    cloudformation.signal_resource(StackName="ops-signal", LogicalResourceId="W", Status="SUCCESS", UniqueId="one")
    cloudformation.get_waiter("stack_create_complete").wait(StackName="ops-signal", WaiterConfig={"Delay": 1})
    cloudformation.delete_stack(StackName="ops-signal")
    drifted(cloudformation, of)
    imported(cloudformation, queue)
    assert cloudformation.get_template(**of)["TemplateBody"]
    assert cloudformation.list_exports()["Exports"][0]["Name"] == "ops-queue"
    reader = json.dumps({"Resources": {"Queue": {**queue, "Properties": {
        "Tags": [{"Key": "of", "Value": {"Fn::ImportValue": "ops-queue"}}]}}}})
    cloudformation.create_stack(StackName="ops-reader", TemplateBody=reader)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="ops-reader", WaiterConfig={"Delay": 1})
    assert cloudformation.list_imports(ExportName="ops-queue")["Imports"] == ["ops-reader"]
    for name in ["first", "second"]:
        cloudformation.create_change_set(**of, ChangeSetName=name, TemplateBody=longer)
        cloudformation.get_waiter("change_set_create_complete").wait(**of, ChangeSetName=name, WaiterConfig={"Delay": 1})
    assert len(cloudformation.list_change_sets(**of)["Summaries"]) == 2
    assert cloudformation.describe_change_set(**of, ChangeSetName="first")["Changes"]
    cloudformation.delete_change_set(**of, ChangeSetName="second")
    cloudformation.execute_change_set(**of, ChangeSetName="first")
    cloudformation.get_waiter("stack_update_complete").wait(**of, WaiterConfig={"Delay": 1})
    cloudformation.update_stack(**of, TemplateBody=body)
    cloudformation.get_waiter("stack_update_complete").wait(**of, WaiterConfig={"Delay": 1})
    assert cloudformation.list_types(Visibility="PUBLIC", Filters={"TypeNamePrefix": "AWS::SQS::"})["TypeSummaries"]
    assert cloudformation.describe_type(Type="RESOURCE", TypeName="AWS::SQS::Queue")["Visibility"] == "PUBLIC"
    cloudformation.set_stack_policy(**of, StackPolicyBody="{}")
    assert cloudformation.get_stack_policy(**of)["StackPolicyBody"] == "{}"
    refused("ValidationError", cloudformation.cancel_update_stack, **of)
    refused("ValidationError", cloudformation.continue_update_rollback, **of)
    broken_off(cloudformation, queue)
    left_as_it_was(cloudformation, queue)
    cloudformation.update_termination_protection(**of, EnableTerminationProtection=False)
    for name in ["ops-reader", made]:
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert cloudformation.describe_stacks(StackName=made)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


network(identities())
fleet()
resource_groups()
tables()
streams()
stored()
messages(keys())
functions()
managed()
notices()
schedules()
state_machines()
windows()
associations()
runbooks()
secrets()
stacks()
