"""What the sweep had to leave is there, content included; what it had to remove is not."""
import boto3

cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
stacks = cloudformation.describe_stacks()["Stacks"]
assert {stack["StackName"] for stack in stacks} == {"firedrill-alive", "firedrill-of-somebody", "firedrill-half", "other"}, stacks
buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
assert {"firedrill-seed-of-somebody", "firedrill-seed-half", "other-bucket"} <= set(buckets), buckets
assert "firedrill-seed-dead" not in buckets, buckets
assert len(buckets) == 3 + len(stacks), buckets
for name in buckets:
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"v", name
