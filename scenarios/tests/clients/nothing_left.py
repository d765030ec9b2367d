"""Nothing of any drill is in the account, as far as the operator may look."""
import boto3

buckets = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
assert not buckets, buckets
stacks = boto3.client("cloudformation").list_stacks()["StackSummaries"]
alive = [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
assert not alive, alive
reservations = boto3.client("ec2").describe_instances()["Reservations"]
states = [instance["State"]["Name"] for one in reservations for instance in one["Instances"]]
assert set(states) <= {"terminated"}, states
# A key waits for its deletion and an instance is described for a while; all else that was tagged is gone.
tagged = boto3.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "nightproof:run"}])
arns = [one["ResourceARN"] for one in tagged["ResourceTagMappingList"]]
living = [arn for arn in arns if ":instance/" not in arn and ":kms:" not in arn]
assert not living, living
