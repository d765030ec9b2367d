"""Two regions at one endpoint, and what goes from one to the other."""

import os
import socket
import ssl
from urllib.parse import urlsplit

from clients import ACCOUNT, REGION, client, policy, refused, trust, until

THERE = "eu-west-1"


def both(service):
    return client(service, region_name=REGION), client(service, region_name=THERE)


def certificates():
    """The endpoint's certificate is good for both regions' names."""
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    trusting = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    for name in (f"ssm.{REGION}.amazonaws.com", f"ssm.{THERE}.amazonaws.com", f"b.s3.{THERE}.amazonaws.com"):
        with socket.create_connection((endpoint.hostname, endpoint.port)) as raw:
            trusting.wrap_socket(raw, server_hostname=name).close()


def buckets():
    here, there = both("s3")
    there.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": THERE})
    assert here.get_bucket_location(Bucket="far-away")["LocationConstraint"] == THERE
    there.put_object(Bucket="far-away", Key="k", Body=b"hello")
    # The client is redirected, and signs anew.
    assert here.get_object(Bucket="far-away", Key="k")["Body"].read() == b"hello"
    there.delete_object(Bucket="far-away", Key="k")
    there.delete_bucket(Bucket="far-away")


def keys():
    here, there = both("kms")
    key = here.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    replica = here.replicate_key(KeyId=key, ReplicaRegion=THERE)["ReplicaKeyMetadata"]
    assert replica["KeyId"] == key and f":{THERE}:" in replica["Arn"], replica
    sealed = here.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"secret"
    here.update_primary_region(KeyId=key, PrimaryRegion=THERE)
    assert there.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    refused("UnsupportedOperationException", here.replicate_key, KeyId=key, ReplicaRegion=THERE)


def messages():
    sns, _ = both("sns")
    _, sqs = both("sqs")
    topic = sns.create_topic(Name="nights")["TopicArn"]
    queue = sqs.create_queue(QueueName="nights")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert arn == f"arn:aws:sqs:{THERE}:{ACCOUNT}:nights", arn
    statement = '{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}'
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="done")
    received = until("the message", lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    assert received[0]["Body"] == "done", received


def replicas():
    here, there = both("s3")
    iam = client("iam")
    here.create_bucket(Bucket="nights")
    there.create_bucket(Bucket="copies", CreateBucketConfiguration={"LocationConstraint": THERE})
    for s3, bucket in ((here, "nights"), (there, "copies")):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    role = iam.create_role(RoleName="replication", AssumeRolePolicyDocument=trust("s3"))["Role"]["Arn"]
    document = policy((["s3:GetReplicationConfiguration", "s3:GetObjectVersion*", "s3:Replicate*"], "*"))
    iam.put_role_policy(RoleName="replication", PolicyName="replication", PolicyDocument=document)
    rule = {
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::copies"},
    }
    here.put_bucket_replication(Bucket="nights", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    kept = here.get_bucket_replication(Bucket="nights")["ReplicationConfiguration"]["Rules"]
    assert kept[0]["Destination"] == rule["Destination"] and kept[0]["ID"], kept
    here.put_object(Bucket="nights", Key="db.tar", Body=b"night")
    until("the copy", lambda: here.head_object(Bucket="nights", Key="db.tar").get("ReplicationStatus") == "COMPLETED")
    assert there.get_object(Bucket="copies", Key="db.tar")["Body"].read() == b"night"


def events():
    here, there = both("events")
    _, sqs = both("sqs")
    iam = client("iam")
    bus = there.create_event_bus(Name="central")["EventBusArn"]
    queue = sqs.create_queue(QueueName="central")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = '{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}'
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'})
    there.put_rule(Name="all", EventBusName="central", EventPattern='{"source": ["night"]}')
    there.put_targets(Rule="all", EventBusName="central", Targets=[{"Id": "q", "Arn": arn, "InputPath": "$.detail"}])
    role = iam.create_role(RoleName="forward", AssumeRolePolicyDocument=trust("events"))["Role"]["Arn"]
    allowed = f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "events:PutEvents", "Resource": "{bus}"}}]}}'
    iam.put_role_policy(RoleName="forward", PolicyName="forward", PolicyDocument=allowed)
    here.put_rule(Name="forward", EventPattern='{"source": ["night"]}')
    here.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": bus, "RoleArn": role}])
    here.put_events(Entries=[{"Source": "night", "DetailType": "d", "Detail": '{"over": true}'}])
    received = until("the event", lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    assert received[0]["Body"] == '{"over":true}', received


if __name__ == "__main__":
    certificates()
    buckets()
    keys()
    messages()
    replicas()
    events()
