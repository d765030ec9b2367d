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
rules = boto3.client("events").list_rules()["Rules"]
assert not rules, rules
