"""What the sweep had to leave is there, content included; what it had to remove is not."""
import boto3

cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
stacks = cloudformation.describe_stacks()["Stacks"]
assert {stack["StackName"] for stack in stacks} == {"nightproof-alive", "nightproof-of-somebody", "nightproof-half", "other"}, stacks
buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
assert {"nightproof-seed-of-somebody", "nightproof-seed-half", "other-bucket"} <= set(buckets), buckets
assert "nightproof-seed-dead" not in buckets, buckets
assert len(buckets) == 3 + len(stacks), buckets
for name in buckets:
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"v", name
